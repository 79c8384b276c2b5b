"""One half sweep: every row of one side solved against the other side, held fixed.

A row's system is (diag(metric) + Y' diag(a) Y) x = Y' (1 + a): in the frame where the fixed side's Gram matrix is
diagonal, that diagonal plus the row's ridge is the metric, and conjugate gradients preconditioned by it need at most
d + 1 steps for a row of d pairs, without any K x K work. Where all rows have one ridge the metric is divided out of the
fixed side's table once, and every row's system is the identity plus a matrix of rank d.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from reco.models.als_crew import Crew, Order, large_zeros, shared_zeros
from reco.models.als_layout import Chunk, Floats, Layout

BLOCK = 1024
"""Rows that are turned at once, and the fewest in a piece."""
MOST_PIECES = 256
_TINY = np.float32(1e-30)
_CONVERGED = 1e-7
_TO_CONVERGENCE = -1
"""In the place of a number of steps."""


class Side:
    """Users or items: their layout, ridges and factors, by position.

    `factors` has one row more than the side, always zero: what padding points at. The rows stand in a stretched frame:
    as the objective means them they are factors * stretch.
    """

    def __init__(self, layout: Layout, ridge: NDArray[np.float64], alpha: float, factors: int, shared: bool) -> None:
        """All rows at zero.

        Args:
            ridge: (active,) of each position.
            shared: other processes will write rows.
        """
        self.layout = layout
        self.alpha = alpha
        self.ridge = ridge.astype(np.float32)
        self.one_ridge = bool(len(ridge)) and bool(self.ridge.min() == self.ridge.max())
        self.factors: Floats = (shared_zeros if shared else large_zeros)(layout.height + 1, factors)
        self.stretch = np.ones(factors)
        self._piece = max(BLOCK, -(-layout.active // MOST_PIECES))

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

    @property
    def pieces(self) -> int:
        """Runs of rows that one task turns, or multiplies; 1 at least."""
        return max(1, -(-self.layout.active // self._piece))

    def piece(self, number: int) -> Floats:
        return self.factors[number * self._piece : min((number + 1) * self._piece, self.layout.active)]


class Job(IntEnum):
    """What a task is of."""

    GRAM = 0
    """A piece of a side: its part of the Gram matrix."""
    TURN = 1
    """A piece of a side: times the board's matrix."""
    SOLVE = 2
    """A chunk of a side, or one of its heavy rows."""


class Board:
    """Where the one who gives orders writes what those who perform them need, and they what they found."""

    def __init__(self, factors: int, pieces: int) -> None:
        self.matrix: Floats = shared_zeros(factors, factors)
        self.spectrum: NDArray[np.float64] = shared_zeros(factors, dtype=np.float64)
        self.parts: Floats = shared_zeros(pieces, factors, factors)
        """Of a Gram matrix, by piece."""


