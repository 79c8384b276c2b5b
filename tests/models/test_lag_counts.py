"""Counts of what follows what: each user's items once, by last touch, no order learned where there is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reco.models.interactions import Interactions
from reco.models.lag_counts import (
    decayed_counts,
    has_order,
    lagged,
    sequences_of,
    weights_of_later_targets,
)
from tests.models.builders import interactions_of

histories = st.lists(st.lists(st.integers(0, 5), max_size=8), min_size=1, max_size=6)


@given(histories)
def test_a_sequence_holds_each_item_once_by_its_last_touch(given_histories: list[list[int]]) -> None:
    sequences = sequences_of(interactions_of(given_histories, 6), seed=0)
    for user, history in enumerate(given_histories):
        expected = [item for place, item in enumerate(history) if item not in history[place + 1 :]]
        found = sequences.items[sequences.offsets[user] : sequences.offsets[user + 1]]
        assert found.tolist() == expected


@given(histories, st.integers(1, 4))
def test_of_long_sequences_the_latest_items_are_kept(given_histories: list[list[int]], longest: int) -> None:
    every = sequences_of(interactions_of(given_histories, 6), seed=0)
    some = sequences_of(interactions_of(given_histories, 6), seed=0, longest=longest)
    for user in range(len(given_histories)):
        whole = every.items[every.offsets[user] : every.offsets[user + 1]]
        assert some.items[some.offsets[user] : some.offsets[user + 1]].tolist() == whole[-longest:].tolist()


@given(histories, st.floats(0.1, 1.0), st.integers(1, 7), st.integers(0, 100))
def test_counts_are_sums_over_pairs(given_histories: list[list[int]], decay: float, lags: int, seed: int) -> None:
    sequences = sequences_of(interactions_of(given_histories, 6), seed=0)
    generator = np.random.default_rng(seed)
    size = len(sequences.items)
    sequences = replace(sequences, weights=generator.random(size).astype(np.float32) + 0.5)
    targets, others = generator.random(size), generator.random(size)
    slow = np.zeros((2, 6, 6))
    for start, stop in zip(sequences.offsets[:-1], sequences.offsets[1:], strict=True):
        for later in range(start, stop):
            for earlier in range(max(start, later - lags), later):
                cell = sequences.items[earlier], sequences.items[later]
                weight = decay ** (later - earlier - 1) * sequences.weights[earlier]
                slow[(0, *cell)] += weight * targets[later]
                slow[(1, *cell)] += weight * others[later]
    fast = decayed_counts(sequences, decay, lags, [targets, others])
    np.testing.assert_allclose(np.stack(fast), slow, atol=1e-5)


@given(histories, st.floats(0.1, 1.0))
def test_later_targets_are_summed_with_their_distance(given_histories: list[list[int]], decay: float) -> None:
    sequences = sequences_of(interactions_of(given_histories, 6), seed=0)
    targets = np.random.default_rng(0).random(len(sequences.items))
    expected = np.zeros(len(targets))
    for start, stop in zip(sequences.offsets[:-1], sequences.offsets[1:], strict=True):
        for event in range(start, stop):
            expected[event] = sum(decay ** (2 * (later - event)) * targets[later] for later in range(event + 1, stop))
    np.testing.assert_allclose(weights_of_later_targets(sequences, targets, decay), expected, atol=1e-9)


def tied(times: list[int]) -> Interactions:
    interactions = interactions_of([[0, 1, 2, 3]] * 200, 4)
    return replace(interactions, times=np.array(times * 200, np.int64))


def test_of_events_at_one_time_either_may_come_first() -> None:
    sequences = sequences_of(tied([5, 5, 9, 9]), seed=1)
    (counts,) = decayed_counts(sequences, 1.0, 1, [np.ones(len(sequences.items))])
    assert 60 < counts[0, 1] < 140
    assert 60 < counts[1, 0] < 140
    assert counts[0, 1] + counts[1, 0] == 200
    assert counts[2:, :2].sum() == 0


def test_order_is_drawn_from_the_seed() -> None:
    first, again, other = (sequences_of(tied([5, 5, 5, 5]), seed=seed).items.tolist() for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_times_that_are_all_equal_give_no_order() -> None:
    assert not has_order(tied([7, 7, 7, 7]))
    assert has_order(tied([1, 2, 3, 4]))
    assert has_order(tied([7, 7, 9, 9]))
    assert not has_order(interactions_of([[1], [2]], 3))
    assert not has_order(interactions_of([], 3))


def test_lags_stop_where_histories_do() -> None:
    sequences = sequences_of(interactions_of([[0, 1, 2], [3]], 4), seed=0)
    assert [(lag, later.tolist()) for lag, later in lagged(sequences, 9)] == [(1, [1, 2]), (2, [2])]
