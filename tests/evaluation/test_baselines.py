"""Answers without a model, held against slow ones."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reco.evaluation.baselines import filled_up, popular_items, rank_popular, replay_last_seen, replay_most_touched
from reco.evaluation.holdout import HeldOutUser
from tests.models.builders import interactions_of

histories = st.lists(st.lists(st.integers(0, 11), min_size=1, max_size=15), min_size=1, max_size=6)


def asked(history: list[int]) -> HeldOutUser:
    return HeldOutUser(np.array(history, np.int32), np.arange(len(history)), np.array([0], np.int32))


@given(worlds=histories, depth=st.integers(1, 14), unseen=st.booleans())
def test_popular_items_are_those_of_most_users(worlds: list[list[int]], depth: int, unseen: bool) -> None:
    counts = Counter(item for history in worlds for item in set(history))
    order = sorted(range(12), key=lambda item: (-counts[item], item))
    training = interactions_of(worlds, 12)
    assert popular_items(training).tolist() == order
    lists = rank_popular(training, [asked(history) for history in worlds], depth, unseen=unseen)
    for history, found in zip(worlds, lists, strict=True):
        allowed = [item for item in order if not (unseen and item in history)]
        assert found.tolist() == allowed[:depth]


@given(history=st.lists(st.integers(0, 6), max_size=30), depth=st.integers(1, 9))
def test_replays_are_the_latest_and_the_most_touched(history: list[int], depth: int) -> None:
    latest = list(dict.fromkeys(reversed(history)))
    assert replay_last_seen([asked(history)], depth)[0].tolist() == latest[:depth]
    counts = Counter(history)
    most = sorted(latest, key=lambda item: -counts[item])
    assert replay_most_touched([asked(history)], depth)[0].tolist() == most[:depth]


def test_short_lists_are_filled_up_with_popular_items_that_they_lack() -> None:
    training = interactions_of([[0, 1], [0, 1], [0, 2]], 4)
    short, full = np.array([1], np.int32), np.array([3, 2, 1], np.int32)
    assert [found.tolist() for found in filled_up([short, full], training, 3)] == [[1, 0, 2], [3, 2, 1]]
