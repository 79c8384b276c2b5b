"""One half sweep: every row of one side solved against the other side, held fixed.

A row's system is (diag(metric) + Y' diag(a) Y) x = Y' (1 + a): in the frame where the fixed side's Gram matrix is
diagonal, that diagonal plus the row's ridge is the metric, and conjugate gradients preconditioned by it need at most
d + 1 steps for a row of d pairs, without any K x K work. Where all rows have one ridge the metric is divided out of the
fixed side's table once, and every row's system is the identity plus a matrix of rank d.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.models.als_layout import Chunk, Floats, Layout

PIECE = 8192
"""Rows of a side that are turned or multiplied at once."""
_LARGE_PAGE = 1 << 21
_TINY = np.float32(1e-30)
_CONVERGED = 1e-7


class Side:
    """Users or items: their layout, ridges and factors, by position.

    `factors` has one row more than the side, always zero: what padding points at. The rows stand in a stretched frame:
    as the objective means them they are factors * stretch.
    """

    def __init__(self, layout: Layout, ridge: NDArray[np.float64], alpha: float, factors: int) -> None:
        """All rows at zero.

        Args:
            ridge: (active,) of each position.
        """
        self.layout = layout
        self.alpha = alpha
        self.ridge = ridge.astype(np.float32)
        self.one_ridge = bool(len(ridge)) and bool(self.ridge.min() == self.ridge.max())
        self.factors = _zeros(layout.height + 1, factors)
        self.stretch = np.ones(factors)

    def put(self, rows: Floats) -> None:
        """Sets the factors of rows that have a pair; the others stay zero."""
        active = self.layout.active
        self.factors[:active] = rows[self.layout.order[:active]]
        self.stretch = np.ones_like(self.stretch)

    def in_given_order(self) -> Floats:
        """The factors as the objective means them, by row."""
        given = np.empty((self.layout.height, self.factors.shape[1]), np.float32)
        given[self.layout.order] = self.factors[:-1]
        given *= self.stretch.astype(np.float32)
        return given

    def gram(self, crew: Crew) -> NDArray[np.float64]:
        """Y'Y, summed piece by piece: the same bits for any number of threads."""

        def piece_of(start: int, scratch: Scratch) -> Floats:
            piece = self.factors[start : start + PIECE]
            return piece.T @ piece

        gram = np.zeros((len(self.stretch), len(self.stretch)))
        for part in crew.each(piece_of, range(0, max(self.layout.active, 1), PIECE)):
            gram += part
        return gram * self.stretch * self.stretch[:, None]

    def turn(self, matrix: NDArray[np.float64], crew: Crew) -> None:
        """Multiplies every row by a matrix, in place."""
        exact = matrix.astype(np.float32)

        def turn_piece(start: int, scratch: Scratch) -> None:
            piece = self.factors[start : min(start + PIECE, self.layout.active)]
            turned = scratch.piece[: len(piece)]
            np.matmul(piece, exact, out=turned)
            piece[...] = turned

        crew.each(turn_piece, range(0, self.layout.active, PIECE))


