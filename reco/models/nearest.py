"""The best few of each row of a matrix that is seen in pieces, in any order, and never held whole."""

from __future__ import annotations

from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_LEAST = np.finfo(np.float32).tiny
_TABLE = 1 << 18
"""Cells of the padded tables in which rows are cut: they stay in the cache."""


class Nearest:
    """Each row's `count` entries of highest value; among equals those of the highest column.

    What an entry has to beat rises as better ones come: `floors` tells, and lets the caller spare most of the work.
    Which entries remain in the end depends on the entries alone, not on their order or on threads.
    """

    def __init__(self, rows: int, count: int, *, pending: int | None = None) -> None:
        """pending: entries held before the rows are cut; as many as the result has by default, and 200,000 at least."""
        self.floors: Floats = np.full(rows, _LEAST)
        """Entries below these cannot count any more. Positive: an entry of 0 never counts."""
        self._count = count
        self._limit = max(rows * count, 200_000) if pending is None else pending
        self._rows = [np.empty(0, np.int32)]
        self._entries = [np.empty(0, np.uint64)]
        self._held = 0
        self._lock = Lock()

    def offer(self, rows: NDArray[np.int32], columns: NDArray[np.int32], values: Floats) -> None:
        """Entries, each offered once; values must be positive."""
        # Positive floats order as their bits do, so that value and column are compared as one number.
        entries = values.view(np.uint32).astype(np.uint64) << np.uint64(32) | columns.astype(np.uint64)
        with self._lock:
            self._rows.append(rows)
            self._entries.append(entries)
            self._held += len(rows)
            if self._held > self._limit:
                self._cut()

    def result(self) -> tuple[NDArray[np.int32], NDArray[np.int32], Floats]:
        """Rows, columns and values of what remains, row by row."""
        with self._lock:
            self._cut()
            entries = self._entries[0]
            values = (entries >> np.uint64(32)).astype(np.uint32).view(np.float32)
            return self._rows[0], (entries & np.uint64(0xFFFFFFFF)).astype(np.int32), values

    def _cut(self) -> None:
        rows, entries = np.concatenate(self._rows), np.concatenate(self._entries)
        order = np.sort(rows.astype(np.uint64) << np.uint64(32) | np.arange(len(rows), dtype=np.uint64))
        place = (order & np.uint64(0xFFFFFFFF)).astype(np.int64)
        rows, entries = rows[place], entries[place]
        offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(self.floors)))])
        floors = row_floors(offsets, entries, self._count)
        keep = entries >= floors[rows]
        self._rows, self._entries = [rows[keep]], [entries[keep]]
        self._held = 0
        self.floors = np.maximum((floors >> np.uint64(32)).astype(np.uint32).view(np.float32), _LEAST)


def row_floors(offsets: NDArray[Any], values: NDArray[Any], count: int) -> NDArray[Any]:
    """The `count`-th highest value of each row, 0 where it has fewer. Values are positive; row r's lie from offsets[r]
    to offsets[r + 1]."""
    lengths = np.diff(offsets)
    floors = np.zeros(len(lengths), values.dtype)
    long = np.flatnonzero(lengths >= count)
    classes = np.ceil(np.log2(np.maximum(lengths[long], 1)) * 2).astype(np.int64)
    for each in np.unique(classes):
        members = long[classes == each]
        width = int(lengths[members].max())
        step = max(1, _TABLE // width)
        for start in range(0, len(members), step):
            some = members[start : start + step]
            place = np.arange(width)
            table = np.take(values, offsets[some, None] + place, mode="clip")
            table[place >= lengths[some, None]] = 0
            table.partition(width - count, axis=1)
            floors[some] = table[:, width - count]
    return floors
