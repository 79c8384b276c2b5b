"""EASE: each item of a user as a linear function of the user's other items, in closed form.

B minimises |X - X B|^2 + ridge |B|^2 with a diagonal of zeros: with P = (X'X + ridge I)^-1, B = I - P / diag(P).
A request weighs the user's items by how lately they were touched, which is where order comes in.

Source: Steck 2019 (Embarrassingly shallow autoencoders for sparse data, equation 8).
"""

from __future__ import annotations

import numpy as np

from reco.models.lag_counts import Floats, Sequences
from reco.models.ridge import positive_inverse

_BLOCK_BYTES = 1 << 27


def fit_ease(sequences: Sequences, *, ridge: float) -> Floats:
    """(I, I) coefficients, context item by scored item; the diagonal is zero. Cost: 4/3 I^3 and the Gram matrix."""
    table = positive_inverse(_with_ridge(gram_matrix(sequences), ridge))
    table /= -np.diag(table)
    np.fill_diagonal(table, 0)
    return table


def gram_matrix(sequences: Sequences) -> Floats:
    """(I, I) X'X, X the users by items, an entry the square root of the event's weight.

    Taken densely by blocks of users, or sparsely where users' items are few. Memory: a block beside the result.
    """
    count = sequences.item_count
    lengths = np.diff(sequences.offsets)
    values = np.sqrt(sequences.weights)
    # A sparse product costs about 60 times as much for each pair as a dense one for each cell.
    if 60.0 * float((lengths.astype(np.float64) ** 2).sum()) < 2.0 * len(lengths) * count * count:
        from scipy import sparse

        matrix = sparse.csr_matrix((values, sequences.items, sequences.offsets), shape=(len(lengths), count))
        return np.asarray((matrix.T @ matrix).toarray(), np.float32)
    gram = np.zeros((count, count), np.float32)
    users = max(1, _BLOCK_BYTES // (4 * max(count, 1)))
    for start in range(0, len(lengths), users):
        stop = min(start + users, len(lengths))
        span = slice(sequences.offsets[start], sequences.offsets[stop])
        block = np.zeros((stop - start, count), np.float32)
        block[np.repeat(np.arange(stop - start), lengths[start:stop]), sequences.items[span]] = values[span]
        gram += block.T @ block
    return gram


def _with_ridge(gram: Floats, ridge: float) -> Floats:
    gram.flat[:: len(gram) + 1] += np.float32(ridge)
    return gram
