"""The `implicit` library as a peer in speed: the same objective, the same start, its own conjugate gradients.

Its confidence of an observed pair is the matrix's value and 1 elsewhere, its ridge the same for all rows: our
objective with exponent 0, when the values are 1 + alpha.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.implicit_als import ImplicitMissing
from reco.models.als import Floats, Objective, Pairs

THREADS = 2


def library() -> Any:
    """implicit's AlternatingLeastSquares on the CPU.

    Raises:
        ImplicitMissing: it is not installed.
    """
    try:
        from implicit.cpu.als import AlternatingLeastSquares
    except ImportError as error:
        raise ImplicitMissing("implicit is not installed: make peers") from error
    return AlternatingLeastSquares


def matrix_of(pairs: Pairs, objective: Objective) -> Any:
    """Confidences as implicit takes them; made before the clock starts."""
    from scipy.sparse import csr_matrix

    values = np.asarray(1 + objective.alpha * pairs.weights, np.float32)
    return csr_matrix((values, pairs.columns, pairs.offsets), (pairs.height, pairs.width), copy=True)


def fit(matrix: Any, objective: Objective, factors: int, epochs: int | None, initial: Floats | None) -> Any:
    """Fits with three conjugate-gradient steps, the library's default.

    Args:
        epochs: None is the library's default of 15.
        initial: item factors to start with, users at zero; None is the library's own start.
    """
    chosen = {} if epochs is None else {"iterations": epochs}
    model = library()(
        factors=factors, regularization=objective.regularisation, num_threads=THREADS, random_state=0, **chosen
    )
    if initial is not None:
        model.user_factors = np.zeros((matrix.shape[0], factors), np.float32)
        model.item_factors = initial.copy()
    model.fit(matrix, show_progress=False)
    return model


def answering(items: Floats, objective: Objective) -> Any:
    """A model that has these item factors and answers for users it solves anew."""
    model = library()(factors=items.shape[1], regularization=objective.regularisation, num_threads=THREADS)
    model.item_factors = items
    model.user_factors = np.zeros((1, items.shape[1]), np.float32)
    return model


def recommend(model: Any, row: Any, count: int) -> NDArray[np.int32]:
    """The library's answer to one history, a row of confidences, without what is in it."""
    items, _ = model.recommend(0, row, N=count, filter_already_liked_items=True, recalculate_user=True)
    return np.asarray(items, np.int32)