class Scratch:
    """One thread's memory, taken once: fresh memory would cost more than the arithmetic done in it."""

    def __init__(self, limit: int, factors: int) -> None:
        longest, most = 4 * limit, max(1, limit // 5)
        self.index = np.empty(longest, np.int64)
        self.gathered = _zeros(longest * factors)
        self.inner, self.weighted = _zeros(2, longest)
        self.solution, self.residual, self.direction, self.change, self.step, self.metric = _zeros(6, most, factors)
        self.piece = _zeros(PIECE, factors)


def _zeros(*shape: int) -> Floats:
    """Zeros that begin where a large page does: rows of 64 bytes' multiples then never straddle a cache line, and numpy
    asks for large pages for memory of this size, which halves the cost of gathering from it."""
    size = 4 * math.prod(shape)
    memory = np.empty(size + _LARGE_PAGE, np.uint8)
    start = -memory.ctypes.data % _LARGE_PAGE
    zeros = memory[start : start + size].view(np.float32).reshape(shape)
    zeros[...] = 0
    return zeros


class Crew:
    """Threads and their scratch memory."""

    def __init__(self, threads: int, limit: int, factors: int) -> None:
        self.limit = limit
        self._scratches = [Scratch(limit, factors) for _ in range(threads)]
        self._pool = ThreadPoolExecutor(threads)

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown()

    def each(self, work: Callable[[Any, Scratch], Any], tasks: Iterable[Any]) -> list[Any]:
        """work(task, scratch) of every task, each taken by whichever thread is free; results by task."""
        numbered = list(tasks)
        results: list[Any] = [None] * len(numbered)
        waiting = iter(range(len(numbered)))

        def run(scratch: Scratch) -> None:
            for number in waiting:
                results[number] = work(numbered[number], scratch)

        if len(self._scratches) == 1:
            run(self._scratches[0])
        else:
            list(self._pool.map(run, self._scratches))
        return results


def sweep(moving: Side, fixed: Side, crew: Crew, steps: int | None) -> None:
    """Solves every row of `moving` against `fixed`.

    Args:
        steps: conjugate-gradient steps, each row from where it stood; None solves from zero to convergence.
    """
    spectrum, rotation = np.linalg.eigh(fixed.gram(crew))
    spectrum = np.maximum(spectrum, 0)
    scale = 1 / np.sqrt(spectrum + moving.ridge[0]) if moving.one_ridge else np.ones_like(spectrum)
    fixed.turn(fixed.stretch[:, None] * rotation * scale, crew)
    fixed.stretch = 1 / scale
    follow = (moving.stretch[:, None] * rotation / scale).astype(np.float32)
    moving.stretch = scale
    metric = None if moving.one_ridge else spectrum.astype(np.float32)
    layout, table = moving.layout, fixed.factors

    def solve(task: int | Chunk, scratch: Scratch) -> None:
        if isinstance(task, Chunk):
            _solve_chunk(moving, task, table, follow, metric, steps, scratch)
        else:
            columns, extra = layout.heavy[task]
            diagonal = np.ones(len(scale)) if metric is None else spectrum + moving.ridge[task]
            moving.factors[task] = _solve_exactly(table, columns, moving.alpha * extra, diagonal, crew.limit)

    crew.each(solve, [*range(len(layout.heavy)), *layout.chunks])


def settle(fixed: Side, other: Side, crew: Crew) -> Floats:
    """Turns both sides so that the first one's Gram matrix is diagonal; returns the diagonal, rising."""
    spectrum, rotation = np.linalg.eigh(fixed.gram(crew))
    for side in (fixed, other):
        side.turn(side.stretch[:, None] * rotation, crew)
        side.stretch = np.ones_like(side.stretch)
    return np.maximum(spectrum, 0).astype(np.float32)


def _solve_exactly(
    table: Floats, columns: NDArray[np.int32], extra: Floats | float, diagonal: NDArray[np.float64], limit: int
) -> Floats:
    """A row too long for a chunk: its system is built piece by piece."""
    system = np.diag(diagonal)
    right = np.zeros(len(diagonal))
    for start in range(0, len(columns), limit):
        piece = table[columns[start : start + limit]]
        weight = np.broadcast_to(np.asarray(extra, np.float32), columns.shape)[start : start + limit, None]
        system += (piece * weight).T @ piece
        right += (piece * (1 + weight)).sum(axis=0)
    return np.asarray(np.linalg.solve(system, right), np.float32)


def _solve_chunk(
    side: Side,
    chunk: Chunk,
    table: Floats,
    follow: Floats,
    spectrum: Floats | None,
    steps: int | None,
    scratch: Scratch,
) -> None:
    """Solves a chunk's rows.

    Args:
        follow: (K, K) what brings the rows' old factors into the table's frame.
        spectrum: None when the metric is divided out of the table.
    """
    rows, degree, width = chunk.stop - chunk.start, chunk.degree, table.shape[1]
    index = scratch.index[: rows * degree]
    index[...] = side.layout.index[chunk.area]
    gathered = scratch.gathered[: rows * degree * width].reshape(rows * degree, width)
    np.take(table, index, axis=0, out=gathered, mode="clip")
    metric = None
    if spectrum is not None:
        metric = np.add(spectrum, side.ridge[chunk.rows, None], out=scratch.metric[:rows])
    extra = side.layout.weights(chunk)
    solution = scratch.solution[:rows]
    # From zero, a row of d pairs is solved exactly by d steps.
    cold = steps is None or degree <= steps
    if cold:
        solution[...] = 0
    else:
        np.matmul(side.factors[chunk.rows], follow, out=solution)
    _descend(gathered.reshape(rows, degree, width), side.alpha * extra, metric, solution, cold, steps, scratch)
    side.factors[chunk.rows] = solution


def _descend(
    gathered: Floats,
    extra: Floats | float,
    metric: Floats | None,
    z: Floats,
    cold: bool,
    steps: int | None,
    scratch: Scratch,
) -> None:
    """Conjugate gradients on (D + Y'A Y) z = Y'(1 + a), a row of the batch each; changes z in place.

    Args:
        gathered: (B, d, K) Y, the columns of each row.
        extra: (B, d) a; or the one a of all pairs.
        metric: (B, K) diagonal of D; None is the identity.
        z: (B, K) where to start.
        cold: z is zero.
        steps: None goes on until every residual is below 1e-7 of the first.
    """
    rows, degree, width = gathered.shape
    turned = gathered.transpose(0, 2, 1)
    inner = scratch.inner[: rows * degree].reshape(rows, degree)
    weighted = scratch.weighted[: rows * degree].reshape(rows, degree)
    residual, change, step = scratch.residual[:rows], scratch.change[:rows], scratch.step[:rows]
    direction = scratch.direction[:rows]
    if cold:
        np.add(extra, 1, out=weighted)
    else:
        np.matmul(gathered, z[:, :, None], out=inner[:, :, None])
        # 1 + a (1 - x.y)
        np.subtract(1, inner, out=weighted)
        weighted *= extra
        weighted += 1
    np.matmul(turned, weighted[:, :, None], out=residual[:, :, None])
    if not cold:
        residual -= z if metric is None else np.multiply(metric, z, out=step)
    if metric is None:
        direction[...] = residual
    else:
        np.divide(residual, metric, out=direction)
    size = np.vecdot(residual, direction)
    length = size.copy()
    last, floor = (steps, 0.0) if steps is not None else (2 * width, _CONVERGED**2 * float(size.max(initial=0)))
    for number in range(1, last + 1):
        np.matmul(gathered, direction[:, :, None], out=inner[:, :, None])
        if isinstance(extra, float):
            rate = size / (extra * np.vecdot(inner, inner) + length + _TINY)
        else:
            np.multiply(inner, extra, out=weighted)
            rate = size / (np.vecdot(inner, weighted) + length + _TINY)
        np.multiply(direction, rate[:, None], out=step)
        z += step
        if number == last:
            break
        if isinstance(extra, float):
            np.multiply(inner, (np.float32(extra) * rate)[:, None], out=weighted)
        else:
            weighted *= rate[:, None]
        np.matmul(turned, weighted[:, :, None], out=change[:, :, None])
        residual -= change
        residual -= step if metric is None else np.multiply(step, metric, out=step)
        ahead = residual if metric is None else np.divide(residual, metric, out=step)
        new_size = np.vecdot(residual, ahead)
        if steps is None and float(new_size.max(initial=0)) <= floor:
            break
        keep = new_size / (size + _TINY)
        direction *= keep[:, None]
        direction += ahead
        length = new_size + keep * keep * length
        size = new_size
