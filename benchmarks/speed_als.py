"""Factorisation timed against implicit's: same epochs from the same start, and time to the same objective."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import peers
from benchmarks.alternated import alternate
from benchmarks.datasets import Absent, unordered_parts
from benchmarks.implicit_als import ImplicitMissing
from benchmarks.speed_rows import Row, Skipped, of_pairs
from reco.models import als
from reco.models.als import Floats, Objective, Pairs
from reco.models.interactions import Interactions

EPOCHS = 15
"""The peer's default."""
THREADS = 2
OBJECTIVES = {
    "gowalla": Objective(alpha=16.0, regularisation=1.0, exponent=0.0),
    "movielens-1m-implicit": Objective(alpha=4.0, regularisation=10.0, exponent=0.0),
}
"""From a coarse grid on each set; the same for both sides."""
SAME_EPOCHS = "ALS, same epochs"
TO_OBJECTIVE = "ALS, time to the objective of the peer's default epochs"
_SOME_USERS = 3000


@dataclass(frozen=True)
class Case:
    """A data set ready to be factorised by both."""

    name: str
    pairs: Pairs
    test: Interactions
    objective: Objective
    matrix: Any
    """As the peer takes it."""


def same_epochs(data: Path | None, runs: int) -> Iterator[Row | Skipped]:
    """Both do the peer's default epochs from the same item factors."""
    for case in _cases(data, SAME_EPOCHS):
        if isinstance(case, Skipped):
            yield case
            continue
        for factors, bar, aim in ((64, "1.5x", "3x"), (128, "1.3x", "2.5x")):
            start = als.drawn(case.pairs.width, factors, seed=0)

            def ours(case: Case = case, factors: int = factors, start: Floats = start, watch: Any = None) -> als.Fit:
                return als.fit(
                    case.pairs,
                    case.objective,
                    factors=factors,
                    epochs=EPOCHS,
                    seed=0,
                    threads=THREADS,
                    initial=start,
                    watch=watch,
                )

            def peer(case: Case = case, factors: int = factors, start: Floats = start) -> Any:
                return peers.fit(case.matrix, case.objective, factors, EPOCHS, start)

            seen: list[tuple[Floats, Floats]] = [(start, start)]

            def remember(users: Floats, items: Floats, seen: list[tuple[Floats, Floats]] = seen) -> None:
                seen[0] = (users, items)

            ours(watch=remember)
            fitted = peer()
            quality = {"epochs": float(EPOCHS)}
            for side, (users, items) in (("ours", seen[0]), ("peer", (fitted.user_factors, fitted.item_factors))):
                quality |= {f"{name}_{side}": value for name, value in _quality(case, users, items).items()}
            yield of_pairs(
                SAME_EPOCHS, case.name, factors, alternate(ours, peer, runs), bar=bar, aim=aim, quality=quality
            )


def time_to_objective(data: Path | None, runs: int) -> Iterator[Row | Skipped]:
    """The peer as it comes, 15 epochs from its own start; ours stops at the first epoch that is no worse."""
    factors = 64
    for case in _cases(data, TO_OBJECTIVE):
        if isinstance(case, Skipped):
            yield case
            continue

        def peer(case: Case = case) -> Any:
            return peers.fit(case.matrix, case.objective, factors, None, None)

        def ours(case: Case = case, epochs: int = EPOCHS, watch: Any = None) -> als.Fit:
            return als.fit(
                case.pairs, case.objective, factors=factors, epochs=epochs, seed=0, threads=THREADS, watch=watch
            )

        fitted = peer()
        target = loss(case.pairs, fitted.user_factors, fitted.item_factors, case.objective)
        losses: list[float] = []

        def note(users: Floats, items: Floats, losses: list[float] = losses, case: Case = case) -> None:
            losses.append(loss(case.pairs, users, items, case.objective))

        ours(epochs=2 * EPOCHS, watch=note)
        after_epochs = losses[1::2]
        epochs = next((number for number, value in enumerate(after_epochs, 1) if value <= target), None)
        if epochs is None:
            yield Skipped(
                TO_OBJECTIVE, case.name, f"{2 * EPOCHS} epochs do not reach the peer's objective {target:.0f}"
            )
            continue

        def exactly(ours: Any = ours, epochs: int = epochs) -> als.Fit:
            return ours(epochs=epochs)

        quality = {
            "epochs_ours": float(epochs),
            "objective_ours": round(after_epochs[epochs - 1]),
            "objective_peer": round(target),
        }
        yield of_pairs(
            TO_OBJECTIVE, case.name, factors, alternate(exactly, peer, runs), bar="2.5x", aim="5x", quality=quality
        )


def _cases(data: Path | None, work: str) -> Iterator[Case | Skipped]:
    for name, objective in OBJECTIVES.items():
        try:
            if data is None:
                raise Absent("RECO_BENCHMARK_DATA names no folder of data sets")
            parts = unordered_parts(data, name)
            train = parts.train
            pairs = Pairs(train.offsets, train.items, np.ones(len(train), np.float32), train.item_count)
            peers.library()
            yield Case(name, pairs, parts.test, objective, peers.matrix_of(pairs, objective))
        except (Absent, OSError, ImplicitMissing) as error:
            yield Skipped(work, name, str(error))


def _quality(case: Case, users: Floats, items: Floats) -> dict[str, float]:
    recall, ndcg = ranking_quality(case.pairs, case.test, users, items)
    return {
        "objective": round(loss(case.pairs, users, items, case.objective)),
        "recall@20": round(recall, 4),
        "ndcg@10": round(ndcg, 4),
    }


def loss(pairs: Pairs, users: Floats, items: Floats, objective: Objective) -> float:
    """What both minimise, by the identity sum over all cells (x.y)^2 = <X'X, Y'Y>; float64."""
    x, y = users.astype(np.float64), items.astype(np.float64)
    rows = np.repeat(np.arange(pairs.height), np.diff(pairs.offsets))
    total = float(np.sum((x.T @ x) * (y.T @ y)))
    for start in range(0, len(rows), 1 << 17):
        span = slice(start, start + (1 << 17))
        scores = np.einsum("nk,nk->n", x[rows[span]], y[pairs.columns[span]])
        total += float(np.sum((1 + objective.alpha * pairs.weights[span]) * (1 - scores) ** 2 - scores**2))
    return total + objective.regularisation * float((x**2).sum() + (y**2).sum())


def ranking_quality(pairs: Pairs, test: Interactions, users: Floats, items: Floats) -> tuple[float, float]:
    """Recall@20 and NDCG@10 of the test part over some users, training items left out."""
    able = np.flatnonzero(test.lengths > 0)
    able = np.random.default_rng(0).permutation(able)[:_SOME_USERS]
    discounts = 1 / np.log2(np.arange(2, 12))
    recalls, ndcgs = [], []
    for user in able:
        scores = items @ users[user]
        scores[pairs.columns[pairs.offsets[user] : pairs.offsets[user + 1]]] = -np.inf
        best = np.argpartition(scores, -20)[-20:]
        best = best[np.argsort(-scores[best])]
        hits = np.isin(best, test.history(user)[0])
        recalls.append(hits.sum() / test.lengths[user])
        ndcgs.append(hits[:10] @ discounts / discounts[: test.lengths[user]].sum())
    return float(np.mean(recalls)), float(np.mean(ndcgs))