class Scratch:
    """One worker's memory, taken once: fresh memory would cost more than the arithmetic done in it."""

    def __init__(self, limit: int, factors: int, table_rows: int) -> None:
        """`table_rows`: of the longer side where sides are shared, else 0."""
        longest, most = 4 * limit, max(1, limit // 5)
        self.index = np.empty(longest, np.int64)
        self.gathered = large_zeros(longest * factors)
        self.inner, self.weighted = large_zeros(2, longest)
        vectors = large_zeros(6, most, factors)
        self.solution, self.residual, self.direction, self.change, self.step, self.metric = vectors
        self.block = large_zeros(BLOCK, factors)
        self.table = large_zeros(table_rows, factors)
        """A copy of the fixed side, in large pages of this process's own: shared memory has none."""
        self.copied: tuple[int, int] | None = None
        """Which side that is, and at which sweep."""


class Sweeper:
    """Both sides, and the crew that solves them."""

    def __init__(self, users: Side, items: Side, limit: int, workers: int) -> None:
        """`limit`: gathered rows that fit a chunk."""
        self.sides = (users, items)
        self.limit = limit
        self._shared = workers > 1
        factors = len(users.stretch)
        self.board = Board(factors, max(users.pieces, items.pieces))
        rows = max(len(users.factors), len(items.factors)) if self._shared else 0
        self.crew = Crew(workers, self._perform, lambda: Scratch(limit, factors, rows))
        self._sweeps = 0

    def gram(self, side: int) -> NDArray[np.float64]:
        """Y'Y, summed piece by piece: the same bits for any number of workers."""
        moving = self.sides[side]
        self.crew.each((Job.GRAM, side, 0, 0), moving.pieces)
        gram = self.board.parts[: moving.pieces].sum(axis=0, dtype=np.float64)
        return np.asarray(gram * moving.stretch * moving.stretch[:, None])

    def turn(self, side: int, matrix: NDArray[np.float64]) -> None:
        """Multiplies every row by a matrix, in place."""
        self.board.matrix[...] = matrix
        self.crew.each((Job.TURN, side, 0, 0), self.sides[side].pieces)

    def sweep(self, side: int, steps: int | None) -> None:
        """Solves every row of a side against the other.

        Args:
            side: 0 the users, 1 the items.
            steps: conjugate-gradient steps, each row from where it stood; None solves from zero to convergence.
        """
        moving, fixed = self.sides[side], self.sides[1 - side]
        spectrum, rotation = np.linalg.eigh(self.gram(1 - side))
        spectrum = np.maximum(spectrum, 0)
        scale = 1 / np.sqrt(spectrum + moving.ridge[0]) if moving.one_ridge else np.ones_like(spectrum)
        self.turn(1 - side, fixed.stretch[:, None] * rotation * scale)
        fixed.stretch = 1 / scale
        # What brings a row's old factors into the table's frame.
        self.board.matrix[...] = moving.stretch[:, None] * rotation / scale
        self.board.spectrum[...] = spectrum
        moving.stretch = scale
        self._sweeps += 1
        order = (Job.SOLVE, side, _TO_CONVERGENCE if steps is None else steps, self._sweeps)
        self.crew.each(order, len(moving.layout.heavy) + len(moving.layout.chunks))

    def settle(self) -> Floats:
        """Turns both sides so that the items' Gram matrix is diagonal; returns the diagonal, rising."""
        spectrum, rotation = np.linalg.eigh(self.gram(1))
        for number, side in enumerate(self.sides):
            self.turn(number, side.stretch[:, None] * rotation)
            side.stretch = np.ones_like(side.stretch)
        return np.maximum(spectrum, 0).astype(np.float32)

    def _perform(self, order: Order, task: int, scratch: Scratch) -> None:
        job, number, steps, sweep = order
        side = self.sides[number]
        if job == Job.SOLVE:
            table = self._table(1 - number, sweep, scratch)
            self._solve(side, task, table, None if steps == _TO_CONVERGENCE else steps, scratch)
            return
        piece = side.piece(task)
        if job == Job.GRAM:
            np.matmul(piece.T, piece, out=self.board.parts[task])
            return
        for start in range(0, len(piece), BLOCK):
            block = piece[start : start + BLOCK]
            turned = scratch.block[: len(block)]
            np.matmul(block, self.board.matrix, out=turned)
            block[...] = turned

    def _table(self, number: int, sweep: int, scratch: Scratch) -> Floats:
        factors = self.sides[number].factors
        if not self._shared:
            return factors
        table = scratch.table[: len(factors)]
        if scratch.copied != (number, sweep):
            table[...] = factors
            scratch.copied = (number, sweep)
        return table

    def _solve(self, side: Side, task: int, table: Floats, steps: int | None, scratch: Scratch) -> None:
        heavy = side.layout.heavy
        if task >= len(heavy):
            chunk = side.layout.chunks[task - len(heavy)]
            metric = None if side.one_ridge else self.board.spectrum.astype(np.float32)
            _solve_chunk(side, chunk, table, self.board.matrix, metric, steps, scratch)
            return
        columns, extra = heavy[task]
        spectrum = self.board.spectrum
        diagonal = np.ones(len(spectrum)) if side.one_ridge else spectrum + side.ridge[task]
        side.factors[task] = _solve_exactly(table, columns, side.alpha * extra, diagonal, self.limit)


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
