"""Alternating least squares for implicit feedback, in whitened batches of conjugate gradients.

With U users, I items, K factors, observed pairs of weight v > 0 (a_ui = alpha * v_ui, and c_ui = 1 + a_ui; unobserved
pairs have preference 0 and confidence 1), minimise

    sum_observed c_ui (1 - x_u.y_i)^2 + sum_unobserved (x_u.y_i)^2 + sum_u l_u |x_u|^2 + sum_i l_i |y_i|^2

Each row of one side solves, with the other side Y held fixed and G = Y'Y,

    (G + l_u I + sum_i a_ui y_i y_i') x_u = sum_i (1 + a_ui) y_i

How it is made fast, none of which changes the answer:

- Both sides live in the frame in which G is diagonal (the objective does not see a rotation). There G + l_u I is a
  diagonal, and dividing by its root leaves the identity plus a matrix of rank d, the row's number of pairs: conjugate
  gradients need no K x K work per row and at most d + 1 steps.
- Rows are ordered by falling degree and cut into chunks of equal padded degree that fit the second-level cache. A chunk
  is one gather and a few batched products; padding points at a row of zeros.
- Rows too long for a chunk build their K x K system piece by piece and are solved exactly.

Source: Hu, Koren, Volinsky 2008 (objective); Rendle et al. 2021 (l_u grows with the row's weight).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

CHUNK_BYTES = 1 << 21
"""A chunk's gathered rows: half of a usual second-level cache."""
_TINY = np.float32(1e-30)
_CONVERGED = 1e-7


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
        """The same pairs by column; within a column by row."""
        rows = np.repeat(np.arange(self.height, dtype=np.int32), np.diff(self.offsets))
        order = np.argsort(self.columns, kind="stable")
        offsets = np.zeros(self.width + 1, np.int64)
        np.cumsum(np.bincount(self.columns, minlength=self.width), out=offsets[1:])
        return Pairs(offsets, rows[order], self.weights[order], self.height)


@dataclass(frozen=True)
class Objective:
    """The constants of the sum that is minimised."""

    alpha: float
    """Confidence that one unit of a pair's weight adds, > 0."""
    regularisation: float
    """Ridge strength per unit of a row's weight, > 0."""
    exponent: float = 1.0
    """How l_u grows with the row's weight: 0 is one ridge for all, 1 is in proportion."""

    def ridge(self, weight: NDArray[Any] | float, width: int) -> Any:
        """l_u of a row whose pairs weigh `weight` together, among `width` columns."""
        return self.regularisation * (self.alpha * weight + width) ** self.exponent


@dataclass(frozen=True)
class Fit:
    """Factors in the frame in which `items`' Gram matrix is diagonal."""

    items: Floats
    """(I, K). An item without a pair is exactly zero."""
    spectrum: Floats
    """(K,) diagonal of the Gram matrix of `items`, rising."""
    users: Floats | None
    """(U, K), solved to convergence against `items`; None when not asked for."""


def fit(
    pairs: Pairs,
    objective: Objective,
    *,
    factors: int,
    epochs: int,
    seed: int,
    steps: int | None = 2,
    threads: int = 1,
    with_users: bool = False,
    initial: Floats | None = None,
    chunk_bytes: int = CHUNK_BYTES,
    watch: Callable[[Floats, Floats], None] | None = None,
) -> Fit:
    """Trains on users' pairs (rows are users, columns items).

    The same arguments give the same bits, however many threads, as long as BLAS itself runs on one.

    Args:
        epochs: sweeps over users then items.
        steps: conjugate-gradient steps of a half sweep, each from where the row stood; None solves to convergence.
        initial: (I, K) item factors to begin with; drawn from `seed` when None.
        watch: called after each half sweep with the users' and the items' factors.
    Raises:
        ValueError: pairs is empty.
    Cost: about 10 * steps * pairs * factors multiplications an epoch, + (U + I) factors^2.
    """
    if not len(pairs.columns):
        raise ValueError("no pair to learn from")
    with ThreadPoolExecutor(threads) as pool:
        users = _Side(pairs, objective, factors, chunk_bytes)
        items = _Side(pairs.transposed(), objective, factors, chunk_bytes)
        users.point_at(items)
        items.point_at(users)
        start = _initial(pairs.width, factors, seed) if initial is None else initial
        items.factors[: items.active] = start[items.order[: items.active]]
        for _ in range(epochs):
            for moving, fixed in ((users, items), (items, users)):
                moving.sweep(fixed, pool, threads, steps)
                if watch:
                    watch(users.in_given_order(), items.in_given_order())
        spectrum = items.whiten()[0]
        if with_users:
            users.sweep(items, pool, threads, steps=None)
        return Fit(items.in_given_order(), spectrum, users.in_given_order() if with_users else None)


