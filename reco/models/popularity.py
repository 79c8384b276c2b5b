"""Items by how many users touched them: a recipe of its own, and what other recipes fall back on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reco.models.interactions import DistinctPairs, Interactions, distinct_pairs

FIRST_ITEMS = 3
"""How many of a user's first items tell where users begin."""
RECENT_SHARE = 0.2
"""Share of the newest events that tell what is popular now."""


def count_users(pairs: DistinctPairs) -> NDArray[np.int64]:
    """Distinct users of each item."""
    return pairs.item_users()


def popular_order(users: NDArray[np.int64]) -> NDArray[np.int32]:
    """All items, the one of most users first, the lower row first among equals."""
    return np.argsort(-users, kind="stable").astype(np.int32)


def most_popular(interactions: Interactions) -> NDArray[np.int32]:
    """All items, the one of most distinct users first."""
    pairs = distinct_pairs(interactions.offsets, interactions.items, interactions.item_count)
    return popular_order(count_users(pairs))


def newcomer_shares(interactions: Interactions, *, recent: bool) -> NDArray[np.float64]:
    """How likely each item is to be a new user's next; sums to 1.

    Half of it is what users touched first in their histories (the first three items, in falling weight), half is what
    is popular: lately when `recent`, ever otherwise.
    """
    firsts = np.zeros(interactions.item_count)
    for place in range(FIRST_ITEMS):
        started = interactions.offsets[:-1][interactions.lengths > place]
        np.add.at(firsts, interactions.items[started + place], 1 / (place + 1))
    items = interactions.items
    if recent and len(items):
        newest = interactions.times >= np.quantile(interactions.times, 1 - RECENT_SHARE)
        items = items[newest]
    popular = np.bincount(items, minlength=interactions.item_count).astype(np.float64)
    return (firsts / max(firsts.sum(), 1) + popular / max(popular.sum(), 1)) / 2
