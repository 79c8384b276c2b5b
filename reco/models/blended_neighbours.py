"""Two opinions on what is near an item made one, by the places they give: their values need no common scale."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reco.models.interactions import offsets_of
from reco.models.item_rows import ItemRows
from reco.models.runs import runs_of

SOFTENING = 10.0
"""Added to a place: the first and the tenth place differ by a factor of two."""


_ENTRIES = 4_000_000
"""Of both opinions, blended at once."""


def blend_neighbours(first: ItemRows, second: ItemRows, share: NDArray[np.float64], count: int) -> ItemRows:
    """Each row's neighbours by share / (SOFTENING + place in first) + (1 - share) / (SOFTENING + place in second).

    Args:
        share: (I,) 0 to 1, what the first opinion counts in each row.
        count: kept in each row, those of highest value.

    Source: reciprocal rank fusion (Cormack, Clarke, Buettcher 2009), with weights.
    """
    total = first.item_count
    parts = []
    work = np.diff(first.offsets) + np.diff(second.offsets)
    for rows in runs_of(work, _ENTRIES):
        parts.append(_blend(_some(first, rows), _some(second, rows), share[rows], total).pruned(count))
    lengths = np.concatenate([np.empty(0, np.int64), *(np.diff(part.offsets) for part in parts)])
    return ItemRows(
        offsets_of(lengths),
        np.concatenate([np.empty(0, np.int32), *(part.items for part in parts)]),
        np.concatenate([np.empty(0, np.float32), *(part.values for part in parts)]),
    )


def _some(opinion: ItemRows, rows: slice) -> ItemRows:
    """Only these rows, renumbered; columns keep their numbers."""
    offsets = opinion.offsets[rows.start : rows.stop + 1]
    span = slice(offsets[0], offsets[-1])
    return ItemRows(offsets - offsets[0], opinion.items[span], opinion.values[span])


def _blend(first: ItemRows, second: ItemRows, share: NDArray[np.float64], columns: int) -> ItemRows:
    keys, values = [], []
    for opinion, weight in ((first, share), (second, 1 - share)):
        rows = np.repeat(np.arange(len(share)), np.diff(opinion.offsets))
        keys.append(rows * columns + opinion.items)
        values.append(weight[rows] / (SOFTENING + _places(opinion, rows)))
    cells, inverse = np.unique(np.concatenate(keys), return_inverse=True)
    summed = np.bincount(inverse, np.concatenate(values), minlength=len(cells)).astype(np.float32)
    offsets = offsets_of(np.bincount(cells // columns, minlength=len(share)))
    return ItemRows(offsets, (cells % columns).astype(np.int32), summed)


def _places(opinion: ItemRows, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """0 for the highest value of each row, 1 for the next; the lower item first among equals."""
    order = np.lexsort((opinion.items, -opinion.values, rows))
    places = np.empty(len(rows), np.int64)
    places[order] = np.arange(len(rows)) - opinion.offsets[rows]
    return places
