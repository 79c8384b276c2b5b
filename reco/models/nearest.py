"""The best few of each row of a matrix that is seen in pieces, in any order, and never held whole."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.models.interactions import offsets_of
from reco.models.item_rows import ItemRows

Floats = NDArray[np.float32]

MOST_PENDING = 5_000_000
_HALF = np.uint64(32)
_EMPTY = np.uint64((1 << 64) - 1)
_LEAST = np.finfo(np.float32).tiny
_TABLE = 1 << 18
"""Cells of the padded tables in which rows are cut: they stay in the cache."""


class Nearest:
    """Each row's `count` entries of highest value; among equals those of the highest column.

    What an entry has to beat rises as better ones come: `floors` tells, and lets the caller spare most of the work.
    Which entries remain in the end depends on the entries alone, not on their order or on threads.
    """

    def __init__(self, rows: int, count: int, *, pending: int | None = None) -> None:
        """pending: entries held before the best are taken from them; by default as many as the rows can keep, or what
        takes some 200 MB while they are sorted."""
        self.floors: Floats = np.full(rows, _LEAST)
        """Entries below these cannot count any more. Positive: an entry of 0 never counts."""
        self._best = np.zeros((rows, count), np.uint64)
        self._limit = min(max(rows * count, 200_000), MOST_PENDING) if pending is None else pending
        self._pending: list[tuple[NDArray[np.int32], NDArray[np.uint64]]] = []
        self._held = 0
        self._lock = Lock()

    def offer(self, rows: NDArray[np.int32], columns: NDArray[np.int32], values: Floats) -> None:
        """Entries, each offered once; values must be positive."""
        # Positive floats order as their bits do, so that value and column are compared as one number.
        entries = values.view(np.uint32).astype(np.uint64)
        entries <<= _HALF
        entries |= columns.view(np.uint32)
        with self._lock:
            self._pending.append((rows, entries))
            self._held += len(rows)
            if self._held > self._limit:
                self._take()

    def as_item_rows(self, names: NDArray[np.int32]) -> ItemRows:
        """What remains, a block of rows at a time.

        Args:
            names: (rows,) the item that each number stands for, as a row and as a column; each item once.
        """
        with self._lock:
            self._take()
        number = np.argsort(names)
        step = max(1, _TABLE // max(self._best.shape[1], 1))
        lengths, items, values = [], [], []
        for start in range(0, len(names), step):
            table = self._best[number[start : start + step]]
            kept = table > 0
            # Column first, so that a row's entries stand by rising item; what is empty comes last.
            table = np.where(kept, names[table.astype(np.uint32)].astype(np.uint64) << _HALF | table >> _HALF, _EMPTY)
            table.sort(axis=1)
            found = table[table != _EMPTY]
            lengths.append(np.count_nonzero(kept, axis=1))
            items.append((found >> _HALF).astype(np.int32))
            values.append(found.astype(np.uint32).view(np.float32))
        return ItemRows(
            offsets_of(np.concatenate([np.empty(0, np.int64), *lengths])),
            np.concatenate([np.empty(0, np.int32), *items]),
            np.concatenate([np.empty(0, np.float32), *values]),
        )

    def _take(self) -> None:
        """Puts the pending entries where they belong, row by row."""
        if not self._held:
            return
        rows = np.concatenate([part[0] for part in self._pending])
        entries = np.concatenate([part[1] for part in self._pending])
        self._pending, self._held = [], 0
        order = rows.astype(np.uint64)
        order <<= _HALF
        order |= np.arange(len(rows), dtype=np.uint64)
        order.sort()
        entries = entries[order.astype(np.uint32)]
        order >>= _HALF
        begins = np.flatnonzero(np.diff(order, prepend=_EMPTY))
        changed = order[begins].astype(np.int64)
        lengths = np.diff(begins, append=len(order))
        for some, table in _padded(begins, lengths, entries, np.arange(len(begins))):
            width = table.shape[1]
            both = np.concatenate([table, self._best[changed[some]]], axis=1)
            both.partition(width, axis=1)
            self._best[changed[some]] = both[:, width:]
            floors = (both[:, width] >> _HALF).astype(np.uint32).view(np.float32)
            self.floors[changed[some]] = np.maximum(floors, _LEAST)


def row_floors(offsets: NDArray[Any], values: NDArray[Any], count: int) -> NDArray[Any]:
    """The `count`-th highest value of each row, 0 where it has fewer. Values are positive; row r's lie from offsets[r]
    to offsets[r + 1]."""
    lengths = np.diff(offsets)
    floors = np.zeros(len(lengths), values.dtype)
    for some, table in _padded(offsets[:-1], lengths, values, np.flatnonzero(lengths >= count)):
        width = table.shape[1]
        table.partition(width - count, axis=1)
        floors[some] = table[:, width - count]
    return floors


def _padded(
    starts: NDArray[Any], lengths: NDArray[Any], values: NDArray[Any], wanted: NDArray[Any]
) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Rows of about equal length as tables padded with 0, and which rows they are."""
    classes = np.ceil(np.log2(np.maximum(lengths[wanted], 1)) * 2).astype(np.int64)
    for each in np.unique(classes):
        members = wanted[classes == each]
        width = int(lengths[members].max())
        place = np.arange(width)
        step = max(1, _TABLE // width)
        for first in range(0, len(members), step):
            some = members[first : first + step]
            table = np.take(values, starts[some, None] + place, mode="clip")
            table[place >= lengths[some, None]] = 0
            yield some, table
