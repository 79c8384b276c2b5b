"""An objective: items of a high attribute gain, the more the higher the sensitivity, and nothing else moves them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reco.models.content_features import TextColumn, build_content
from reco.models.fit_settings import FitSettings
from reco.models.fitting import fit_model
from reco.models.interactions import Interactions
from reco.models.item_objective import STRENGTHS, ItemObjective, read_lean
from reco.models.source import FittedModel
from reco.models.training_data import TrainingData
from tests.models.builders import interactions_of, planted_tastes
from tests.models.test_blend_family import VALUES, query, served

NUMBERS = st.lists(st.integers(-5, 5), min_size=1, max_size=30).map(lambda some: np.array(some, float))


def lean(rewards: np.ndarray, sensitivity: str = "HIGH") -> np.ndarray:
    found = ItemObjective(rewards, sensitivity).lean()
    return np.zeros(len(rewards), np.float32) if found is None else found


@given(rewards=NUMBERS)
def test_more_of_the_attribute_gains_more_and_equals_gain_alike(rewards: np.ndarray) -> None:
    gains = lean(rewards)
    order = np.sign(np.subtract.outer(rewards, rewards))
    assert (np.sign(np.subtract.outer(gains, gains)) == order).all()


@given(rewards=NUMBERS, scale=st.integers(1, 1000), start=st.integers(-1000, 1000))
def test_only_the_order_of_the_attribute_counts(rewards: np.ndarray, scale: int, start: int) -> None:
    for other in (rewards * scale + start, np.exp(rewards)):
        np.testing.assert_array_equal(lean(rewards), lean(other))


@given(rewards=NUMBERS)
def test_a_higher_sensitivity_leans_further_and_off_not_at_all(rewards: np.ndarray) -> None:
    spans = [np.ptp(lean(rewards, sensitivity)) for sensitivity in STRENGTHS]
    assert list(STRENGTHS) == ["OFF", "LOW", "MEDIUM", "HIGH"]
    assert spans[0] == 0
    if np.ptp(rewards):
        assert spans == sorted(set(spans))
    assert all(span <= strength for span, strength in zip(spans, STRENGTHS.values(), strict=True))


def test_items_whose_attribute_is_not_known_stand_in_the_middle() -> None:
    gains = lean(np.array([1.0, np.nan, 3.0]))
    assert gains[0] < gains[1] == 0 < gains[2]


@pytest.fixture(scope="module")
def world() -> Interactions:
    return planted_tastes(users=150)[0]


def fit(data: TrainingData, rewards: np.ndarray | None, sensitivity: str = "HIGH") -> FittedModel:
    objective = None if rewards is None else ItemObjective(rewards, sensitivity)
    return fit_model(replace(data, objective=objective), "blend", VALUES, FitSettings())


def test_answers_lean_further_with_each_step_and_off_changes_nothing(world: Interactions) -> None:
    data, rewards = TrainingData(world), np.random.default_rng(5).random(world.item_count)
    plain = fit(data, None)
    by_sensitivity = {each: fit(data, rewards, each) for each in STRENGTHS}
    off = by_sensitivity["OFF"]
    assert off.attributes == plain.attributes and set(off.arrays) == set(plain.arrays)
    assert read_lean(off) is None
    asked = [query([3 + 20 * taste, 8 + 20 * taste], count=10) for taste in range(5)]
    questions = [*asked, query([], count=10), query([4], count=5, candidates=list(range(10, 20)))]
    for question in questions:
        means = [
            rewards[model.rank(question).items].mean()
            for fitted in by_sensitivity.values()
            for model in (served(fitted),)
        ]
        assert means == sorted(means) and means[-1] > means[0]
        scores = served(by_sensitivity["HIGH"]).rank(replace(question, count=500)).scores
        assert scores is not None and scores.sum() == pytest.approx(1) and (np.diff(scores) <= 0).all()


def test_a_score_gains_its_items_lean_and_no_more(world: Interactions) -> None:
    data, rewards = TrainingData(world), np.arange(world.item_count, dtype=float)
    asked = query([1, 22], candidates=[10, 50, 90])
    before, after = (
        dict(zip(a.items.tolist(), a.scores, strict=True))
        for a in (served(fit(data, given)).rank(asked) for given in (None, rewards))
    )
    gains = lean(rewards)
    for one, two in ((10, 50), (50, 90)):
        odds = np.log(after[two] / after[one]) - np.log(before[two] / before[one])
        assert odds == pytest.approx(gains[two] - gains[one], rel=1e-4)


def test_new_items_lean_too_but_those_without_content_stay_behind_all_others(world: Interactions) -> None:
    count = world.item_count + 3
    wider = replace(world, item_count=count)
    genres = [f"t{item // 20}" for item in range(world.item_count)] + ["t0", "t0", None]
    content = build_content([TextColumn.of("GENRE", "category", genres)], count)
    rewards = np.arange(count, dtype=float)
    rewards[[-3, -2]] = rewards[[-2, -3]]
    data = TrainingData(wider, content)
    ranks = served(fit(data, rewards)).rank(query([3, 8], count=count)).items.tolist()
    # The two of like content differ by their attribute alone; the one of which nothing is known has most of it.
    assert ranks.index(count - 3) < ranks.index(count - 2)
    assert ranks[-1] == count - 1


def test_newcomers_are_shown_what_is_rewarding_where_all_is_liked_alike() -> None:
    rounds = [[(start + step) % 4 for step in range(4)] for start in range(4)]
    world = interactions_of(rounds * 10, 4)
    model = served(fit(TrainingData(world), np.array([0.0, 5.0, 1.0, 2.0])))
    assert model.rank(query([], count=4)).items.tolist() == [1, 3, 2, 0]
