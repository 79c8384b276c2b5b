"""Alternating least squares for implicit feedback, in whitened batches of conjugate gradients.

With U users, I items, K factors, observed pairs of weight v > 0 (a_ui = alpha * v_ui, and c_ui = 1 + a_ui; unobserved
pairs have preference 0 and confidence 1), minimise

    sum_observed c_ui (1 - x_u.y_i)^2 + sum_unobserved (x_u.y_i)^2 + sum_u l_u |x_u|^2 + sum_i l_i |y_i|^2

Each row of one side solves, with the other side Y held fixed and G = Y'Y,

    (G + l_u I + sum_i a_ui y_i y_i') x_u = sum_i (1 + a_ui) y_i

How it is made fast, none of which changes the answer:

- Both sides live in the frame in which G is diagonal (the objective does not see a rotation), where few steps of
  conjugate gradients suffice and none needs K x K work (`als_sweep`).
- Rows are ordered by falling degree and cut into chunks of equal padded degree that fit the second-level cache. A chunk
  is one gather and a few batched products (`als_layout`).
- Rows too long for a chunk build their K x K system piece by piece and are solved exactly.

Source: Hu, Koren, Volinsky 2008 (objective); Takács, Pilászy, Tikk 2011 (conjugate gradients from where a row stood);
Rendle et al. 2021 (l_u grows with the row's weight).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.models.als_crew import crew_size
from reco.models.als_layout import Floats, Pairs, by_falling_length, lay_out
from reco.models.als_sweep import Side, Sweeper

__all__ = ["CHUNK_BYTES", "Fit", "Floats", "Objective", "Pairs", "begin", "continued", "drawn", "fit"]

CHUNK_BYTES = 1 << 20
"""A chunk's gathered rows: half of a usual second-level cache, which other work on the machine uses too."""
WORTH_SHARING = 4_000_000
"""Pairs times factors from which calling workers together costs less than it saves."""


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

    The same arguments give the same bits, however many threads, as long as BLAS itself runs on one. The threads are
    processes, forked here: no other thread of the caller's may be at work (else see `begin`).

    Args:
        epochs: sweeps over users then items.
        steps: conjugate-gradient steps of a half sweep, each from where the row stood; None solves to convergence.
        initial: (I, K) item factors to begin with, such as `continued` ones; drawn from `seed` when None.
        watch: called after each half sweep with the users' and the items' factors.
    Raises:
        ValueError: pairs is empty, or a weight is not a positive number.
    Cost: about 10 * steps * pairs * factors multiplications an epoch, + 3 (U + I) factors^2. Memory beyond the pairs:
        8 bytes a pair (16 where weights differ), the factors once, and for each thread some chunks; where several share
        the work, for each a copy of the longer side's factors, too.
    """
    started = begin(
        pairs,
        objective,
        factors=factors,
        seed=seed,
        threads=threads,
        initial=initial,
        chunk_bytes=chunk_bytes,
    )
    with started as factorisation:
        return factorisation.run(epochs=epochs, steps=steps, with_users=with_users, watch=watch)


class Factorisation:
    """One whose workers have been called together, from `__enter__` to `__exit__`."""

    def __init__(self, sweeper: Sweeper) -> None:
        self._sweeper = sweeper

    def __enter__(self) -> Factorisation:
        self._sweeper.crew.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._sweeper.crew.__exit__(*error)

    def run(
        self,
        *,
        epochs: int,
        steps: int | None = 2,
        with_users: bool = False,
        watch: Callable[[Floats, Floats], None] | None = None,
    ) -> Fit:
        """Sweeps over users then items, `epochs` times; the arguments are those of `fit`."""
        sweeper = self._sweeper
        users, items = sweeper.sides
        for _ in range(epochs):
            for side in (0, 1):
                sweeper.sweep(side, steps)
                if watch:
                    watch(users.in_given_order(), items.in_given_order())
        if with_users:
            sweeper.sweep(0, steps=None)
        spectrum = sweeper.settle()
        return Fit(items.in_given_order(), spectrum, users.in_given_order() if with_users else None)


def begin(
    pairs: Pairs,
    objective: Objective,
    *,
    factors: int,
    seed: int,
    threads: int = 1,
    initial: Floats | None = None,
    chunk_bytes: int = CHUNK_BYTES,
) -> Factorisation:
    """Lays the pairs out. Whoever goes on to start threads of its own enters the factorisation before: its workers are
    forked. The arguments are those of `fit`.

    Raises:
        ValueError: as `fit`.
    """
    if not len(pairs.columns):
        raise ValueError("no pair to learn from")
    if not (pairs.weights.min() > 0 and pairs.weights.max() < np.inf):
        # Written so that NaN fails, too.
        raise ValueError("a pair's weight is not a positive number")
    limit = max(5, chunk_bytes // (4 * factors))
    workers = crew_size(threads) if len(pairs.columns) * factors >= WORTH_SHARING else 1
    by_item = pairs.transposed()
    orders = [by_falling_length(np.diff(side.offsets)) for side in (pairs, by_item)]
    sides = []
    for side, order, other in ((pairs, orders[0], orders[1]), (by_item, orders[1], orders[0])):
        layout = lay_out(side, order, other, limit)
        ridge = objective.ridge(layout.totals, side.width)
        sides.append(Side(layout, ridge, objective.alpha, factors, shared=workers > 1))
    sides[1].put(drawn(pairs.width, factors, seed) if initial is None else initial)
    return Factorisation(Sweeper(sides[0], sides[1], limit, workers))


def drawn(rows: int, factors: int, seed: int) -> Floats:
    """Uniform in [0, 0.1): all positive, so that the first direction found is popularity."""
    return np.random.default_rng(seed).random((rows, factors), np.float32) * np.float32(0.1)


def continued(previous: Floats, rows: NDArray[np.int64], factors: int, seed: int) -> Floats:
    """Item factors to go on from: those of an earlier fit, and drawn ones for items that it did not know.

    Args:
        previous: (I', K') items of a `Fit`, whose last directions are the strongest.
        rows: (I,) each item's row in `previous`, -1 for a new one.
        factors: K; the weakest directions are left out where that is fewer than K', drawn where it is more. So are
            items that stood at zero, for want of a pair.
    """
    start = drawn(len(rows), factors, seed)
    kept = min(factors, previous.shape[1])
    known = np.flatnonzero(rows >= 0)
    known = known[previous[rows[known]].any(axis=1)]
    start[known, factors - kept :] = previous[rows[known], previous.shape[1] - kept :]
    return start
