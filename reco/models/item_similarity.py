"""Which items the same users touch: counted, discounted by popularity, the nearest few hundred of each item kept.

With n_i users of item i and c_ij users of both, j's likeness to i is

    c_ij / (n_j + shrinkage)^discount        where c_ij >= minimum

At discount 0 popular neighbours win, at 1 only the share of j's users who also touched i counts; 1/2 orders as the
cosine does. Ties go to the more popular item, then to the lower row.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.models.interactions import DistinctPairs, offsets_of

NEIGHBOURS = 200
"""Kept for an item; who asks for more gets popular items after them."""
HISTORY_LIMIT = 100
"""Latest items of a user that are paired with one another: what was touched long apart says little, and costs most."""
_WORK = 4_000_000
"""Products of one block of items: what bounds the memory of a block."""


@dataclass(frozen=True)
class Likeness:
    """The constants of the formula."""

    discount: float
    minimum: int
    shrinkage: float = 0.0


@dataclass(frozen=True)
class Neighbours:
    """Each item's neighbours, nearest first. Item i's are items[offsets[i]:offsets[i + 1]]; it may have none."""

    offsets: NDArray[np.int64]
    items: NDArray[np.int32]


def fit_neighbours(
    pairs: DistinctPairs, likeness: Likeness, *, count: int = NEIGHBOURS, threads: int = 1
) -> Neighbours:
    """Counts who meets whom and keeps the `count` nearest of every item.

    Cost: the sum of squared history lengths (each at most 100) in time; memory for a few million counts at a time.
    """
    from scipy import sparse  # only where models are fitted: no handler carries it

    latest = _latest(pairs, HISTORY_LIMIT)
    users = len(latest.offsets) - 1
    ones = np.ones(len(latest.items), np.int32)
    by_user = sparse.csr_matrix((ones, latest.items, latest.offsets), shape=(users, pairs.item_count))
    by_item = by_user.T.tocsr()
    popularity = latest.item_users()
    worth = 1 / (popularity + max(likeness.shrinkage, 1e-9)) ** likeness.discount
    work = np.asarray(by_item @ np.diff(latest.offsets).astype(np.float64))

    def nearest(block: slice) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        met = (by_item[block] @ by_user).tocsr()
        rows = np.repeat(np.arange(met.shape[0]), np.diff(met.indptr))
        keep = (met.data >= max(likeness.minimum, 1)) & (met.indices != rows + block.start)
        rows, items, counts = rows[keep], met.indices[keep].astype(np.int32), met.data[keep]
        likeness_of = (counts * worth[items]).astype(np.float32)
        best = _best_of_rows(rows, likeness_of, count)
        rows, items, likeness_of = rows[best], items[best], likeness_of[best]
        order = np.lexsort((items, -popularity[items], -likeness_of, rows))
        rows, items = rows[order], items[order]
        first = _rank_in_row(rows) < count
        return np.bincount(rows[first], minlength=met.shape[0]), items[first]

    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(nearest, _blocks(work)))
    lengths = np.concatenate([part[0] for part in parts]) if parts else np.empty(0, np.int64)
    items = np.concatenate([part[1] for part in parts]) if parts else np.empty(0, np.int32)
    return Neighbours(offsets_of(lengths), items)


def _best_of_rows(rows: NDArray[Any], values: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Places of each row's `count` highest values, and of all that equal the last of them. `rows` rises."""
    # Positive floats order as their bits do, so row and value fit in one number that sorts fast.
    key = (rows.astype(np.uint64) << np.uint64(32)) | ~values.view(np.uint32)
    order = np.argsort(key)
    last = order[_rank_in_row(rows[order]) == count - 1]
    floor = np.zeros(int(rows[-1]) + 1 if len(rows) else 0, np.float32)
    floor[rows[last]] = values[last]
    return np.flatnonzero(values >= floor[rows])


def _rank_in_row(rows: NDArray[Any]) -> NDArray[np.int64]:
    """0, 1, 2... within each run of equal rows."""
    place = np.arange(len(rows))
    begins = np.ones(len(rows), bool)
    begins[1:] = rows[1:] != rows[:-1]
    return place - np.maximum.accumulate(np.where(begins, place, 0)) if len(rows) else place


def _latest(pairs: DistinctPairs, limit: int) -> DistinctPairs:
    lengths = np.diff(pairs.offsets)
    lag = np.repeat(pairs.offsets[1:], lengths) - 1 - np.arange(len(pairs.items))
    keep = lag < limit
    return DistinctPairs(
        offsets_of(np.minimum(lengths, limit)), pairs.items[keep], pairs.counts[keep], pairs.item_count
    )


def _blocks(work: NDArray[Any]) -> Iterator[slice]:
    """Runs of items whose work together is about `_WORK`."""
    block = np.concatenate([[0.0], np.cumsum(work)])[:-1] // _WORK
    starts = np.flatnonzero(np.diff(block, prepend=-1))
    for start, stop in zip(starts, [*starts[1:], len(work)], strict=True):
        yield slice(int(start), int(stop))
