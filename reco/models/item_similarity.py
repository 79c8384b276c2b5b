"""Which items go together, by how often the same users touch both; the nearest few hundred of each item are kept.

With N users, n_i of them of item i and c_ij of both, the measures are

    discounted      c_ij / ((n_i + shrinkage) (n_j + shrinkage))^discount
    log-likelihood  the ratio of Dunning 1993 of the table (c_ij, n_i - c_ij, n_j - c_ij, N - n_i - n_j + c_ij),
                    for pairs that meet oftener than by chance

At discount 0 the first is plain co-occurrence and popular neighbours win, at 1/2 it is the cosine, at 1 the lift, and
rare neighbours win; shrinkage holds back what few users tell. Pairs count either way, or only where the neighbour was
touched after the item ("bought after"). Of equals the more popular neighbour is kept, then the lower row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from reco.models.co_occurrence import Meetings, by_rising_popularity, count_after, count_together, latest_items
from reco.models.interactions import DistinctPairs, offsets_of
from reco.models.item_rows import ItemRows
from reco.models.nearest import Nearest, row_floors

Floats = NDArray[np.float32]

NEIGHBOURS = 200
"""Kept for an item; who asks for more gets popular items after them."""
MOST_ENTRIES = 25_000_000
"""Neighbours kept for all items together, 8 bytes each: a catalogue of more than 125,000 items keeps fewer for each."""
HISTORY_LIMIT = 100
"""Latest items of a user that are paired with one another: what was touched long apart says little, and costs most."""
_TABLE_LIMIT = 10_000_000
"""Most groups for which x log x is tabulated."""


class Measure(Protocol):
    """From counts to likeness."""

    def of(self, met: Meetings, users: NDArray[np.int64], groups: int) -> Floats:
        """The likeness of each pair that met, finite; 0 where they are no neighbours.

        Args:
            users: (I,) groups of each item.
            groups: how many there are.
        """


@dataclass(frozen=True)
class Discounted:
    """Co-occurrence, held back by popularity."""

    discount: float = 0.5
    minimum: int = 1
    """Pairs that met less often are no neighbours."""
    shrinkage: float = 0.0
    """Users, at least 0."""

    def of(self, met: Meetings, users: NDArray[np.int64], groups: int) -> Floats:
        worth = (1 / (np.maximum(users, 1) + self.shrinkage) ** self.discount).astype(np.float32)
        values = met.of_columns(worth)
        values *= met.of_rows(worth)
        values *= met.counts
        if self.minimum > 1:
            values[met.counts < self.minimum] = 0
        return values


@dataclass(frozen=True)
class LogLikelihood:
    """How surprising it is that a pair meets so often: twice the log likelihood ratio, in nats."""

    minimum: int = 2
    """Pairs that met less often are no neighbours."""

    def of(self, met: Meetings, users: NDArray[np.int64], groups: int) -> Floats:
        values = np.zeros(len(met.counts), np.float32)
        often = met.entries(np.flatnonzero(met.counts >= self.minimum))
        both, one, other = met.counts[often.places].astype(np.int64), users[often.rows], users[often.columns]
        attracted = both * groups > one * other
        both, one, other = (each[attracted] for each in (both, one, other))
        xlogx = _xlogx_of(groups)
        neither = groups - one - other + both
        cells = xlogx(both) + xlogx(one - both) + xlogx(other - both) + xlogx(neither)
        margins = xlogx(one) + xlogx(groups - one) + xlogx(other) + xlogx(groups - other)
        values[often.places[attracted]] = np.maximum(2 * (cells - margins + xlogx(np.array(groups))), 0)
        return values


def fit_neighbours(
    pairs: DistinctPairs,
    measure: Measure,
    *,
    count: int = NEIGHBOURS,
    after: int | None = None,
    history: int = HISTORY_LIMIT,
    threads: int = 1,
) -> ItemRows:
    """The nearest of every item by one measure; rows are the items asked for, none is its own neighbour.

    Args:
        pairs: who touched what; a group may as well be a basket.
        count: neighbours kept of an item; fewer where the catalogue is so large that MOST_ENTRIES is reached.
        after: counts only neighbours that were touched after the item, at most so many items later; None either way.
        history: only so many of a group's latest items are paired.
    Cost: half the sum of squared group sizes, each at most `history`, or pairs times `after`; memory for a few million
    pairs and for the result.
    """
    latest = latest_items(pairs, history)
    order = by_rising_popularity(latest)
    number = np.empty(latest.item_count, np.int32)
    number[order] = np.arange(latest.item_count, dtype=np.int32)
    numbered = DistinctPairs(latest.offsets, number[latest.items], latest.counts, latest.item_count)
    users, groups = numbered.item_users(), int(np.count_nonzero(np.diff(latest.offsets)))
    count = max(1, min(count, MOST_ENTRIES // max(latest.item_count, 1)))
    nearest = Nearest(latest.item_count, count)

    def rank(met: Meetings) -> None:
        values = measure.of(met, users, groups)
        if after is None:
            some = met.entries(np.flatnonzero(values >= met.of_columns(nearest.floors)))
            nearest.offer(some.columns, some.rows, values[some.places])
        # No other block has more of a row: it is cut to its best at once.
        some = met.entries(np.flatnonzero(values >= met.of_rows(nearest.floors)))
        best = values[some.places]
        offsets = offsets_of(np.bincount(some.rows - met.first, minlength=met.height))
        keep = np.flatnonzero(best >= row_floors(offsets, best, count)[some.rows - met.first])
        nearest.offer(some.rows[keep], some.columns[keep], best[keep])

    if after is None:
        count_together(numbered, rank, threads=threads)
    else:
        count_after(numbered, rank, window=after, threads=threads)
    return nearest.as_item_rows(order)


def _xlogx_of(most: int) -> Callable[[NDArray[np.int64]], NDArray[np.float64]]:
    """x log x of whole numbers up to `most`, 0 for 0: looked up, since a logarithm costs ten times a look."""
    if most > _TABLE_LIMIT:
        return lambda counts: counts.astype(np.float64) * np.log(np.maximum(counts, 1))
    table = _xlogx_table(most)
    return lambda counts: table[counts]


@lru_cache(maxsize=1)
def _xlogx_table(most: int) -> NDArray[np.float64]:
    numbers = np.arange(most + 1, dtype=np.float64)
    numbers[1:] *= np.log(numbers[1:])
    return numbers
