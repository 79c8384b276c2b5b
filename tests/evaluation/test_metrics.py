"""The eight metrics: the worked example of the reference, and a slow second opinion."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reco.evaluation.metrics import METRICS, mean_metrics, user_metrics


def one_user(ranked: list[int], truth: list[int]) -> dict[str, float]:
    found = user_metrics([np.array(ranked, np.int32)], [np.array(truth, np.int32)])
    return {name: float(value) for name, [value] in found.items()}


def test_the_worked_example() -> None:
    """Two relevant items, found at places 2 and 5 of five."""
    values = one_user([10, 1, 11, 12, 2], [1, 2])
    expected = (1 / math.log(3) + 1 / math.log(6)) / (1 / math.log(2) + 1 / math.log(3))
    assert round(expected, 4) == 0.6241
    assert values["normalized_discounted_cumulative_gain_at_5"] == pytest.approx(expected)
    assert values["precision_at_5"] == pytest.approx(2 / 5)
    assert values["mean_reciprocal_rank_at_25"] == pytest.approx(1 / 2)


def slow_metrics(ranked: list[int], truth: set[int]) -> dict[str, float]:
    places = [place for place, item in enumerate(ranked[:25], start=1) if item in truth]
    values = {"mean_reciprocal_rank_at_25": 1 / places[0] if places else 0.0}
    for cut in (5, 10, 25):
        gain = sum(1 / math.log2(1 + place) for place in places if place <= cut)
        ideal = sum(1 / math.log2(1 + place) for place in range(1, min(cut, len(truth)) + 1))
        values[f"normalized_discounted_cumulative_gain_at_{cut}"] = gain / ideal
        values[f"precision_at_{cut}"] = sum(place <= cut for place in places) / cut
    return values


@given(
    ranked=st.lists(st.integers(0, 40), max_size=40, unique=True),
    truth=st.sets(st.integers(0, 40), min_size=1, max_size=30),
)
def test_metrics_equal_the_slow_ones(ranked: list[int], truth: set[int]) -> None:
    found = one_user(ranked, sorted(truth))
    assert found == pytest.approx(slow_metrics(ranked, truth))
    assert all(0 <= value <= 1 + 1e-12 for value in found.values())


def test_means_are_over_users_and_coverage_over_the_catalogue() -> None:
    ranked = [np.array([0, 1]), np.array([1, 2])]
    values = mean_metrics(ranked, [np.array([0]), np.array([9])], item_count=10)
    assert set(values) == set(METRICS)
    assert values["coverage"] == pytest.approx(0.3)
    assert values["mean_reciprocal_rank_at_25"] == pytest.approx(0.5)
    assert values["precision_at_5"] == pytest.approx(0.1)


def test_coverage_looks_at_25_places() -> None:
    assert mean_metrics([np.arange(30)], [np.array([0])], item_count=100)["coverage"] == pytest.approx(0.25)


def test_nobody_to_test_gives_zeros() -> None:
    assert mean_metrics([], [], item_count=3) == dict.fromkeys(METRICS, 0.0)


def test_the_names_are_personalizes() -> None:
    assert sorted(METRICS) == [
        "coverage",
        "mean_reciprocal_rank_at_25",
        "normalized_discounted_cumulative_gain_at_10",
        "normalized_discounted_cumulative_gain_at_25",
        "normalized_discounted_cumulative_gain_at_5",
        "precision_at_10",
        "precision_at_25",
        "precision_at_5",
    ]
