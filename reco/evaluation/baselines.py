"""Two answers that need no model, measured on the same split: what a model must beat before it is worth its price.

Where replaying what users saw last wins, the data repeat or leak: the same event is there twice, or people come back
to the same items, and then every figure of the split mostly says how well that is copied.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reco.evaluation.holdout import HeldOutUser
from reco.models.interactions import Interactions, distinct_pairs

Lists = list[NDArray[np.int32]]


def popular_items(training: Interactions) -> NDArray[np.int32]:
    """All items, the one of most users first, the lower row first among equals."""
    pairs = distinct_pairs(training.offsets, training.items, training.item_count)
    return np.argsort(-pairs.item_users(), kind="stable").astype(np.int32)


def rank_popular(training: Interactions, tested: Sequence[HeldOutUser], depth: int, *, unseen: bool) -> Lists:
    """To everybody the most popular items; `unseen` leaves out what the user has touched."""
    order = popular_items(training)
    if not unseen:
        return [order[:depth]] * len(tested)
    return [_without(order, user.history_items, depth) for user in tested]


def replay_last_seen(tested: Sequence[HeldOutUser], depth: int) -> Lists:
    """To each user what he touched last, the latest first, each item once. May be shorter than `depth`."""
    return [_latest(user.history_items, depth) for user in tested]


def replay_most_touched(tested: Sequence[HeldOutUser], depth: int) -> Lists:
    """To each user what he touched most often; the later touched first among equals."""
    lists = []
    for user in tested:
        latest = _latest(user.history_items, len(user.history_items))
        items, counts = np.unique(user.history_items, return_counts=True)
        times = counts[np.searchsorted(items, latest)]
        lists.append(latest[np.argsort(-times, kind="stable")][:depth])
    return lists


def filled_up(lists: Lists, training: Interactions, depth: int) -> Lists:
    """Lists that are too short get the most popular items that they lack."""
    order = popular_items(training)
    return [
        items if len(items) >= depth else np.concatenate([items, _without(order, items, depth - len(items))])
        for items in lists
    ]


def _latest(history: NDArray[np.int32], depth: int) -> NDArray[np.int32]:
    newest_first = history[::-1]
    _, first = np.unique(newest_first, return_index=True)
    return newest_first[np.sort(first)[:depth]]


def _without(order: NDArray[np.int32], drop: NDArray[np.int32], depth: int) -> NDArray[np.int32]:
    beginning = order[: depth + len(drop)]
    return beginning[~np.isin(beginning, drop)][:depth]
