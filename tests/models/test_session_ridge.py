"""The session ridge from lag counts is the regression on rows that are built one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reco.models.lag_counts import sequences_of
from reco.models.session_ridge import ages_of, fit_session_ridge
from tests.models.builders import interactions_of

ITEMS = 9


def random_sessions(seed: int) -> tuple[list[list[int]], np.ndarray]:
    generator = np.random.default_rng(seed)
    sessions = [generator.integers(0, ITEMS, generator.integers(1, 8)).tolist() for _ in range(50)]
    return sessions, generator.random(len(sessions)) + 0.3


def slow_regression(
    sessions: list[list[int]], ages: np.ndarray, share: float, decay: float, ridge: float
) -> np.ndarray:
    rows, wanted, scale = [], [], []
    for session, age in zip(sessions, ages, strict=True):
        whole = np.isin(np.arange(ITEMS), session).astype(float)
        rows.append(whole)
        wanted.append(whole)
        scale.append(share * age)
        for place in range(1, len(session)):
            past, later = np.zeros(ITEMS), np.zeros(ITEMS)
            for other, item in enumerate(session):
                if other < place:
                    past[item] += decay ** (place - 1 - other)
                else:
                    later[item] += decay ** (other - place)
            rows.append(past)
            wanted.append(later)
            scale.append((1 - share) * age)
    contexts, targets, weights = np.array(rows), np.array(wanted), np.array(scale)[:, None]
    return np.linalg.solve(contexts.T @ (weights * contexts) + ridge * np.eye(ITEMS), contexts.T @ (weights * targets))


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_regression_on_whole_sessions_and_on_what_came_later(seed: int, share: float) -> None:
    sessions, ages = random_sessions(seed)
    weights = np.repeat(ages, [len(each) for each in sessions]).astype(np.float32)
    interactions = replace(interactions_of(sessions, ITEMS), weights=weights)
    wholes, events = (sequences_of(interactions, seed=0, repeats=repeats) for repeats in (False, True))
    fitted = fit_session_ridge(wholes, events, share=share, decay=0.2, ridge=2.0)
    np.testing.assert_allclose(fitted, slow_regression(sessions, ages, share, 0.2, 2.0), atol=2e-4)


def test_an_item_that_sessions_come_back_to_votes_for_itself() -> None:
    interactions = interactions_of([[0, 1, 0], [2, 0, 0], [1, 2]] * 20, 3)
    wholes, events = (sequences_of(interactions, seed=0, repeats=repeats) for repeats in (False, True))
    fitted = fit_session_ridge(wholes, events, share=0.0, decay=0.2, ridge=1.0)
    assert fitted[0, 0] > fitted[1, 1]


def test_an_age_is_the_share_of_events_that_came_later() -> None:
    assert ages_of(interactions_of([[0, 1], [], [2]], 3)).tolist() == pytest.approx([0, 1, 1 / 3])
