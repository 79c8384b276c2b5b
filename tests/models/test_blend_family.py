"""The blend as it is trained and asked: what the runtime relies on, and data at their worst."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from reco.models.families.blend import BlendModel
from reco.models.fit_settings import FitSettings
from reco.models.fitting import fit_model
from reco.models.interactions import Interactions
from reco.models.query import Query
from reco.models.served import serve
from reco.models.source import FittedModel
from reco.models.training_data import TrainingData
from tests.models.builders import interactions_of, names, planted_tastes

VALUES = {"hidden_dimension": 16, "bptt": 8, "recency_mask": True}


def fit(interactions: Interactions, values: dict[str, Any] | None = None, **settings: Any) -> FittedModel:
    return fit_model(TrainingData(interactions), "blend", {**VALUES, **(values or {})}, FitSettings(**settings))


def served(fitted: FittedModel) -> BlendModel:
    model = serve(fitted, names(len(fitted.array("newcomer_shares")), "i"))
    assert isinstance(model, BlendModel)
    return model


def query(history: list[int], count: int = 25, candidates: list[int] | None = None) -> Query:
    wanted = None if candidates is None else np.asarray(candidates, np.int32)
    return Query(np.asarray(history, np.int32), np.arange(len(history)), None, wanted, count)


@pytest.fixture(scope="module")
def fitted() -> FittedModel:
    return fit(planted_tastes(users=150)[0])


@pytest.fixture(scope="module")
def model(fitted: FittedModel) -> BlendModel:
    return served(fitted)


def chains(users: int = 120, items: int = 12, length: int = 6) -> Interactions:
    """After item i comes item i + 1, always."""
    starts = np.random.default_rng(3).integers(0, items, users)
    return interactions_of([[(int(start) + step) % items for step in range(length)] for start in starts], items)


def test_scores_fall_and_sum_to_1_over_the_catalogue(model: BlendModel) -> None:
    for history in ([3, 4, 5], [7], [], [3, 3, 4]):
        answer = model.rank(query(history, count=500))
        assert answer.scores is not None
        assert len(answer.items) == 100 - len(set(history))
        assert len(set(answer.items.tolist())) == len(answer.items)
        assert (np.diff(answer.scores) <= 0).all()
        assert answer.scores.sum() == pytest.approx(1)
        assert not set(history) & set(answer.items.tolist())


def test_candidates_are_all_ranked_and_share_all_scores(model: BlendModel) -> None:
    everything = model.rank(query([21, 22], count=100)).items.tolist()
    answer = model.rank(query([21, 22], candidates=[90, 21, 30, 5]))
    assert answer.scores is not None
    assert sorted(answer.items.tolist()) == [5, 21, 30, 90]
    assert answer.scores.sum() == pytest.approx(1)
    assert [item for item in answer.items.tolist() if item != 21] == [i for i in everything if i in (5, 30, 90)]
    newcomer = model.rank(query([], candidates=[90, 5]))
    assert newcomer.scores is not None
    assert newcomer.scores.sum() == pytest.approx(1)


def test_items_of_the_users_taste_come_first(model: BlendModel) -> None:
    found = [
        np.mean(model.rank(query([4 + 20 * taste, 7 + 20 * taste, 9 + 20 * taste], count=10)).items // 20 == taste)
        for taste in range(5)
    ]
    assert np.mean(found) >= 0.8


def test_what_always_follows_comes_first() -> None:
    model = served(fit(chains()))
    for item in range(12):
        assert model.rank(query([(item - 1) % 12, item], count=1)).items.tolist() == [(item + 1) % 12]


def test_the_order_of_a_history_counts_unless_recency_is_off(fitted: FittedModel, model: BlendModel) -> None:
    there, back = query([1, 25, 48], count=100), query([48, 25, 1], count=100)
    assert model.rank(there).items.tolist() != model.rank(back).items.tolist()
    plain = served(fit(planted_tastes(users=150)[0], {"recency_mask": False}))
    assert plain.rank(there).items.tolist() == plain.rank(back).items.tolist()
    assert "next" in fitted.attributes["signals"]["names"]
    assert "next" not in plain.signals.plan.names


@pytest.mark.parametrize("change", [{"hidden_dimension": 8}, {"bptt": 2}, {"recency_mask": False}])
def test_every_hyperparameter_acts(model: BlendModel, change: dict[str, Any]) -> None:
    other = served(fit(planted_tastes(users=150)[0], change))
    asked = query(list(range(0, 60, 4)), count=100)
    assert other.rank(asked).items.tolist() != model.rank(asked).items.tolist()


def test_the_same_data_and_seed_give_the_same_bits_with_any_number_of_threads() -> None:
    first, second = (fit(chains(), seed=5, threads=threads) for threads in (1, 3))
    assert first.attributes == second.attributes
    for name in first.arrays:
        np.testing.assert_array_equal(first.array(name), second.array(name))


def test_what_was_decided_is_not_learned_again(fitted: FittedModel) -> None:
    said: list[str] = []
    again = fit(planted_tastes(seed=4, users=80)[0], decided=fitted.attributes, say=said.append)
    assert again.attributes["blend"] == fitted.attributes["blend"]
    assert not any("learning" in line for line in said)


def test_the_artefact_says_what_was_learned(fitted: FittedModel) -> None:
    learned = fitted.attributes["blend"]
    assert learned["users"] > 0
    assert learned["queries"] >= learned["users"]
    assert learned["log_likelihood"] > learned["log_likelihood_of_popularity"]
    assert len(learned["features"]) == len(learned["weights"])
    json.dumps(fitted.attributes, allow_nan=False)


def test_people_who_come_back_are_recommended_what_they_touched() -> None:
    generator = np.random.default_rng(0)
    histories = []
    for _ in range(150):
        own = generator.choice(30, 4, replace=False)
        histories.append(generator.choice(own, 14).tolist())
    model = served(fit(interactions_of(histories, 30)))
    assert not model.excludes_seen
    answer = model.rank(query([5, 6, 5, 7, 6, 5], count=30))
    assert set(answer.items[:3].tolist()) == {5, 6, 7}
    assert answer.scores is not None
    assert answer.scores.sum() == pytest.approx(1)


def test_items_that_nobody_touched_stand_behind_all_others() -> None:
    interactions = planted_tastes(users=60)[0]
    model = served(fit(replace(interactions, item_count=103)))
    answer = model.rank(query([1, 2, 3], count=200))
    assert sorted(answer.items[-3:].tolist()) == [100, 101, 102]


def test_a_question_asked_again_has_the_same_answer(fitted: FittedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reco.models.families.blend._REMEMBERED_NUMBERS", 100)
    model = served(fitted)
    histories = [[1, 2], [2, 1], [1, 2, 2], [7], [8], [1], [9], [10], [11], [12]]
    fresh = [served(fitted).rank(query(history)) for history in histories]
    for history, expected in [*zip(histories, fresh, strict=True)] * 2:
        answer = model.rank(query(history))
        np.testing.assert_array_equal(answer.items, expected.items)
        np.testing.assert_array_equal(answer.scores, expected.scores)


def rows(seed: int, users: int, items: int, least: int, most: int) -> list[list[int]]:
    generator = np.random.default_rng(seed)
    return [generator.integers(0, items, generator.integers(least, most + 1)).tolist() for _ in range(users)]


def one_heavy_user() -> Interactions:
    return interactions_of([[*range(40)] * 60, *rows(1, 30, 40, 1, 4)], 40)


def no_order() -> Interactions:
    interactions = planted_tastes(users=60)[0]
    return replace(interactions, times=np.zeros(len(interactions), np.int64))


def weighted() -> Interactions:
    interactions = planted_tastes(users=60)[0]
    weights = np.random.default_rng(0).choice([1e-6, 1.0, 1e6], len(interactions)).astype(np.float32)
    return replace(interactions, weights=weights)


WORST = {
    "few users": lambda: interactions_of(rows(0, 25, 30, 3, 8), 30),
    "two items": lambda: interactions_of(rows(0, 40, 2, 1, 5), 2),
    "one item": lambda: interactions_of([[0], [0, 0], [0]], 1),
    "one user": lambda: interactions_of([[0, 1, 2, 3]], 5),
    "one event": lambda: interactions_of([[1]], 3),
    "one user heavy": one_heavy_user,
    "no order": no_order,
    "all repeats": lambda: interactions_of([[user % 7] * 6 for user in range(40)], 7),
    "no repeats": lambda: interactions_of([[user % 9, 9 + user % 4] for user in range(50)], 13),
    "one event each": lambda: interactions_of([[user % 8] for user in range(40)], 8),
    "everybody has everything": lambda: interactions_of([[*range(6)] for _ in range(30)], 6),
    "no overlap": lambda: interactions_of([[2 * user, 2 * user + 1] for user in range(20)], 40),
    "users without events": lambda: interactions_of([[], [0, 1], [], [1, 2], []], 3),
    "event weights": weighted,
    "times far apart": lambda: replace(
        interactions_of(rows(0, 30, 10, 2, 5), 10),
        times=np.sort(np.random.default_rng(0).integers(0, 2**52, len(interactions_of(rows(0, 30, 10, 2, 5), 10)))),
    ),
}


@pytest.mark.parametrize("case", WORST)
@pytest.mark.filterwarnings("error")
def test_a_sound_model_comes_of_data_at_their_worst(case: str) -> None:
    interactions = WORST[case]()
    fitted = fit(interactions)
    json.dumps(fitted.attributes, allow_nan=False)
    for name in fitted.arrays:
        assert np.isfinite(fitted.array(name)).all(), name
    model = served(fitted)
    for history in ([], [0], [0] * 5, list(range(min(interactions.item_count, 5)))):
        answer = model.rank(query(history, count=100))
        assert answer.scores is not None
        assert np.isfinite(answer.scores).all()
        assert len(answer.items)
