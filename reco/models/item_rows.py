"""Item-to-item signals as every fitted model leaves them: a sparse matrix by rows, summed over a history at a request.

Row c holds what context item c says of other items; columns are the items scored. What is absent counts 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.models.interactions import offsets_of
from reco.models.source import ModelSource

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class ItemRows:
    """An item-by-item matrix, sparse by rows. Row c's entries lie at offsets[c] to offsets[c + 1]."""

    offsets: NDArray[np.int64]
    """(I + 1,)"""
    items: NDArray[np.int32]
    """(n,) columns, rising within a row, each at most once."""
    values: Floats
    """(n,) finite."""

    @property
    def item_count(self) -> int:
        return len(self.offsets) - 1

    @staticmethod
    def of_blocks(blocks: Iterable[NDArray[Any]], top: int, columns: NDArray[np.int32] | None = None) -> ItemRows:
        """The `top` entries of largest size in each row of a matrix that is given by blocks of rows, in order.

        Args:
            blocks: (rows, J) each; zeros are never kept. The matrix is never held whole.
            columns: (J,) rising, the items that the J columns stand for; all items in order when None.
        """
        lengths, items, values = [], [], []
        for block in blocks:
            kept = _largest(block, top)
            lengths.append(np.count_nonzero(kept, axis=1))
            places = np.flatnonzero(kept)
            found = (places % max(block.shape[1], 1)).astype(np.int32)
            items.append(found if columns is None else columns[found])
            values.append(np.ascontiguousarray(block).reshape(-1)[places].astype(np.float32))
        return ItemRows(
            offsets_of(np.concatenate([np.empty(0, np.int64), *lengths])),
            np.concatenate([np.empty(0, np.int32), *items]),
            np.concatenate([np.empty(0, np.float32), *values]),
        )

    @staticmethod
    def read(source: ModelSource, name: str) -> ItemRows:
        """What `arrays(name)` gave, from where it was kept. The large arrays are not touched before they are used."""
        return ItemRows(*(source.array(f"{name}.{part}") for part in ("offsets", "items", "values")))

    def arrays(self, name: str) -> dict[str, NDArray[Any]]:
        """For an artefact: NAME.offsets, NAME.items and NAME.values."""
        return {f"{name}.offsets": self.offsets, f"{name}.items": self.items, f"{name}.values": self.values}

    def combine(self, rows: NDArray[Any], weights: NDArray[Any]) -> Floats:
        """(I,) the sum of these rows, each times its weight. No rows: zero.

        Cost: a pass over the rows' entries; nothing else of the matrix is read.
        """
        count = self.item_count
        if not len(rows):
            return np.zeros(count, np.float32)
        starts, stops = self.offsets[rows], self.offsets[np.asarray(rows) + 1]
        lengths = stops - starts
        values = joined(self.values, starts, lengths)
        values *= np.repeat(np.asarray(weights, np.float32), lengths)
        return summed(joined(self.items, starts, lengths), values, count)

    def pruned(self, top: int) -> ItemRows:
        """Only the `top` entries of largest size in each row, zeros never; the lower item first among equals."""
        kept = self.values != 0
        for row in np.flatnonzero(np.diff(self.offsets) > top).tolist():
            span = slice(self.offsets[row], self.offsets[row + 1])
            kept[span] = _largest(self.values[None, span], top)[0]
        if kept.all():
            return self
        ends = np.concatenate([[0], np.cumsum(kept)])
        return ItemRows(ends[self.offsets], self.items[kept], self.values[kept])

    def dense(self) -> Floats:
        """The whole matrix, dense, (I, I): for tests and small catalogues."""
        count = self.item_count
        table = np.zeros((count, count), np.float32)
        table[np.repeat(np.arange(count), np.diff(self.offsets)), self.items] = self.values
        return table


def joined(entries: NDArray[Any], starts: NDArray[Any], lengths: NDArray[Any]) -> NDArray[Any]:
    """The runs of `entries` that begin at `starts`, one after another: a slice each, at a third of the cost of picking
    entry by entry."""
    stops = (starts + lengths).tolist()
    return np.concatenate([entries[start:stop] for start, stop in zip(starts.tolist(), stops, strict=True)])


def summed(items: NDArray[Any], values: NDArray[np.floating], count: int) -> Floats:
    """(count,) the sum of each item's values. Widened first: `bincount` would do so a buffer at a time, at five times
    the cost of all the rest."""
    wide = np.asarray(values, np.float64)
    return np.bincount(items.astype(np.intp), wide, minlength=count).astype(np.float32)


def _largest(block: NDArray[Any], top: int) -> NDArray[np.bool_]:
    """Which entries are among the `top` largest of their row by size; the lower column first among equals."""
    size = np.abs(block)
    width = size.shape[1]
    if top >= width:
        return size > 0
    if top <= 0:
        return np.zeros(size.shape, bool)
    floor = np.partition(size, width - top, axis=1)[:, width - top, None]
    kept = (size >= floor) & (size > 0)
    # Equals of the least one kept: only rows that have some are looked at again.
    crowded = np.flatnonzero(np.count_nonzero(kept, axis=1) > top)
    if len(crowded):
        above = size[crowded] > floor[crowded]
        level = size[crowded] == floor[crowded]
        room = top - above.sum(axis=1, keepdims=True)
        kept[crowded] = above | (level & (np.cumsum(level, axis=1) <= room))
    return kept
