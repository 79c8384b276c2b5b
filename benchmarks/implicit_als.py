"""The factorisation of the `implicit` library as a reference, with constants tuned on each set's validation part.

`implicit` is a dependency of the benchmarks only (locks/benchmarks.in); rows say so where it is absent.
Tuned by `python -m benchmarks.implicit_als SET`, which fits on the training part and takes the best Recall@20 on the
validation part: the grid is a product, walked one constant at a time from the library's defaults, twice round.
"""

from __future__ import annotations

import sys
import time
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.models.interactions import Interactions, offsets_of


@dataclass(frozen=True)
class Constants:
    """What implicit's AlternatingLeastSquares takes."""

    factors: int = 100
    regularization: float = 0.01
    alpha: float = 1.0
    iterations: int = 15


GRID: dict[str, tuple[Any, ...]] = {
    "alpha": (1.0, 5.0, 20.0, 80.0),
    "regularization": (0.001, 0.01, 0.1, 1.0, 10.0),
    "factors": (64, 128, 256),
    "iterations": (8, 15, 30),
}


TUNED = {
    "gowalla": Constants(factors=256, alpha=80.0),
    "citeulike": Constants(factors=256, regularization=0.001, alpha=80.0),
    "amazon-beauty": Constants(factors=256, regularization=0.001, alpha=80.0),
}
"""What the tuning found. 256 factors are the most that were tried. Gowalla's walk was cut short: alpha was walked at
128 factors, and 256 taken since both others gained from them."""


class ImplicitMissing(Exception):
    """The library is not installed."""


def fit(training: Interactions, constants: Constants, seed: int, threads: int) -> Any:
    """A fitted model of implicit, and the matrix it was fitted on.

    Raises:
        ImplicitMissing: it is not installed.
    """
    try:
        from implicit.als import AlternatingLeastSquares
    except ImportError as error:
        raise ImplicitMissing("implicit is not installed (locks/benchmarks.in), so there is no reference") from error
    model = AlternatingLeastSquares(**asdict(constants), random_state=seed, num_threads=threads, use_gpu=False)
    model.fit(matrix_of(training), show_progress=False)
    return model


def matrix_of(training: Interactions) -> Any:
    from scipy.sparse import csr_matrix

    shape = (training.user_count, training.item_count)
    return csr_matrix((np.ones(len(training), np.float32), training.items, training.offsets), shape, copy=True)


def recommend(model: Any, known: Interactions, users: NDArray[Any], depth: int) -> list[NDArray[np.int32]]:
    """The library's own answer for users it was fitted on, without the items in `known`."""
    items, _ = model.recommend(users, matrix_of(known)[users], N=depth, filter_already_liked_items=True)
    return list(np.asarray(items, np.int32))


def both(one: Interactions, two: Interactions) -> Interactions:
    """Two parts of the same users and items as one; the first part's events come first."""
    users = np.concatenate([one.user_rows(), two.user_rows()])
    order = np.argsort(users, kind="stable")
    return Interactions(
        offsets_of(np.bincount(users, minlength=one.user_count)),
        np.concatenate([one.items, two.items])[order],
        np.concatenate([one.times, two.times])[order],
        one.item_count,
    )


def recall_at_20(model: Any, training: Interactions, valid: Interactions, most: int = 3000) -> float:
    """Of the validation part, over at most so many users."""
    able = np.flatnonzero((valid.lengths > 0) & (training.lengths > 0))
    users = np.random.default_rng(0).permutation(able)[:most]
    lists = recommend(model, training, users, 20)
    found = [
        np.isin(items, valid.history(user)[0]).sum() / valid.lengths[user]
        for user, items in zip(users.tolist(), lists, strict=True)
    ]
    return float(np.mean(found))


def tune(training: Interactions, valid: Interactions, threads: int) -> Constants:
    """The best constants found; tells each trial."""
    tried: dict[Constants, float] = {}

    def trial(constants: Constants) -> float:
        if constants not in tried:
            begun = time.process_time()
            tried[constants] = recall_at_20(fit(training, constants, 0, threads), training, valid)
            print(f"{tried[constants]:.4f}  {constants}  {time.process_time() - begun:.0f} s", flush=True)
        return tried[constants]

    best = Constants(factors=128)
    for _ in range(2):
        for name, values in GRID.items():
            best = max((replace(best, **{name: value}) for value in values), key=trial)
    return best


if __name__ == "__main__":
    import os
    from pathlib import Path

    from benchmarks.datasets import unordered_parts

    parts = unordered_parts(Path(os.environ["RECO_BENCHMARK_DATA"]), sys.argv[1])
    print("best:", tune(parts.train, parts.valid, threads=1))
