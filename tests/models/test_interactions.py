"""Counting over histories, beside the slow way with dictionaries."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reco.errors import UserFault
from reco.models.history import HistoryWeights
from reco.models.interactions import distinct_pairs, keep_between_percentiles, repeat_share
from tests.models.builders import interactions_of

HISTORIES = st.lists(st.lists(st.integers(0, 6), max_size=12), min_size=1, max_size=8)


@given(HISTORIES)
def test_distinct_pairs_are_in_order_of_the_last_touch_with_their_counts(histories: list[list[int]]) -> None:
    interactions = interactions_of(histories, 7)
    pairs = distinct_pairs(interactions.offsets, interactions.items, 7)
    for user, history in enumerate(histories):
        last = {item: place for place, item in enumerate(history)}
        expected = sorted(last, key=lambda item: last[item])
        span = slice(pairs.offsets[user], pairs.offsets[user + 1])
        assert pairs.items[span].tolist() == expected
        assert pairs.counts[span].tolist() == [history.count(item) for item in expected]
    assert pairs.item_users().tolist() == [sum(item in history for history in histories) for item in range(7)]


@given(HISTORIES)
def test_one_history_weighs_what_it_weighs_among_many(histories: list[list[int]]) -> None:
    interactions, rule = interactions_of(histories, 7), HistoryWeights(decay=3.0, floor=0.2)
    pairs = rule.weigh(interactions)
    for user in range(len(histories)):
        span = slice(pairs.offsets[user], pairs.offsets[user + 1])
        items, weights = rule.weigh_one(interactions.history(user)[0])
        np.testing.assert_array_equal(items, pairs.columns[span])
        np.testing.assert_array_equal(weights, pairs.weights[span])


def test_recent_and_repeated_items_weigh_more() -> None:
    items, weights = HistoryWeights(decay=2.0, floor=0.1).weigh_one(np.array([4, 5, 4, 4, 6], np.int32))
    assert items.tolist() == [5, 4, 6]
    expected = [0.1 + 0.9 * math.exp(-1), (0.1 + 0.9 * math.exp(-0.5)) * (1 + math.log(3)), 1.0]
    assert weights == pytest.approx(expected, rel=1e-6)
    alike = HistoryWeights(decay=None).weigh_one(np.array([1, 2, 3], np.int32))[1]
    assert alike.tolist() == [1, 1, 1]


def test_percentiles_keep_both_ends_and_never_nothing() -> None:
    lengths = np.array([0, 1, 2, 3, 4, 100])
    assert keep_between_percentiles(lengths, 0.0, 1.0).tolist() == [False, True, True, True, True, True]
    assert keep_between_percentiles(lengths, 0.25, 0.75).tolist() == [False, False, True, True, True, False]
    assert keep_between_percentiles(np.array([5, 0]), 0.5, 0.6).tolist() == [True, False]
    assert not keep_between_percentiles(np.array([0, 0]), 0.0, 1.0).any()


def test_the_repeat_share_counts_events_whose_pair_came_before() -> None:
    assert repeat_share(interactions_of([[1, 2, 1, 1], [1]], 3)) == pytest.approx(2 / 5)
    assert repeat_share(interactions_of([[]], 3)) == 0


def test_selecting_users_and_items_keeps_the_rest_as_it_was() -> None:
    interactions = interactions_of([[0, 1], [2], [1, 0, 2]], 3)
    some = interactions.of_users(np.array([True, False, True]))
    assert [some.history(user)[0].tolist() for user in range(2)] == [[0, 1], [1, 0, 2]]
    fewer = interactions.without_items(np.array([True, False, False]))
    assert [fewer.history(user)[0].tolist() for user in range(3)] == [[1], [2], [1, 2]]
    assert fewer.times.tolist() == [1, 0, 0, 2]


@given(st.lists(st.floats(1e-30, 1e30), min_size=1, max_size=20), st.floats(1e-6, 1e6))
def test_weights_count_by_their_ratios_alone(weights: list[float], scale: float) -> None:
    events = len(weights)
    plain = interactions_of([[0] * events], 1)
    one = replace(plain, weights=np.array(weights, np.float64)).with_relative_weights()
    two = replace(plain, weights=np.array(weights, np.float64) * scale).with_relative_weights()
    if one.weights is None or two.weights is None:
        assert one.weights is two.weights or len(set(weights)) > 1
        return
    np.testing.assert_allclose(one.weights, two.weights, rtol=1e-5)
    assert one.weights.min() >= np.float32(1e-3) and one.weights.max() <= 1e3


def test_weights_that_are_all_alike_are_no_weights() -> None:
    plain = interactions_of([[0, 1], [1]], 2)
    assert replace(plain, weights=np.full(3, 7, np.float32)).with_relative_weights().weights is None
    assert plain.with_relative_weights() is plain


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf, -np.inf])
def test_weights_that_mean_nothing_are_refused_in_words(bad: float) -> None:
    weighted = replace(interactions_of([[0, 1]], 2), weights=np.array([1, bad], np.float32))
    with pytest.raises(UserFault, match="finite numbers above 0"):
        weighted.with_relative_weights()
