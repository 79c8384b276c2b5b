"""Segments measured as Personalize measures them."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.datasets import movielens_latest_small
from reco.evaluation.segment_metrics import newest_fifth, segment_metrics, takers, top_size
from reco.evaluation.segment_training import FAMILIES, train_segments
from reco.models.fit_settings import FitSettings
from reco.models.interactions import Interactions
from reco.models.item_attributes import ItemAttributes
from reco.models.training_data import TrainingData
from tests.models.builders import interactions_of, names, planted_tastes


@pytest.fixture(scope="module")
def planted() -> Interactions:
    return planted_tastes(users=500, length=25)[0]


def run(interactions: Interactions, family: str) -> tuple[Any, dict[str, float]]:
    found = [("GENRE", f"g{item // 20}", item) for item in range(100)]
    data = TrainingData(interactions, attributes=ItemAttributes.of(["GENRE"], found))
    items = names(interactions.item_count, "i")
    return train_segments(data, items, family=family, values={"hidden_dimension": 32}, settings=FitSettings())


@pytest.mark.parametrize("family", FAMILIES)
def test_training_reports_the_three_metrics_and_is_deterministic(planted: Interactions, family: str) -> None:
    (model, metrics), (again, metrics_again) = run(planted, family), run(planted, family)
    assert set(metrics) == {"coverage", "hits_at_1_percent", "recall_at_1_percent"}
    assert metrics == metrics_again
    assert 0 < metrics["coverage"] <= 1 and 0 <= metrics["recall_at_1_percent"] <= 1
    assert metrics["hits_at_1_percent"] <= top_size(500)
    for name, array in model.arrays.items():
        assert array.tobytes() == again.arrays[name].tobytes()


def test_an_items_next_users_are_found_much_more_often_than_by_chance(planted: Interactions) -> None:
    metrics = run(planted, "item_affinity")[1]
    assert metrics["recall_at_1_percent"] > 2 * top_size(500) / 500


def test_the_model_that_is_kept_has_learned_from_the_newest_events_too(planted: Interactions) -> None:
    model, _ = run(planted, "item_affinity")
    assert model.arrays["pair_offsets"][-1] == len(planted)


def test_what_is_tested_cannot_leak_into_the_model_that_is_measured(planted: Interactions) -> None:
    """Other newest events change what is asked, and not the weights of the model that is asked."""
    items = planted.items.copy()
    items[planted.offsets[1:] - 1] = 99
    one, two = run(planted, "item_affinity"), run(replace(planted, items=items), "item_affinity")
    assert one[1] != two[1]
    assert one[0].attributes["segment_weights"] == two[0].attributes["segment_weights"]


@pytest.mark.parametrize("histories", [[[0]], [[0, 1]], [[0, 1], [1]], [[0, 0, 0], [0, 0]]])
def test_a_handful_of_users_can_be_trained_on(histories: list[list[int]]) -> None:
    data = TrainingData(interactions_of(histories, 2))
    _, metrics = train_segments(
        data, names(2, "i"), family="item_affinity", values={"hidden_dimension": 4}, settings=FitSettings()
    )
    assert all(np.isfinite(value) for value in metrics.values())


@pytest.mark.skipif("RECO_BENCHMARK_DATA" not in os.environ, reason="RECO_BENCHMARK_DATA names no folder of real data")
def test_movielens_next_users_are_found_more_often_than_the_most_active_ones() -> None:
    found = movielens_latest_small(Path(os.environ["RECO_BENCHMARK_DATA"])).data_set()
    interactions = found.interactions
    values = {"hidden_dimension": 64}
    settings = FitSettings()
    newest = newest_fifth(interactions)
    _, metrics = train_segments(
        TrainingData(interactions), found.items, family="item_affinity", values=values, settings=settings
    )
    rest, by_item = interactions.of_events(~newest), takers(interactions, newest)
    busy = np.argsort(-rest.lengths, kind="stable").astype(np.int32)
    owners = rest.user_rows()
    ranked = [busy[~np.isin(busy, owners[rest.items == item])] for item in by_item]
    most_active = segment_metrics(ranked, list(by_item.values()), user_count=rest.user_count)
    assert metrics["hits_at_1_percent"] > 1.05 * most_active["hits_at_1_percent"]
    assert metrics["coverage"] > 3 * most_active["coverage"]
