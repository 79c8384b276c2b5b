"""Ridge regressions with sparse solutions: a small system for each target item, over its strongest context items alone.

A dense solution needs the inverse of a matrix as large as the catalogue. Here target j is explained by a support S_j of
a few hundred context items, and

    (G[S, S] + ridge I) b = R[S, j]

is solved exactly, many targets of equal size at once. With all items as support it is the dense solution. The support
holds those context items that, each taken alone, lower the loss of j most: R_ij^2 / (G_ii + ridge) is the gain.

Sources: Ning and Karypis 2011 (SLIM: a regression for each item, sparse); Steck 2019 (Markov random fields for
collaborative filtering, section 3: systems restricted to each item's neighbourhood); Vancura et al. 2022 (SANSA, EASE
with a sparse inverse).
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import local
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.models.interactions import offsets_of
from reco.models.item_rows import ItemRows

Floats = NDArray[np.float32]

SUPPORT = 200
"""Context items of one target."""
_BLOCK_CELLS = 6_000_000
"""Cells of a block's table of places (targets by items of any of their supports) and of its systems."""
_BLOCK_ENTRIES = 1_000_000
"""Entries of the Gram matrix that a block looks at."""


@dataclass(frozen=True)
class _Supports:
    """Context items of each target, rising: items[offsets[j]:offsets[j + 1]], with the right sides of the systems."""

    offsets: NDArray[np.int64]
    items: NDArray[np.int32]
    right: Floats


def solve_columns(gram: Any, right: Any, *, ridge: float, support: int = SUPPORT, threads: int = 1) -> ItemRows:
    """The coefficients (context item by target item) of every target's regression on its strongest context items.

    Args:
        gram: (I, I) scipy matrix, symmetric, positive semidefinite but for what was pruned of it.
        right: (I, I) scipy matrix of products of contexts and targets, context by target. An entry that is absent
            keeps a context item out of a target's support: leave the diagonal out where nothing may explain itself.
        ridge: > 0.
        support: context items of a target, at most.
    Cost: support^3 / 3 for each target and the look-up of its support's entries of the Gram matrix, whatever the size
        of the catalogue; memory: a block beside the result, and 4 bytes an item a thread.
    """
    from scipy import sparse  # only where models are fitted: no handler carries it

    count = gram.shape[0]
    diagonal = gram.diagonal().astype(np.float32) + np.float32(ridge)
    supports = _strongest(right, 1 / np.sqrt(diagonal), support)
    half = _shorter_rows(gram)
    found = np.zeros(len(supports.items), np.float32)
    own = local()

    def begin() -> None:
        own.numbers = np.full(count, -1, np.int32)

    def solve(targets: NDArray[np.int64]) -> None:
        _solve_block(half, diagonal, ridge, supports, targets, found, own.numbers)

    with ThreadPoolExecutor(threads, initializer=begin) as pool:
        list(pool.map(solve, _blocks(half, supports)))
    table = sparse.csc_matrix((found, supports.items, supports.offsets), shape=(count, count)).tocsr()
    table.sort_indices()
    return ItemRows(table.indptr.astype(np.int64), table.indices.astype(np.int32), table.data)


def _strongest(right: Any, scale: Floats, most: int) -> _Supports:
    """Each target's `most` context items of greatest gain; the lower row first among equals."""
    columns = right.tocsc()
    columns.sort_indices()
    lengths = np.diff(columns.indptr)
    kept = columns.data != 0
    for target in np.flatnonzero(lengths > most):
        span = slice(columns.indptr[target], columns.indptr[target + 1])
        gain = np.abs(columns.data[span]) * scale[columns.indices[span]]
        order = np.argsort(-gain, kind="stable")
        kept[span.start + order[most:]] = False
    targets = np.repeat(np.arange(len(lengths)), lengths)[kept]
    offsets = offsets_of(np.bincount(targets, minlength=len(lengths)))
    return _Supports(offsets, columns.indices[kept].astype(np.int32), columns.data[kept].astype(np.float32))


def _shorter_rows(gram: Any) -> Any:
    """Each pair of different items once, in the row of the item that has fewer: no row is long, however popular."""
    from scipy import sparse

    table = gram.tocsr()
    lengths = np.diff(table.indptr)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    mine, other = lengths[rows], lengths[table.indices]
    kept = (mine < other) | ((mine == other) & (rows < table.indices))
    starts = offsets_of(np.bincount(rows[kept], minlength=len(lengths)))
    return sparse.csr_matrix((table.data[kept], table.indices[kept], starts), shape=table.shape)


