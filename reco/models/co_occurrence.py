"""How often two items meet in the same group (a user's history, a basket), counted a block of items at a time.

Each pair is counted once: items are numbered by rising popularity, and a block's items meet only those numbered above
them. That halves the products, and most of a block's entries then belong to short rows. scipy.sparse multiplies; it is
imported where models are fitted only.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.models.interactions import DistinctPairs, offsets_of, places_to_end
from reco.models.runs import runs_of

BLOCK_PRODUCTS = 1_000_000
"""Products of one block: what bounds its memory, to 12 bytes each while it is counted."""
_STRETCHES = 12
"""Runs of items for which the groups are cut to the items numbered at or above them: more waste fewer products, and
cost a pass over the pairs each."""


@dataclass(frozen=True)
class Meetings:
    """How often the items first, first + 1, ... met others: a row each. Pairs that never met are absent.

    Millions of entries of which few will matter: nothing is written out for all of them that `entries` can tell of
    some.
    """

    first: int
    offsets: NDArray[Any]
    """(rows + 1,)"""
    columns: NDArray[np.int32]
    """Of each entry the other item, less `shift`."""
    counts: NDArray[np.float32]
    """Whole numbers, 1 or more."""
    shift: int = 0
    one_way: bool = True
    """False where a pair may stand here twice; then only entries whose column is above their row count."""

    @property
    def height(self) -> int:
        return len(self.offsets) - 1

    def of_columns(self, table: NDArray[Any]) -> NDArray[Any]:
        """What a table by items holds for the column of each entry."""
        return table[self.shift :][self.columns]

    def of_rows(self, table: NDArray[Any]) -> NDArray[Any]:
        """What a table by items holds for the row of each entry."""
        return np.repeat(table[self.first : self.first + self.height], np.diff(self.offsets))

    def entries(self, places: NDArray[np.int64]) -> Entries:
        """Those of some entries, by rising place, that count."""
        ends = np.searchsorted(places, self.offsets)
        rows = np.repeat(np.arange(self.first, self.first + self.height, dtype=np.int32), np.diff(ends))
        columns = self.columns[places]
        columns += np.int32(self.shift)
        if not self.one_way:
            above = np.flatnonzero(columns > rows)
            places, rows, columns = places[above], rows[above], columns[above]
        return Entries(places, rows, columns)


@dataclass(frozen=True)
class Entries:
    """Some entries of Meetings."""

    places: NDArray[np.int64]
    rows: NDArray[np.int32]
    columns: NDArray[np.int32]


def latest_items(pairs: DistinctPairs, limit: int) -> DistinctPairs:
    """Each group with only the `limit` items touched last."""
    lengths = np.diff(pairs.offsets)
    if not len(lengths) or lengths.max() <= limit:
        return pairs
    keep = places_to_end(pairs.offsets) < limit
    kept = offsets_of(np.minimum(lengths, limit))
    return DistinctPairs(kept, pairs.items[keep], pairs.counts[keep], pairs.item_count)


def by_rising_popularity(pairs: DistinctPairs) -> NDArray[np.int32]:
    """All items, the one of fewest groups first; of equals the higher row first."""
    return np.lexsort((-np.arange(pairs.item_count), pairs.item_users())).astype(np.int32)


def count_together(pairs: DistinctPairs, visit: Callable[[Meetings], None], *, threads: int = 1) -> None:
    """Counts the groups that hold both of two items.

    Args:
        pairs: groups of items that are numbered by rising popularity; an item once in a group.
        visit: given each pair of items that met, its row below its column; called from several threads, in any order.
    Cost: half the sum of squared group sizes.
    """
    from scipy import sparse

    count, groups = pairs.item_count, len(pairs.offsets) - 1
    ones = np.ones(len(pairs.items), np.float32)
    by_group = sparse.csr_matrix((ones, pairs.items, pairs.offsets), (groups, count))
    by_group.sort_indices()
    by_item = by_group.T.tocsr()
    items = by_group.indices
    work = np.bincount(items, weights=places_to_end(pairs.offsets), minlength=count)
    with ThreadPoolExecutor(threads) as pool:
        for stretch in runs_of(work, work.sum() / _STRETCHES):
            keep = items >= stretch.start
            offsets = np.concatenate([[0], np.cumsum(keep)])[pairs.offsets]
            columns = items[keep] - np.int32(stretch.start)
            shape = (groups, count - stretch.start)
            rest = sparse.csr_matrix((np.ones(len(columns), np.float32), columns, offsets), shape)
            begin = stretch.start

            products = by_item[begin : stretch.stop] @ np.diff(offsets).astype(np.float64)

            def meet(block: slice, rest: Any = rest, begin: int = begin, products: Any = products) -> None:
                some = by_item[begin + block.start : begin + block.stop]
                most = min(int(products[block].sum()), some.shape[0] * rest.shape[1])
                visit(Meetings(begin + block.start, *_product(some, rest, most), begin, one_way=False))

            list(pool.map(meet, runs_of(products, BLOCK_PRODUCTS)))


def _product(left: Any, right: Any, most: int) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
    """Offsets, columns and values of left @ right, of which `most` entries are known to be enough.

    scipy's own product first goes through all products to count the entries, a third of its time. This calls the second
    half alone; it is not part of scipy's interface, so a test holds it to what `@` gives.
    """
    from scipy.sparse import _sparsetools

    offsets = np.empty(left.shape[0] + 1, np.int32)
    columns, values = np.empty(most, np.int32), np.empty(most, np.float32)
    _sparsetools.csr_matmat(
        *(left.shape[0], right.shape[1]),
        *(left.indptr, left.indices, left.data),
        *(right.indptr, right.indices, right.data),
        *(offsets, columns, values),
    )
    return offsets, columns[: offsets[-1]], values[: offsets[-1]]


def count_after(pairs: DistinctPairs, visit: Callable[[Meetings], None], *, window: int, threads: int = 1) -> None:
    """Counts the groups in which the column was touched after the row, with fewer than `window` items between.

    Args:
        pairs: groups of items, the one touched last at the end; an item once in a group.
        visit: given every pair with a count; called from several threads, in any order.
    Cost: pairs times window.
    """
    from scipy import sparse

    count = pairs.item_count
    places = np.argsort(pairs.items, kind="stable")
    followers = np.minimum(places_to_end(pairs.offsets), window)[places]
    before = np.concatenate([[0], np.cumsum(np.bincount(pairs.items, minlength=count))])
    every = sparse.identity(count, np.float32, format="csr")

    def follow(block: slice) -> None:
        span = slice(before[block.start], before[block.stop])
        lengths = followers[span]
        firsts = offsets_of(lengths)
        columns = pairs.items[np.repeat(places[span] + 1 - firsts[:-1], lengths) + np.arange(firsts[-1])]
        offsets = firsts[before[block.start : block.stop + 1] - before[block.start]]
        # A row with repeated columns times the identity is the row with their sums, in linear time.
        listed = sparse.csr_matrix((np.ones(len(columns), np.float32), columns, offsets), (len(offsets) - 1, count))
        table = listed @ every
        visit(Meetings(block.start, table.indptr, table.indices, table.data))

    work = np.bincount(pairs.items[places], weights=followers, minlength=count)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(follow, runs_of(work, BLOCK_PRODUCTS)))
