"""How well a list of users for an item, or for an attribute's value, holds those who came: USER_SEGMENTATION recipes.

Per user the oldest four fifths of the events are learned from and the newest fifth is to be foretold. A query is an
item (or a value); right are the users who touch it (or an item of that value) in their newest fifth.

Source: control-plane reference, G.1 to G.3. The service's rounding is not documented; ours is said where it matters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.evaluation.metrics import coverage
from reco.models.interactions import Interactions, newest_events

TEST_SHARE = 0.2
TOP_SHARE = 0.01

Users = NDArray[np.int32]


def newest_fifth(interactions: Interactions) -> NDArray[np.bool_]:
    """Per event: whether it belongs to its user's newest fifth, rounded down, one event at least of two or more."""
    return newest_events(interactions, TEST_SHARE)


def takers(interactions: Interactions, held_out: NDArray[np.bool_]) -> dict[int, Users]:
    """Per item that is touched in the held-out events: the distinct users who do, in rising order."""
    items, users = interactions.items[held_out], interactions.user_rows()[held_out]
    pairs = np.unique(np.stack([items.astype(np.int64), users.astype(np.int64)], axis=1), axis=0)
    starts = np.flatnonzero(np.diff(pairs[:, 0], prepend=-1))
    groups = np.split(pairs[:, 1].astype(np.int32), starts[1:]) if len(starts) else []
    return {int(pairs[start, 0]): group for start, group in zip(starts, groups, strict=True)}


def top_size(user_count: int) -> int:
    """How many users the first hundredth is: rounded up, so one at least."""
    return max(1, int(np.ceil(TOP_SHARE * user_count - 1e-9)))


def segment_metrics(ranked: Sequence[Users], truths: Sequence[Users], *, user_count: int) -> dict[str, float]:
    """`coverage`, `hits_at_1_percent`, `recall_at_1_percent`; zeros when there is no query.

    Hits are a mean count, so they may be above 1; recall is the mean share of the right users that were found.

    Args:
        ranked: per query user rows, best first, no repeats; the first hundredth of all users counts.
        truths: per query the right users, one at least.
    """
    if not ranked:
        return {"coverage": 0.0, "hits_at_1_percent": 0.0, "recall_at_1_percent": 0.0}
    depth = top_size(user_count)
    found = np.array(
        [np.isin(users[:depth], truth).sum() for users, truth in zip(ranked, truths, strict=True)], np.float64
    )
    sizes = np.array([len(truth) for truth in truths])
    return {
        "coverage": coverage(ranked, user_count, depth),
        "hits_at_1_percent": float(found.mean()),
        "recall_at_1_percent": float((found / sizes).mean()),
    }


def of_values(codes: NDArray[Any], by_item: dict[int, Users]) -> dict[int, Users]:
    """Right users per attribute value, from those per item.

    Args:
        codes: per item the row of its value; -1 where it has none.
    """
    gathered: dict[int, list[Users]] = {}
    for item, users in by_item.items():
        if codes[item] >= 0:
            gathered.setdefault(int(codes[item]), []).append(users)
    return {value: np.unique(np.concatenate(users)) for value, users in sorted(gathered.items())}
