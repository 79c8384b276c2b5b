"""A recipe measured offline: the very figures that training reports, and warnings where they flatter."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from reco.cli.evaluation_table import shown
from reco.evaluation.metrics import METRICS
from reco.evaluation.offline import MODEL, NDCG, POPULAR, REPLAY, Evaluation, evaluate
from reco.evaluation.training import train
from reco.models.fit_settings import FitSettings
from reco.models.interactions import Interactions
from reco.models.training_data import TrainingData
from tests.models.builders import interactions_of, names, planted_tastes

SIMS = {"popularity_discount_factor": 0.5, "min_cointeraction_count": 3}


def run(interactions: Interactions, protocol: str = "personalize", **more: Any) -> Evaluation:
    return evaluate(
        TrainingData(interactions),
        names(interactions.user_count, "u"),
        names(interactions.item_count, "i"),
        family=more.get("family", "popularity"),
        values=more.get("values", {}),
        protocol=protocol,
        settings=FitSettings(seed=more.get("seed", 0), threads=more.get("threads", 1)),
    )


@pytest.mark.parametrize(("family", "values"), [("popularity", {}), ("item_similarity", SIMS), ("blend", {})])
def test_it_measures_what_training_measures(family: str, values: dict[str, Any]) -> None:
    interactions, _ = planted_tastes(users=300)
    trained = train(
        TrainingData(interactions),
        names(interactions.user_count, "u"),
        names(interactions.item_count, "i"),
        family=family,
        values=values,
        settings=FitSettings(),
    )
    answer = run(interactions, family=family, values=values).answers[MODEL]
    found = {"coverage": answer.coverage, **{name: value.mean for name, value in answer.metrics.items()}}
    assert {name: found[name] for name in METRICS} == pytest.approx(trained.metrics)


def test_what_was_learned_is_told_without_empty_lists() -> None:
    learned = run(planted_tastes(users=150)[0], family="blend", values={"hidden_dimension": 16}).learned
    assert learned["seen_items"] == "exclude"
    assert learned["blend"]["weights"] and "seen_weights" not in learned["blend"]
    assert not any(shown(value).strip(" ,") == "" or " ," in shown(value) for value in learned.values())


def test_threads_change_nothing_but_the_seconds() -> None:
    interactions, _ = planted_tastes(users=200)
    one, many = (asdict(run(interactions, "leave-one-out", threads=threads)) for threads in (1, 3))
    del one["seconds"], many["seconds"]
    assert one == many


def test_people_who_come_back_make_the_replay_win_and_that_is_said() -> None:
    generator = np.random.default_rng(0)
    habits = [generator.integers(0, 60, 2) for _ in range(200)]
    world = interactions_of([np.tile(habit, 6).tolist() for habit in habits], 60)
    found = run(world, "leave-one-out")
    assert found.answers[REPLAY].metrics[NDCG].mean > found.answers[POPULAR].metrics[NDCG].mean
    assert "repeat or leak" in found.warnings[0]


def test_events_without_order_are_said_to_have_none() -> None:
    interactions, _ = planted_tastes(users=200)
    timeless = replace(interactions, times=np.zeros(len(interactions), np.int64))
    found = run(timeless, "leave-one-out")
    assert any("there is no order" in warning for warning in found.warnings)
    assert any("ITEM_ID decides" in warning for warning in found.warnings)


def test_right_items_that_nobody_touched_before_are_said() -> None:
    world = interactions_of([[user % 5, 10 + user] for user in range(200)], 300)
    found = run(world, "leave-one-out")
    assert any("100% of the right items have no interaction" in warning for warning in found.warnings)


def test_good_data_are_not_warned_of() -> None:
    interactions, _ = planted_tastes(users=200)
    apart = replace(interactions, times=np.arange(len(interactions), dtype=np.int64))
    assert run(apart, "leave-one-out", family="als", values={"hidden_dimension": 32}).warnings == []


def test_curves_of_popularity_rise_to_everything() -> None:
    interactions, _ = planted_tastes(users=200)
    found = run(interactions, "leave-one-out")
    for curve in (*(answer.by_popularity for answer in found.answers.values()), found.truth_by_popularity):
        assert np.all(np.diff(curve) >= 0)
        assert curve[-1] == 1
    # Popular items are what popularity recommends.
    assert found.answers[POPULAR].by_popularity[-3] > found.truth_by_popularity[-3]
