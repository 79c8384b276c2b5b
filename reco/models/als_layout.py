"""Observed pairs laid out for batched work: rows by falling length, cut into chunks that fit a cache.

A chunk's rows are padded to one length, so that its pairs are a rectangle and its linear algebra a few batched
products. Padding points one past the other side's last row, where a table keeps a row of zeros: it adds nothing to any
product, and no mask is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Pairs:
    """Observed pairs, row by row: the rows' columns are columns[offsets[r]:offsets[r + 1]], each at most once."""

    offsets: NDArray[np.int64]
    columns: NDArray[np.int32]
    weights: Floats
    """Positive, one a pair."""
    width: int
    """Number of columns, those without a pair included."""

    @property
    def height(self) -> int:
        return len(self.offsets) - 1

    def transposed(self) -> Pairs:
        """The same pairs by column; within a column by row. Cost: one sort of whole numbers, 8 bytes a pair."""
        key = self.columns.astype(np.int64)
        key <<= 32
        key |= np.arange(len(key))
        key.sort()
        offsets = np.zeros(self.width + 1, np.int64)
        np.cumsum(np.bincount(self.columns, minlength=self.width), out=offsets[1:])
        key &= (1 << 32) - 1
        rows = np.repeat(np.arange(self.height, dtype=np.int32), np.diff(self.offsets))
        return Pairs(offsets, rows[key], self.weights[key], self.height)


@dataclass(frozen=True)
class Chunk:
    """Rows start to stop of a layout, all padded to `degree` pairs; their padded pairs begin at `place`."""

    start: int
    stop: int
    degree: int
    place: int

    @property
    def rows(self) -> slice:
        return slice(self.start, self.stop)

    @property
    def area(self) -> slice:
        """Their padded pairs."""
        return slice(self.place, self.place + (self.stop - self.start) * self.degree)


@dataclass(frozen=True)
class Layout:
    """One side's pairs in working order. A row's place in it is called its position."""

    order: NDArray[np.int64]
    """The row at each position; rows without a pair last."""
    active: int
    """Rows with a pair."""
    totals: NDArray[np.float64]
    """(active,) weight of each position's pairs together."""
    chunks: tuple[Chunk, ...]
    """Positions len(heavy) to active."""
    index: NDArray[np.int32]
    """Padded pairs: positions on the other side; its height where padded."""
    extra: Floats | float
    """Weight of each padded pair, zero where padded; or the one weight that all pairs have."""
    heavy: tuple[tuple[NDArray[np.int32], Floats | float], ...]
    """The first positions, too long for a chunk: their pairs' positions on the other side, and weights."""

    @property
    def height(self) -> int:
        return len(self.order)

    def weights(self, chunk: Chunk) -> Floats | float:
        """A chunk's weights (rows, degree), or the one that all have."""
        if isinstance(self.extra, float):
            return self.extra
        return self.extra[chunk.area].reshape(-1, chunk.degree)


def by_falling_length(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows by falling length, the lower row first among equals."""
    return np.argsort(-lengths, kind="stable")


def lay_out(pairs: Pairs, order: NDArray[np.int64], other_order: NDArray[np.int64], limit: int) -> Layout:
    """Lays pairs out.

    Args:
        order, other_order: the rows and the columns by falling length.
        limit: gathered rows that fit a chunk.
    Cost: linear; extra memory of a chunk.
    """
    lengths = np.diff(pairs.offsets)[order]
    active = int(np.count_nonzero(lengths))
    lengths = lengths[:active]
    starts = pairs.offsets[order[:active]]
    position_of = np.empty(pairs.width, np.int32)
    position_of[other_order] = np.arange(pairs.width, dtype=np.int32)
    alike = bool(pairs.weights.min() == pairs.weights.max())
    heavy_rows = int(np.count_nonzero(lengths > 4 * limit))
    heavy = []
    for row in range(heavy_rows):
        span = slice(starts[row], starts[row] + lengths[row])
        heavy.append((position_of[pairs.columns[span]], float(pairs.weights[0]) if alike else pairs.weights[span]))
    chunks = tuple(_cut(lengths[heavy_rows:], heavy_rows, limit))
    size = chunks[-1].area.stop if chunks else 0
    index = np.empty(size, np.int32)
    extra = np.empty(0 if alike else size, np.float32)
    for chunk in chunks:
        column = np.arange(chunk.degree)
        padded = column >= lengths[chunk.rows, None]
        source = starts[chunk.rows, None] + column
        source[padded] = 0
        positions = position_of[pairs.columns[source]]
        positions[padded] = pairs.width
        index[chunk.area] = positions.reshape(-1)
        if not alike:
            weights = pairs.weights[source]
            weights[padded] = 0
            extra[chunk.area] = weights.reshape(-1)
    return Layout(
        order,
        active,
        _sums(pairs)[order[:active]],
        chunks,
        index,
        float(pairs.weights[0]) if alike else extra,
        tuple(heavy),
    )


def _sums(pairs: Pairs) -> NDArray[np.float64]:
    """Weight of each row's pairs together."""
    sums = np.zeros(pairs.height)
    filled = np.flatnonzero(np.diff(pairs.offsets))
    sums[filled] = np.add.reduceat(pairs.weights, pairs.offsets[filled], dtype=np.float64)
    return sums


def _cut(lengths: NDArray[np.int64], first: int, limit: int) -> Iterator[Chunk]:
    """Chunks of falling lengths: padding stays within an eighth, gathered rows within `limit` (one row at least)."""
    start, place = 0, 0
    while start < len(lengths):
        degree = int(lengths[start])
        smallest = degree if degree <= 8 else degree - degree // 8
        fitting = max(1, limit // (degree + 4))
        stop = min(start + fitting, start + int(np.searchsorted(-lengths[start:], -smallest, side="right")))
        yield Chunk(first + start, first + stop, degree, place)
        place += (stop - start) * degree
        start = stop
