"""Training as a whole: measured without the test users, kept with everybody, better than popularity."""

from __future__ import annotations

import csv
import gzip
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reco.artefact import Vocabulary
from reco.evaluation.holdout import choose_test_users
from reco.evaluation.metrics import METRICS
from reco.evaluation.training import Trained, train, try_out
from reco.jobs.trial import compare
from reco.models.fit_settings import FitSettings
from reco.models.interactions import Interactions, offsets_of
from reco.models.query import Query, ServedModel
from reco.models.served import serve
from reco.models.training_data import TrainingData
from tests.models.builders import names, planted_tastes

VALUES: dict[str, dict[str, Any]] = {
    "als": {"hidden_dimension": 32},
    "item_similarity": {"popularity_discount_factor": 0.5, "min_cointeraction_count": 3},
    "popularity": {},
}
NDCG = "normalized_discounted_cumulative_gain_at_10"


def run(interactions: Interactions, family: str, **values: Any) -> tuple[Trained, ServedModel]:
    items = names(interactions.item_count, "i")
    trained = train(
        TrainingData(interactions),
        names(interactions.user_count, "u"),
        items,
        family=family,
        values={**VALUES[family], **values},
        settings=FitSettings(threads=2),
    )
    return trained, serve(trained.model, items)


@pytest.fixture(scope="module")
def planted() -> tuple[Interactions, Any]:
    return planted_tastes(users=400)


