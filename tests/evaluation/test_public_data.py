"""The public sets as they are read, and one protocol held to figures that were published for it without a model."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.datasets import (
    Absent,
    amazon_beauty_sequences,
    diginetica_sessions,
    movielens_100k,
    movielens_latest_small,
    tafeng,
    unordered_parts,
    yoochoose_100k,
)
from benchmarks.quality_repeats import ml_latest_twice
from benchmarks.quality_rows import Options

pytestmark = pytest.mark.skipif(
    "RECO_BENCHMARK_DATA" not in os.environ, reason="RECO_BENCHMARK_DATA names no folder of real data"
)

SIZES = {
    "movielens-100k": (100_000, 943, 1682),
    "movielens-latest-small": (100_836, 610, 9724),
    "amazon-beauty-sequences": (353_962, 40_226, 54_542),
    "tafeng": (571_933, 13_858, 11_997),
    "yoochoose-100k": (83_846, 21_210, 2933),
    "diginetica-sessions": (906_140, 186_670, 43_097),
    "gowalla": (719_081, 29_858, 40_981),
}
LOADERS = {
    "movielens-100k": lambda folder: movielens_100k(folder).data_set().interactions,
    "movielens-latest-small": lambda folder: movielens_latest_small(folder).data_set().interactions,
    "amazon-beauty-sequences": lambda folder: amazon_beauty_sequences(folder).interactions,
    "tafeng": lambda folder: tafeng(folder).interactions,
    "yoochoose-100k": lambda folder: yoochoose_100k(folder)[0].interactions,
    "diginetica-sessions": lambda folder: diginetica_sessions(folder).learned.interactions,
    "gowalla": lambda folder: unordered_parts(folder, "gowalla").train,
}


def folder() -> Path:
    return Path(os.environ["RECO_BENCHMARK_DATA"])


@pytest.mark.parametrize("name", SIZES)
def test_a_set_has_as_many_events_users_and_items_as_its_source_says(name: str) -> None:
    try:
        found = LOADERS[name](folder())
    except Absent as absent:
        pytest.skip(str(absent))
    assert (len(found), found.user_count, found.item_count) == SIZES[name]


def test_a_replay_scores_on_twice_told_ratings_what_it_is_known_to() -> None:
    """No model has a part in these figures: the split, its order among ties and the metrics make them."""
    try:
        rows = ml_latest_twice(Options(folder(), family="popularity", threads=1))
    except Absent as absent:
        pytest.skip(str(absent))
    known = {
        "coverage": 0.102,
        "mean_reciprocal_rank_at_25": 0.510,
        "normalized_discounted_cumulative_gain_at_5": 0.233,
        "normalized_discounted_cumulative_gain_at_10": 0.197,
        "normalized_discounted_cumulative_gain_at_25": 0.181,
        "precision_at_5": 0.158,
        "precision_at_10": 0.081,
        "precision_at_25": 0.033,
    }
    found = {row.metric: row.also["last-seen replay"] for row in rows if row.metric in known}
    assert found == pytest.approx(known, abs=0.0011)
