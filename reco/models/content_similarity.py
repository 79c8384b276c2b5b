"""Items of like content: for each the nearest by the cosine of their codes.

A small catalogue is compared whole. A large one is dealt into cells around centres (k-means on the sphere), and an item
is compared with the items of the few cells whose centres are nearest to its own: some are missed, and the work grows
with the catalogue instead of its square.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.models.interactions import offsets_of
from reco.models.item_rows import ItemRows

Floats = NDArray[np.float32]

WHOLE = 20_000
"""Largest catalogue that is compared whole."""
CELL_SIZE = 1_000
PROBED = 6
"""Cells that an item is compared with, its own included."""
MOST_COMPARED = 16_384
"""Of the items in those cells: the first by `priority`. Equal contents can fill one cell with half a catalogue."""
_ROUNDS = 6
_LEARNED_FROM = 60
"""Items a centre that k-means looks at."""
_BLOCK = 2_000_000
"""Cosines held at once by a thread."""


def nearest_by_content(
    codes: Floats, wanted: NDArray[np.bool_], priority: Floats, *, count: int, seed: int = 0, threads: int = 1
) -> ItemRows:
    """The `count` nearest of each wanted item; rows of others, and of items without a code, are empty.

    Args:
        codes: (I, P) rows of length 1 or 0.
        wanted: (I,) which rows are asked for.
        priority: (I,) 0 to 1: of items equally like, the higher comes first. It can weigh up a tenth of likeness.
    Cost: the square of a catalogue of WHOLE items at most; beyond, some ten thousand cosines an item.
    """
    total = len(codes)
    told = np.asarray(codes.any(axis=1))
    favour = (1 + priority / 10).astype(np.float32)
    by_priority = np.lexsort((np.arange(total), -priority))

    def nearest(task: tuple[NDArray[np.int64], NDArray[np.int64]]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        rows, others = task
        likeness = codes[rows] @ codes[others].T
        likeness *= favour[others]
        np.putmask(likeness, np.equal.outer(rows, others), 0)
        kept = min(count, len(others))
        best = np.argpartition(likeness, len(others) - kept, axis=1)[:, len(others) - kept :]
        values = np.take_along_axis(likeness, best, axis=1)
        good = values > 0
        return np.broadcast_to(rows[:, None], best.shape)[good], others[best[good]], values[good]

    tasks = _tasks(codes, told & wanted, by_priority[told[by_priority]], seed)
    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(nearest, tasks))
    rows = np.concatenate([np.empty(0, np.int64), *(part[0] for part in parts)])
    items = np.concatenate([np.empty(0, np.int64), *(part[1] for part in parts)])
    values = np.concatenate([np.empty(0, np.float32), *(part[2] for part in parts)]).astype(np.float32)
    order = np.argsort(rows * total + items)
    return ItemRows(offsets_of(np.bincount(rows, minlength=total)), items[order].astype(np.int32), values[order])


def _tasks(
    codes: Floats, wanted: NDArray[np.bool_], candidates: NDArray[np.int64], seed: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Rows to ask for and what they are compared with, block by block."""
    if len(candidates) <= WHOLE:
        yield from _blocks(np.flatnonzero(wanted), candidates)
        return
    centres = _centres(codes, candidates, seed)
    cell = np.full(len(codes), -1)
    cell[candidates] = _cells_of(codes[candidates], centres)
    # Within a cell the candidates stay in order of priority.
    grouped = candidates[np.argsort(cell[candidates], kind="stable")]
    begins = offsets_of(np.bincount(cell[candidates], minlength=len(centres)))
    place = np.empty(len(codes), np.int64)
    place[candidates] = np.arange(len(candidates))
    near = np.argsort(-(centres @ centres.T), axis=1, kind="stable")[:, :PROBED]
    for own in range(len(centres)):
        asked = np.flatnonzero(wanted & (cell == own))
        if len(asked):
            others = np.concatenate([grouped[begins[each] : begins[each + 1]] for each in near[own]])
            yield from _blocks(asked, others[np.argsort(place[others])][:MOST_COMPARED])


def _blocks(
    rows: NDArray[np.int64], others: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    step = max(1, _BLOCK // max(len(others), 1))
    for start in range(0, len(rows), step):
        yield rows[start : start + step], others


def _centres(codes: Floats, candidates: NDArray[np.int64], seed: int) -> Floats:
    """(C, P) centres of length 1, by k-means on a sample."""
    count = -(-len(candidates) // CELL_SIZE)
    generator = np.random.default_rng(seed)
    sample = codes[np.sort(generator.choice(candidates, min(len(candidates), count * _LEARNED_FROM), replace=False))]
    centres = sample[generator.choice(len(sample), count, replace=False)]
    for _ in range(_ROUNDS):
        cells = _cells_of(sample, centres)
        sums = np.stack([np.bincount(cells, column, minlength=count) for column in sample.T], axis=1)
        sizes = np.linalg.norm(sums, axis=1, keepdims=True)
        # A centre that lost all its items stays where it was.
        centres = np.where(sizes > 1e-9, sums / np.maximum(sizes, 1e-9), centres).astype(np.float32)
    return centres


def _cells_of(codes: Floats, centres: Floats) -> NDArray[np.int64]:
    step = max(1, _BLOCK // len(centres))
    starts = range(0, len(codes), step)
    return np.concatenate([np.argmax(codes[start : start + step] @ centres.T, axis=1) for start in starts])