def taste_share(model: ServedModel, interactions: Interactions, tastes: Any) -> float:
    """Share of ten answers that are of the user's taste."""
    found = []
    for user in range(0, interactions.user_count, 8):
        items, times = interactions.history(user)
        found.append(np.mean(model.rank(Query(items, times, None, None, 10)).items // 20 == tastes[user]))
    return float(np.mean(found))


def test_the_planted_taste_is_found_twice_as_often_as_by_popularity(planted: tuple[Interactions, Any]) -> None:
    interactions, tastes = planted
    popular, personal = (run(interactions, family)[1] for family in ("popularity", "als"))
    assert taste_share(personal, interactions, tastes) >= 2 * taste_share(popular, interactions, tastes)


def test_personal_ranking_measures_better_than_popularity_on_planted_tastes(planted: tuple[Interactions, Any]) -> None:
    popular, personal = (run(planted[0], family)[0].metrics for family in ("popularity", "als"))
    assert personal[NDCG] > 1.3 * popular[NDCG]


@pytest.mark.parametrize("family", list(VALUES))
def test_every_family_reports_the_eight_metrics(planted: tuple[Interactions, Any], family: str) -> None:
    metrics = run(planted[0], family)[0].metrics
    assert set(metrics) == set(METRICS)
    assert all(0 <= value <= 1 for value in metrics.values())
    assert metrics["coverage"] > 0


def test_scores_are_neither_flat_nor_certain(planted: tuple[Interactions, Any]) -> None:
    interactions, _ = planted
    _, model = run(interactions, "als")
    best = []
    for user in range(0, interactions.user_count, 40):
        scores = model.rank(Query(*interactions.history(user), None, None, 100)).scores
        assert scores is not None
        best.append(scores[0])
    assert 3 / interactions.item_count < np.mean(best) < 0.5


def test_what_the_test_users_did_cannot_leak_into_the_metrics(planted: tuple[Interactions, Any]) -> None:
    """Changing the newest events of the test users changes what is asked, never the model that is asked."""
    interactions, _ = planted
    chosen = choose_test_users(names(interactions.user_count, "u"), interactions.lengths)
    items = interactions.items.copy()
    for user in np.flatnonzero(chosen):
        items[interactions.offsets[user + 1] - 2 : interactions.offsets[user + 1]] = 99
    changed = replace(interactions, items=items)
    one, two = run(interactions, "popularity")[0], run(changed, "popularity")[0]
    assert one.metrics["coverage"] == two.metrics["coverage"]
    assert one.metrics[NDCG] != two.metrics[NDCG]


@pytest.mark.parametrize("family", list(VALUES))
def test_training_is_deterministic(planted: tuple[Interactions, Any], family: str) -> None:
    one, two = run(planted[0], family)[0], run(planted[0], family)[0]
    assert one.metrics == two.metrics
    assert one.probes == two.probes
    for name, array in one.model.arrays.items():
        assert array.tobytes() == two.model.arrays[name].tobytes()


@pytest.mark.parametrize("family", list(VALUES))
def test_probes_are_json_and_are_answered_alike_again(planted: tuple[Interactions, Any], family: str) -> None:
    trained, model = run(planted[0], family)
    probes = json.loads(json.dumps(trained.probes, allow_nan=False))
    assert 3 <= len(probes) <= 20
    assert any(not probe["history_items"] for probe in probes)
    assert any(probe["candidates"] for probe in probes)
    for probe in probes:
        wanted = None if probe["candidates"] is None else np.array(probe["candidates"], np.int32)
        query = Query(
            np.array(probe["history_items"], np.int32),
            np.array(probe["history_times"], np.int64),
            probe["item"],
            wanted,
            probe["count"],
        )
        assert compare(model.rank(query), probe) is None


def test_a_handful_of_users_can_be_trained_on() -> None:
    interactions = Interactions(offsets_of([2, 0]), np.array([0, 1], np.int32), np.array([1, 2]), 3)
    for family in VALUES:
        trained, model = run(interactions, family)
        assert set(trained.metrics) == set(METRICS)
        assert len(model.rank(Query(*interactions.history(0), 0, None, 3)).items) >= 1


def movielens() -> Interactions:
    path = Path(os.environ["RECO_BENCHMARK_DATA"]) / "movielens-latest-small" / "ratings.csv.gz"
    with gzip.open(path, "rt") as file:
        rows = [(row["userId"], row["movieId"], int(row["timestamp"])) for row in csv.DictReader(file)]
    _, users = Vocabulary.index(row[0] for row in rows)
    items, item_rows = Vocabulary.index(row[1] for row in rows)
    times = np.array([row[2] for row in rows])
    order = np.lexsort((item_rows, times, users))
    return Interactions(offsets_of(np.bincount(users)), item_rows[order], times[order], len(items))


@pytest.mark.skipif("RECO_BENCHMARK_DATA" not in os.environ, reason="RECO_BENCHMARK_DATA names no folder of real data")
def test_movielens_is_ranked_clearly_better_than_by_popularity() -> None:
    interactions = movielens()
    popular = run(interactions, "popularity")[0].metrics
    personal = run(interactions, "als", hidden_dimension=149, max_user_history_length_percentile=0.99)[0].metrics
    assert personal[NDCG] > 1.5 * popular[NDCG]
    assert personal[NDCG] > 0.06


@pytest.mark.parametrize("family", list(VALUES))
def test_settings_are_tried_out_without_a_look_at_the_users_that_training_measures_on(
    planted: tuple[Interactions, Any], family: str
) -> None:
    interactions = planted[0]
    users = names(interactions.user_count, "u")
    tests = choose_test_users(users, interactions.lengths)
    shuffled = interactions.items.copy()
    of_tests = np.repeat(tests, interactions.lengths)
    shuffled[of_tests] = shuffled[of_tests][::-1]
    metrics = []
    for each in (interactions, replace(interactions, items=shuffled)):
        asked = names(interactions.item_count, "i")
        metrics.append(
            try_out(
                TrainingData(each), users, asked, family=family, values=VALUES[family], settings=FitSettings(threads=2)
            )
        )
    assert metrics[0] == metrics[1]
    assert metrics[0][NDCG] > 0
    assert metrics[0] != run(interactions, family)[0].metrics


def test_settings_are_tried_out_even_with_one_user_to_measure_on() -> None:
    one = Interactions(np.array([0, 3]), np.array([0, 1, 2], np.int32), np.arange(3), 3)
    settings = FitSettings()
    metrics = try_out(
        TrainingData(one), names(1, "u"), names(3, "i"), family="popularity", values={}, settings=settings
    )
    assert set(metrics) == set(METRICS)
