"""What events weigh: alike in training and in folding in, and an event of weight 2 is the same event twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reco.models import als
from reco.models.families.factors import RECENCY
from reco.models.fit_settings import FitSettings
from reco.models.fitting import fit_model
from reco.models.fold_in import fold_in
from reco.models.history import HistoryWeights, Touches
from reco.models.interactions import Interactions
from reco.models.query import Query
from reco.models.served import serve
from reco.models.training_data import TrainingData
from tests.models.builders import interactions_of, names, planted_tastes

RULES = st.builds(HistoryWeights, st.sampled_from([None, 3.0]), st.floats(0, 1))
WEIGHED = st.lists(st.lists(st.tuples(st.integers(0, 6), st.integers(1, 3)), max_size=8), min_size=1, max_size=6)
"""Users' events: an item and a whole weight each."""


def weighed(histories: list[list[tuple[int, int]]]) -> Interactions:
    plain = interactions_of([[item for item, _ in history] for history in histories], 7)
    weights = [weight for history in histories for _, weight in history]
    return replace(plain, weights=np.array(weights, np.float32))


def repeated(histories: list[list[tuple[int, int]]]) -> Interactions:
    return interactions_of([[item for item, weight in history for _ in range(weight)] for history in histories], 7)


@given(histories=WEIGHED, rule=RULES)
def test_an_event_of_weight_n_is_the_same_event_n_times(
    histories: list[list[tuple[int, int]]], rule: HistoryWeights
) -> None:
    one, many = rule.weigh(weighed(histories)), rule.weigh(repeated(histories))
    np.testing.assert_array_equal(one.offsets, many.offsets)
    np.testing.assert_array_equal(one.columns, many.columns)
    np.testing.assert_allclose(one.weights, many.weights, rtol=1e-6)


@given(histories=WEIGHED, rule=RULES, scale=st.floats(0.01, 5))
def test_a_history_weighs_at_a_request_what_it_weighed_in_training(
    histories: list[list[tuple[int, int]]], rule: HistoryWeights, scale: float
) -> None:
    interactions = weighed(histories)
    interactions = replace(interactions, weights=interactions.weights * np.float32(scale))  # type: ignore[operator]
    pairs = rule.weigh(interactions)
    for user in range(interactions.user_count):
        span = slice(pairs.offsets[user], pairs.offsets[user + 1])
        events, weights = interactions.history(user), interactions.history_weights(user)
        items, amounts = rule.weigh_one(events[0], weights)
        touches = Touches.of(*events, weights)
        for found in (items, touches.items):
            np.testing.assert_array_equal(found, pairs.columns[span])
        for found in (amounts, rule.of_touches(touches)):
            np.testing.assert_allclose(found, pairs.weights[span], rtol=1e-6)


@given(st.lists(st.floats(1e-3, 1e3), min_size=2, max_size=9, unique=True))
def test_more_weight_counts_more_but_ever_less_so(amounts: list[float]) -> None:
    rule = HistoryWeights(decay=None)
    amounts = sorted(amounts)
    _, found = rule.weigh_one(np.arange(len(amounts), dtype=np.int32), np.array(amounts))
    assert (found > 0).all() and (np.diff(found) >= 0).all()
    assert (found <= np.array(amounts) * (1 + 1e-6)).all()
    assert rule.weigh_one(np.array([0], np.int32), np.array([0.5]))[1] == pytest.approx([0.5])


def test_folding_in_a_weighed_history_gives_the_vector_that_training_solved() -> None:
    plain = planted_tastes(users=60, tastes=2, items_each=10, length=8)[0]
    weights = np.random.default_rng(1).choice([0.2, 1.0, 3.0], len(plain)).astype(np.float32)
    interactions = replace(plain, weights=weights)
    objective = als.Objective(alpha=5.0, regularisation=0.01)
    fitted = als.fit(RECENCY.weigh(interactions), objective, factors=8, epochs=3, seed=0, with_users=True)
    assert fitted.users is not None
    unweighed = []
    for user in range(interactions.user_count):
        items, _ = interactions.history(user)
        vectors = [
            fold_in(fitted.items, fitted.spectrum, objective, *RECENCY.weigh_one(items, given))
            for given in (interactions.history_weights(user), None)
        ]
        np.testing.assert_allclose(vectors[0], fitted.users[user], atol=1e-4)
        unweighed.append(float(np.abs(vectors[1] - fitted.users[user]).max()))
    assert min(unweighed) > 1e-3, "a request that forgets the weights asks with another vector"


@pytest.mark.parametrize("family", ["als", "blend"])
def test_what_a_past_event_counts_moves_the_next_answer(family: str) -> None:
    plain, _ = planted_tastes(users=150)
    weights = np.random.default_rng(1).choice([0.5, 2.0], len(plain)).astype(np.float32)
    data = TrainingData(replace(plain, weights=weights))
    fitted = fit_model(data, family, {"hidden_dimension": 16, "bptt": 8, "recency_mask": True}, FitSettings())
    model = serve(fitted, names(plain.item_count, "i"))
    history = np.array([3, 45, 8, 47], np.int32)

    def share_of_first_taste(*counted: float) -> float:
        answer = model.rank(
            Query(history, np.arange(4), None, None, 100, history_weights=np.array(counted, np.float32))
        )
        assert answer.scores is not None
        return float(answer.scores[answer.items < 20].sum())

    even = share_of_first_taste(1, 1, 1, 1)
    assert share_of_first_taste(3, 0.3, 3, 0.3) > even > share_of_first_taste(0.3, 3, 0.3, 3)
    unsaid = model.rank(Query(history, np.arange(4), None, None, 100)).scores
    assert unsaid is not None and model.rank(
        Query(history, np.arange(4), None, None, 100, history_weights=np.ones(4, np.float32))
    ).scores == pytest.approx(unsaid)