def _initial(rows: int, factors: int, seed: int) -> Floats:
    """Uniform in [0, 0.1): all positive, so that the first direction found is popularity."""
    return np.random.default_rng(seed).random((rows, factors), np.float32) * np.float32(0.1)


@dataclass(frozen=True)
class _Chunk:
    """Rows start to stop of a side, all padded to `degree` pairs; their padded pairs begin at `place`."""

    start: int
    stop: int
    degree: int
    place: int


class _Side:
    """Users or items: their pairs, ordered by falling degree, and their factors in that order.

    `factors` has one row more than the side, always zero: what padding points at.
    """

    def __init__(self, pairs: Pairs, objective: Objective, factors: int, chunk_bytes: int) -> None:
        degrees = np.diff(pairs.offsets)
        self.order = np.argsort(-degrees, kind="stable")
        self.active = int(np.count_nonzero(degrees))
        self.degrees = degrees[self.order][: self.active]
        self.pairs = pairs
        self.alpha = objective.alpha
        self.factors = np.zeros((pairs.height + 1, factors), np.float32)
        self.limit = max(4, chunk_bytes // (4 * factors))
        self.heavy = int(np.count_nonzero(self.degrees > 4 * self.limit))
        totals = np.concatenate([[0.0], np.cumsum(pairs.weights, dtype=np.float64)])
        weight = (totals[pairs.offsets[1:]] - totals[pairs.offsets[:-1]])[self.order[: self.active]]
        self.ridge = np.asarray(objective.ridge(weight, pairs.width), np.float32)
        self.chunks = list(_cut(self.degrees[self.heavy :], self.heavy, self.limit))
        self.size = self.chunks[-1].place + _area(self.chunks[-1]) if self.chunks else 0

    def point_at(self, other: _Side) -> None:
        """Lays out the padded pairs by the other side's order; done once."""
        place_of = np.empty(other.pairs.height, np.int64)
        place_of[other.order] = np.arange(other.pairs.height)
        starts = self.pairs.offsets[self.order[: self.active]]
        self.heavy_pairs = []
        for row in range(self.heavy):
            span = slice(starts[row], starts[row] + self.degrees[row])
            self.heavy_pairs.append((place_of[self.pairs.columns[span]], self.alpha * self.pairs.weights[span]))
        self.index = np.full(self.size, other.pairs.height, np.int64)
        self.extra = np.zeros(self.size, np.float32)
        for chunk in self.chunks:
            rows = slice(chunk.start, chunk.stop)
            column = np.arange(chunk.degree)
            used = column < self.degrees[rows, None]
            source = (starts[rows, None] + column)[used]
            target = slice(chunk.place, chunk.place + _area(chunk))
            self.index[target].reshape(used.shape)[used] = place_of[self.pairs.columns[source]]
            self.extra[target].reshape(used.shape)[used] = self.alpha * self.pairs.weights[source]

    def in_given_order(self) -> Floats:
        """The factors by the rows of `pairs`."""
        given = np.empty((self.pairs.height, self.factors.shape[1]), np.float32)
        given[self.order] = self.factors[:-1]
        return given

    def whiten(self) -> tuple[Floats, Floats]:
        """Rotates the factors so that their Gram matrix is diagonal; returns the diagonal and the rotation."""
        gram = (self.factors.T @ self.factors).astype(np.float64)
        spectrum, rotation = np.linalg.eigh(gram)
        turn = rotation.astype(np.float32)
        self.factors = self.factors @ turn
        return np.maximum(spectrum, 0).astype(np.float32), turn

    def sweep(self, fixed: _Side, pool: ThreadPoolExecutor, threads: int, steps: int | None) -> None:
        """Solves every row against the other side. `steps` None solves to convergence."""
        spectrum, turn = fixed.whiten()
        self.factors = self.factors @ turn

        def work(thread: int) -> None:
            for row in range(thread, self.heavy, threads):
                self._solve_heavy(row, fixed.factors, spectrum)
            scratch = _Scratch(self.limit, self.factors.shape[1])
            for chunk in self.chunks[thread::threads]:
                self._solve_chunk(chunk, fixed.factors, spectrum, steps, scratch)

        list(pool.map(work, range(threads)))

    def _solve_heavy(self, row: int, table: Floats, spectrum: Floats) -> None:
        columns, extra = self.heavy_pairs[row]
        system = np.diag(spectrum.astype(np.float64) + self.ridge[row])
        right = np.zeros(len(spectrum))
        for start in range(0, len(columns), self.limit):
            piece = table[columns[start : start + self.limit]]
            weight = extra[start : start + self.limit, None]
            system += (piece * weight).T @ piece
            right += (piece * (1 + weight)).sum(axis=0)
        self.factors[row] = np.linalg.solve(system, right)

    def _solve_chunk(
        self, chunk: _Chunk, table: Floats, spectrum: Floats, steps: int | None, scratch: _Scratch
    ) -> None:
        rows, degree, width = chunk.stop - chunk.start, chunk.degree, len(spectrum)
        area = slice(chunk.place, chunk.place + rows * degree)
        flat = scratch.gathered[: rows * degree * width].reshape(rows * degree, width)
        np.take(table, self.index[area], axis=0, out=flat, mode="clip")
        gathered = flat.reshape(rows, degree, width)
        scale = 1 / np.sqrt(spectrum + self.ridge[chunk.start : chunk.stop, None])
        extra = self.extra[area].reshape(rows, degree)
        solution = self.factors[chunk.start : chunk.stop]
        if steps is None or degree <= steps:
            # From zero, a row of d pairs is solved exactly by d steps.
            solution[...] = 0
        else:
            solution /= scale
        _descend(gathered, extra, scale, solution, steps)
        solution *= scale


def _descend(gathered: Floats, extra: Floats, scale: Floats, z: Floats, steps: int | None) -> None:
    """Conjugate gradients on (I + S Y'A Y S) z = S Y'(1 + a), a row of the batch each; changes z in place.

    Args:
        gathered: (B, d, K) Y, the columns of each row.
        extra: (B, d) a; zero where padded.
        scale: (B, K) diagonal of S.
        z: (B, K) where to start.
        steps: None goes on until every residual is below 1e-7 of the right side.
    """
    turned = gathered.transpose(0, 2, 1)
    inner = np.matmul(gathered, (scale * z)[:, :, None])[:, :, 0]
    inner *= -extra
    inner += 1
    inner += extra
    residual = np.matmul(turned, inner[:, :, None])[:, :, 0]
    residual *= scale
    residual -= z
    direction = residual.copy()
    size = np.einsum("bk,bk->b", residual, residual)
    length = size.copy()
    floor = _CONVERGED**2 * float(size.max(initial=0))
    last = steps if steps is not None else 2 * z.shape[1]
    for step in range(1, last + 1):
        inner = np.matmul(gathered, (scale * direction)[:, :, None])[:, :, 0]
        weighted = inner * extra
        rate = size / (np.einsum("bd,bd->b", inner, weighted) + length + _TINY)
        z += rate[:, None] * direction
        if step == last:
            break
        change = np.matmul(turned, weighted[:, :, None])[:, :, 0]
        change *= scale
        change += direction
        change *= rate[:, None]
        residual -= change
        new_size = np.einsum("bk,bk->b", residual, residual)
        if steps is None and float(new_size.max(initial=0)) <= floor:
            break
        keep = new_size / (size + _TINY)
        direction *= keep[:, None]
        direction += residual
        length = new_size + keep * keep * length
        size = new_size


class _Scratch:
    """One thread's memory for gathered rows, taken once."""

    def __init__(self, limit: int, factors: int) -> None:
        self.gathered = np.empty(8 * limit * factors, np.float32)


def _cut(degrees: NDArray[np.int64], first: int, limit: int) -> Iterator[_Chunk]:
    """Chunks of falling degrees: padding stays within an eighth, gathered rows within `limit` (one row at least)."""
    start, place = 0, 0
    while start < len(degrees):
        degree = int(degrees[start])
        smallest = degree if degree <= 8 else degree - degree // 8
        fitting = max(1, limit // (degree + 4))
        stop = min(start + fitting, start + int(np.searchsorted(-degrees[start:], -smallest, side="right")))
        chunk = _Chunk(first + start, first + stop, degree, place)
        yield chunk
        place += _area(chunk)
        start = stop


def _area(chunk: _Chunk) -> int:
    return (chunk.stop - chunk.start) * chunk.degree
