"""Metrics of the recipes that do not rank items for users, held against worked examples and slow counts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reco.evaluation.action_metrics import action_metrics, area_under_curve
from reco.evaluation.related_metrics import item_freshness, item_popularity, item_similarity
from reco.evaluation.reward_metrics import average_rewards, event_gains, weighted_gain, weighted_metrics
from reco.evaluation.segment_metrics import newest_fifth, of_values, segment_metrics, takers, top_size
from reco.evaluation.trend_metrics import acceleration, trend_prediction_accuracy
from reco.models.interactions import Interactions, offsets_of
from tests.models.builders import interactions_of

rows = np.int32


def test_a_fifth_of_each_users_events_is_held_out_and_one_at_least_of_two() -> None:
    world = interactions_of([list(range(11)), [0], [1, 2], list(range(4))], 11)
    held = newest_fifth(world)
    assert [int(held[a:b].sum()) for a, b in zip(world.offsets[:-1], world.offsets[1:], strict=True)] == [2, 0, 1, 1]
    assert held[9:11].all()


@given(histories=st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=12), min_size=1, max_size=8))
def test_takers_are_those_who_touch_an_item_in_their_newest_fifth(histories: list[list[int]]) -> None:
    world = interactions_of(histories, 6)
    slow: dict[int, set[int]] = {}
    for user, history in enumerate(histories):
        count = max(1, int(len(history) * 0.2)) if len(history) >= 2 else 0
        for item in history[len(history) - count :]:
            slow.setdefault(item, set()).add(user)
    found = takers(world, newest_fifth(world))
    assert {item: set(users.tolist()) for item, users in found.items()} == slow


def test_the_first_hundredth_is_rounded_up() -> None:
    assert [top_size(count) for count in (1, 99, 100, 101, 200, 5000)] == [1, 1, 1, 2, 2, 50]


def test_segments_count_hits_and_shares_in_the_first_hundredth() -> None:
    ranked = [np.array([4, 7, 1], rows), np.array([9, 8, 7], rows)]
    truths = [np.array([1, 4, 7, 20], rows), np.array([1], rows)]
    values = segment_metrics(ranked, truths, user_count=200)
    assert values == {
        "coverage": pytest.approx(4 / 200),
        "hits_at_1_percent": pytest.approx((2 + 0) / 2),
        "recall_at_1_percent": pytest.approx((2 / 4 + 0) / 2),
    }
    assert segment_metrics([], [], user_count=5)["coverage"] == 0


def test_a_values_users_are_those_of_its_items() -> None:
    by_item = {0: np.array([1, 3], rows), 1: np.array([3], rows), 2: np.array([9], rows)}
    found = of_values(np.array([5, 5, -1]), by_item)
    assert {value: users.tolist() for value, users in found.items()} == {5: [1, 3]}


def test_event_weights_are_scaled_to_a_mean_of_one() -> None:
    assert event_gains({"purchase": 0.3, "click": 0.1}) == pytest.approx({"purchase": 1.5, "click": 0.5})
    assert event_gains({"a": 0.0, "b": 0.0}) == {"a": 1.0, "b": 1.0}
    assert event_gains({}) == {}


def test_equal_weights_give_the_worked_example_of_plain_gain() -> None:
    ranked, truth = [np.array([10, 1, 11, 12, 2])], [np.array([1, 2])]
    assert round(float(weighted_gain(ranked, truth, [np.ones(2)], 5)[0]), 4) == 0.6241


def test_weights_count_where_an_item_stands() -> None:
    ranked, truth, gains = [np.array([1, 9, 2])], [np.array([1, 2])], [np.array([0.5, 1.5])]
    expected = (0.5 / math.log2(2) + 1.5 / math.log2(4)) / (1.5 / math.log2(2) + 0.5 / math.log2(3))
    assert weighted_gain(ranked, truth, gains, 5)[0] == pytest.approx(expected)
    assert weighted_metrics([], [], []).keys() == weighted_metrics(ranked, truth, gains).keys()
    assert weighted_gain(ranked, truth, [np.zeros(2)], 5)[0] == 0


@given(
    ranked=st.lists(st.integers(0, 20), max_size=30, unique=True),
    truth=st.dictionaries(st.integers(0, 20), st.sampled_from([0.5, 1.0, 1.5]), min_size=1, max_size=9),
    cut=st.sampled_from([5, 10, 25]),
)
def test_weighted_gain_equals_the_slow_one(ranked: list[int], truth: dict[int, float], cut: int) -> None:
    gain = sum(truth.get(item, 0) / math.log2(place + 1) for place, item in enumerate(ranked[:cut], start=1))
    best = sorted(truth.values(), reverse=True)[:cut]
    ideal = sum(worth / math.log2(place + 1) for place, worth in enumerate(best, start=1))
    items = sorted(truth)
    found = weighted_gain([np.array(ranked, rows)], [np.array(items)], [np.array([truth[each] for each in items])], cut)
    assert found[0] == pytest.approx(gain / ideal)


def test_rewards_lie_in_the_most_rewarding_recommendations() -> None:
    rewards = np.arange(40, dtype=float)
    ranked = [np.arange(40)]
    # The 25 most rewarding are 15 to 39: of the two touched, 39 is among them and 1 is not.
    assert average_rewards(ranked, [np.array([1, 39])], rewards) == pytest.approx(39 / 40)
    assert average_rewards(ranked, [np.array([50])], rewards) == 0
    # All alike: the model's own first 25 count.
    assert average_rewards(ranked, [np.array([1])], np.full(40, -3.0)) == 1
    assert average_rewards(ranked, [np.array([30])], np.full(40, -3.0)) == 0
    assert average_rewards(ranked, [np.array([39])], rewards - 100) == 1
    # A reward that is not known is the least.
    rewards[0] = np.nan
    assert average_rewards(ranked, [np.array([0, 39])], rewards) == 1
    assert average_rewards(ranked, [np.array([1])], np.full(40, np.nan)) == 1


def test_acceleration_is_what_two_windows_differ_by() -> None:
    times = np.array([80, 95, 96, 99, 100], np.int64)
    world = Interactions(offsets_of([5]), np.array([1, 0, 0, 1, 2], rows), times, 3)
    assert acceleration(world, 100, 10).tolist() == [2, 1 - 1 + 0, 0]


def test_trends_foretold_are_a_share_of_the_fastest() -> None:
    gained = np.array([10, 0, -5, 6, 4])
    assert trend_prediction_accuracy(np.array([0, 2, 4], rows), gained) == pytest.approx(14 / 20)
    assert trend_prediction_accuracy(np.array([1, 2], rows), gained) == 0
    assert trend_prediction_accuracy(np.array([0], rows), np.zeros(5, np.int64)) == 0
    assert trend_prediction_accuracy(np.arange(5, dtype=rows), gained) == 1


@given(
    scores=st.lists(st.integers(0, 4), min_size=2, max_size=25),
    seed=st.integers(0, 99),
)
def test_the_area_under_the_curve_is_how_often_the_taken_score_higher(scores: list[int], seed: int) -> None:
    taken = np.random.default_rng(seed).random(len(scores)) < 0.5
    values = np.array(scores, float)
    pairs = [(a > b) + (a == b) / 2 for a in values[taken] for b in values[~taken]]
    assert area_under_curve(values, taken) == pytest.approx(np.mean(pairs) if pairs else 0.5)


def test_precision_and_recall_are_means_over_actions() -> None:
    recommended = np.array([[1, 0, 1], [1, 0, 0]], bool)
    taken = np.array([[1, 1, 0], [0, 0, 0]], bool)
    values = action_metrics(recommended, taken, recommended.astype(float))
    assert values["precision"] == pytest.approx((1 / 2 + 0) / 2)
    assert values["recall"] == pytest.approx((1 + 0) / 2)
    nothing = np.zeros((2, 3), bool)
    assert action_metrics(nothing, nothing, np.zeros((2, 3))) == {
        "precision": 0.0,
        "recall": 0.0,
        "area_under_curve": 0.5,
    }


def test_related_items_are_described_between_nought_and_one() -> None:
    ranked = [np.array([0, 1], rows), np.array([2], rows)]
    assert item_popularity(ranked, np.array([4, 2, 0])) == pytest.approx((1 + 0.5 + 0) / 3)
    assert item_popularity(ranked, np.zeros(3, np.int64)) == 0
    assert item_freshness(ranked, np.array([0.0, 50.0, 100.0])) == pytest.approx(0.5)
    assert item_freshness(ranked, np.array([np.nan, 7.0, 7.0])) == 1
    assert item_freshness(ranked, np.full(3, np.nan)) == 0
    assert item_similarity([np.array([0.5, -1.0]), np.array([1.0000001])]) == pytest.approx(0.5)
    assert item_similarity([]) == 0
