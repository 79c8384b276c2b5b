"""One answer from a history of 20 items among 100,000: folded in, multiplied, the best 20 without what was touched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks import peers, synthetic
from benchmarks.alternated import alternate
from benchmarks.implicit_als import ImplicitMissing
from benchmarks.speed_rows import Row, Skipped, of_pairs
from reco.models import als
from reco.models.als import Objective, Pairs
from reco.models.fold_in import fold_in
from reco.models.top_k import top_k

WORK = "one answer, history of 20, fold-in included"
USERS, ITEMS, EVENTS = 60_000, 100_000, 3_000_000
FACTORS = 64
HISTORY, COUNT = 20, 20
ASKED = 50
"""Histories asked in turn within one timing."""
OBJECTIVE = Objective(alpha=4.0, regularisation=5.0, exponent=0.0)


def answer(data: Path | None, runs: int) -> Iterator[Row | Skipped]:
    """The same trained vectors on both sides, so both must give the same items."""
    dataset = f"synthetic, {ITEMS:,} items"
    try:
        peers.library()
    except ImplicitMissing as error:
        yield Skipped(WORK, dataset, str(error))
        return
    pairs = synthetic.pairs(USERS, ITEMS, EVENTS)
    fit = als.fit(pairs, OBJECTIVE, factors=FACTORS, epochs=6, seed=0, threads=2)
    histories = _histories(pairs)
    weights = np.ones(HISTORY, np.float32)

    def ours_one(history: np.ndarray) -> np.ndarray:
        products = fit.items @ fold_in(fit.items, fit.spectrum, OBJECTIVE, history, weights)
        products[history] = -np.inf
        return top_k(products, COUNT)

    model = peers.answering(fit.items, OBJECTIVE)
    rows = [peers.matrix_of(Pairs(np.array([0, HISTORY]), history, weights, ITEMS), OBJECTIVE) for history in histories]
    same = [
        len(np.intersect1d(ours_one(history), peers.recommend(model, row, COUNT))) / COUNT
        for history, row in zip(histories, rows, strict=True)
    ]
    timings = alternate(
        lambda: [ours_one(history) for history in histories],
        lambda: [peers.recommend(model, row, COUNT) for row in rows],
        max(runs, 5),
    ).each(ASKED)
    yield of_pairs(
        WORK,
        dataset,
        FACTORS,
        timings,
        bar="1.5x",
        aim="3x",
        quality={"same_items": round(float(np.mean(same)), 4)},
    )


def _histories(pairs: Pairs) -> list[np.ndarray]:
    """Twenty items of each of some users who touched more."""
    generator = np.random.default_rng(0)
    able = np.flatnonzero(np.diff(pairs.offsets) > HISTORY)
    chosen = generator.choice(able, ASKED, replace=False)
    spans = [pairs.columns[pairs.offsets[user] : pairs.offsets[user + 1]] for user in chosen]
    return [np.sort(generator.choice(span, HISTORY, replace=False)) for span in spans]