def _blocks(half: Any, supports: _Supports) -> Iterator[NDArray[np.int64]]:
    """Targets of nearly equal support, together within the bounds of a block."""
    sizes = np.diff(supports.offsets)
    order = np.argsort(sizes, kind="stable")
    order = order[np.searchsorted(sizes[order], 1) :]
    reach = np.concatenate([[0], np.cumsum(np.diff(half.indptr)[supports.items])])
    work = (reach[supports.offsets[1:]] - reach[supports.offsets[:-1]])[order]
    entries = np.concatenate([[0], np.cumsum(work)])
    sizes = sizes[order]
    start = 0
    while start < len(order):
        widest = int(sizes[start]) + int(sizes[start]) // 8
        stop = int(np.searchsorted(sizes, widest, side="right"))
        stop = min(stop, int(np.searchsorted(entries, entries[start] + _BLOCK_ENTRIES, side="right")) - 1)
        stop = min(stop, start + min(_BLOCK_CELLS // (widest * widest), int((_BLOCK_CELLS / widest) ** 0.5)))
        stop = max(stop, start + 1)
        yield order[start:stop]
        start = stop


def _solve_block(
    half: Any,
    diagonal: Floats,
    ridge: float,
    supports: _Supports,
    targets: NDArray[np.int64],
    found: Floats,
    numbers: NDArray[np.int32],
) -> None:
    """Solves the targets' systems, padded to one size by rows of the identity; writes to `found` by support.

    Args:
        numbers: (I,) -1 everywhere, before and after: in between, the items of these supports are numbered in it, so
            that the table of places is as wide as they are many and not as the catalogue.
    """
    sizes = np.diff(supports.offsets)[targets]
    width = int(sizes.max())
    own = np.repeat(np.arange(len(targets)), sizes)
    place = np.arange(len(own)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    source = np.repeat(supports.offsets[targets], sizes) + place
    items = supports.items[source]
    distinct, number = np.unique(items, return_inverse=True)
    numbers[distinct] = np.arange(len(distinct), dtype=np.int32)
    place_of = np.full(len(targets) * len(distinct), -1, np.int16 if width < 1 << 15 else np.int32)
    place_of[own * len(distinct) + number] = place
    lengths = np.diff(half.indptr)[items]
    entry = np.arange(int(lengths.sum())) + np.repeat(half.indptr[items] - (np.cumsum(lengths) - lengths), lengths)
    of = np.repeat(np.arange(len(own)), lengths)
    met = numbers[half.indices[entry]]
    numbers[distinct] = -1
    near = np.flatnonzero(met >= 0)
    entry, of = entry[near], of[near]
    column = place_of[own[of] * len(distinct) + met[near]]
    inside = np.flatnonzero(column >= 0)
    of, column, values = of[inside], column[inside], half.data[entry[inside]]
    systems = np.zeros((len(targets), width, width), np.float32)
    step = np.arange(width)
    systems[:, step, step] = 1
    systems[own, place, place] = diagonal[items]
    systems[own[of], place[of], column] = values
    systems[own[of], column, place[of]] = values
    right = np.zeros((len(targets), width, 1), np.float32)
    right[own, place, 0] = supports.right[source]
    solution = _solve(systems, right, ridge)
    found[source] = solution[own, place, 0]


def _solve(systems: Floats, right: Floats, ridge: float) -> Floats:
    """Solutions of the stack. One that a positive semidefinite Gram matrix could not have given (longer than its right
    side over the ridge: pruning has spoilt that matrix) is taken from the diagonal alone."""
    try:
        solution = np.linalg.solve(systems, right).astype(np.float32, copy=False)
    except np.linalg.LinAlgError:
        solution = np.full_like(right, np.inf)
    longest = np.linalg.norm(right[:, :, 0], axis=1) / ridge * 1.001
    with np.errstate(invalid="ignore", over="ignore"):
        sound = np.linalg.norm(solution[:, :, 0], axis=1) <= longest
    if not sound.all():
        alone = right[:, :, 0] / np.diagonal(systems, axis1=1, axis2=2)
        solution[~sound] = alone[~sound][:, :, None]
    return solution
