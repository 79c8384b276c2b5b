"""The next best action, measured as Personalize measures it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from reco.evaluation.action_training import train_actions
from reco.jobs.trial import compare
from reco.models.action_data import TAKEN, ActionEvents
from reco.models.fit_settings import FitSettings
from reco.models.query import Query
from reco.models.served import serve
from reco.models.training_data import TrainingData
from reco.recipes.metrics import ACTION
from tests.models.action_worlds import actions_of, events_of, planted_actions
from tests.models.builders import interactions_of, names


def run(data: TrainingData) -> tuple[Any, dict[str, float], list[dict[str, Any]]]:
    interactions = data.interactions
    users, items = names(interactions.user_count, "u"), names(interactions.item_count, "i")
    return train_actions(data, users, items, values={}, settings=FitSettings())


@pytest.fixture(scope="module")
def trained() -> tuple[Any, dict[str, float], list[dict[str, Any]]]:
    interactions, actions, _ = planted_actions(users=600, meetings=20.0)
    return run(TrainingData(interactions, actions=actions))


def test_training_reports_the_metrics_of_actions(trained: Any) -> None:
    assert set(trained[1]) == set(ACTION)
    assert all(0 <= value <= 1 for value in trained[1].values())


def test_what_users_take_is_told_from_what_they_do_not(trained: Any) -> None:
    assert trained[1]["area_under_curve"] > 0.65
    assert trained[1]["recall"] > 0.5


def test_probes_are_json_and_are_answered_alike_again(trained: Any) -> None:
    model, _, probes = trained
    served = serve(model, names(100, "i"))
    for probe in json.loads(json.dumps(probes, allow_nan=False)):
        query = Query(
            np.array(probe["history_items"], np.int32), np.array(probe["history_times"], np.int64), None, None, 10
        )
        assert compare(served.rank(query), probe) is None


@pytest.mark.parametrize("rows", [[], [(0, 5, 0, TAKEN)], [(0, 5, 0, TAKEN), (0, 6, 1, TAKEN), (1, 7, 1, TAKEN)]])
def test_hardly_any_events_are_measured_without_failing(rows: list[tuple[int, int, int, int]]) -> None:
    interactions = interactions_of([[0, 1], [1]], 2)
    events = events_of(rows, 2) if rows else ActionEvents.none(2)
    _, metrics, probes = run(TrainingData(interactions, actions=actions_of(events, 2)))
    assert all(np.isfinite(value) for value in metrics.values())
    assert len(probes) == 3
