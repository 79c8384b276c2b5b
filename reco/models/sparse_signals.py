"""Item-to-item signals of catalogues beyond the dense limit: the same models from sparse counts, for every item.

Where data are this sparse, ridge regressions alone rank no better than plain counts well scaled, so two of these stand
beside them, or three where nothing is known of order:

- `following`: decayed counts of what came after, over the root of how many touched the context item. The root lies
  between a count (the popular items of a history speak loudest) and a conditional probability (all speak alike).
- `together`: cosine of the items' users, a user counting 1 / (number of items): who touched everything tells nothing.
- `given`: share of the context item's users, of whom some are added that touched nothing else. It favours what is
  popular among them, as the cosine does not (Deshpande & Karypis 2004).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.models.item_rows import ItemRows
from reco.models.lag_counts import Sequences, weights_of_later_targets
from reco.models.sparse_counts import affordable_lags, latest_bearable, sparse_decayed_counts, sparse_gram
from reco.models.sparse_ridge import SUPPORT, solve_columns

EASE_RIDGE = 5.0
"""In mean diagonals of the Gram matrix."""
_FEW = 5.0
"""Users added to each item's: of what hardly anybody touched, counts are chance."""
_MANY = 20.0
"""The same where only the context item's count divides."""
_MOST_COEFFICIENTS = 40_000_000
"""Of all targets together."""


def fit_next(sequences: Sequences, *, decay: float, ridge: float, most_lags: int, threads: int = 1) -> ItemRows:
    """`autoregression.fit_one_block` with sparse solutions: context item by next item."""
    from scipy import sparse  # only where models are fitted: no handler carries it

    lags = affordable_lags(sequences, most_lags)
    ones = np.ones(len(sequences.items))
    behind = weights_of_later_targets(sequences, ones, decay) / decay**2
    pairs, right = sparse_decayed_counts(sequences, decay, lags, [behind * sequences.weights, ones])
    pairs *= np.float32(decay)
    own = np.bincount(sequences.items, behind * sequences.weights.astype(np.float64) ** 2, sequences.item_count)
    gram = pairs + pairs.T + sparse.diags(own.astype(np.float32))
    return solve_columns(gram, right, ridge=ridge, support=_support(sequences.item_count), threads=threads)


def fit_sparse_ease(sequences: Sequences, *, ridge: float = EASE_RIDGE, threads: int = 1) -> ItemRows:
    """`ease.fit_ease` with sparse solutions, a user's row divided by the fourth root of its length.

    Args:
        ridge: in mean diagonals of the Gram matrix.
    """
    some = latest_bearable(sequences)
    gram = sparse_gram(some, np.sqrt(some.weights) / _lengths_of_events(some) ** 0.25)
    diagonal = gram.diagonal()
    right = gram.copy()
    right.setdiag(0)
    right.eliminate_zeros()
    mean = float(diagonal.sum(dtype=np.float64)) / max(int(np.count_nonzero(diagonal)), 1)
    support = _support(sequences.item_count)
    return solve_columns(gram, right, ridge=ridge * max(mean, 1e-6), support=support, threads=threads)


def count_together(sequences: Sequences) -> ItemRows:
    """(I, I) cosine of users' rows whose entries are divided by the root of its length; no diagonal."""
    some = latest_bearable(sequences)
    table = sparse_gram(some, np.sqrt(some.weights) / np.sqrt(_lengths_of_events(some)))
    diagonal = table.diagonal().astype(np.float64)
    few = float(diagonal.mean()) * 0.1 + 1e-6
    scale = 1 / np.sqrt(diagonal + few)
    table.setdiag(0)
    table.eliminate_zeros()
    return _scaled(table, scale, scale)


def count_given(sequences: Sequences) -> ItemRows:
    """(I, I) users of both items over users of the context item; a user counts 1 / root of the number of items."""
    some = latest_bearable(sequences)
    table = sparse_gram(some, np.sqrt(some.weights) / _lengths_of_events(some) ** 0.25)
    users = np.bincount(some.items, minlength=some.item_count)
    table.setdiag(0)
    table.eliminate_zeros()
    return _scaled(table, 1 / (users + _MANY), np.ones(some.item_count))


def count_following(sequences: Sequences, *, decay: float, most_lags: int) -> ItemRows:
    """(I, I) decayed counts of later items, over the root of the context item's users."""
    ones = np.ones(len(sequences.items))
    (counts,) = sparse_decayed_counts(sequences, decay, affordable_lags(sequences, most_lags), [ones])
    users = np.bincount(sequences.items, minlength=sequences.item_count)
    return _scaled(counts, 1 / np.sqrt(users + _FEW), np.ones(sequences.item_count))


def sparse_transitions(sequences: Sequences, *, decay: float, most_lags: int, prior: float) -> ItemRows:
    """`transitions.log_transitions` of sparse counts."""
    ones = np.ones(len(sequences.items))
    (counts,) = sparse_decayed_counts(sequences, decay, affordable_lags(sequences, most_lags), [ones])
    users = np.bincount(sequences.items, minlength=sequences.item_count)
    shares = users / max(int(users.sum()), 1)
    counts.data = np.log1p(counts.data / (prior * shares[counts.indices])).astype(np.float32)
    return _rows(counts)


def _support(item_count: int) -> int:
    """Context items of one target; fewer in very large catalogues, whose solutions must fit in memory."""
    return max(16, min(SUPPORT, _MOST_COEFFICIENTS // max(item_count, 1)))


def _lengths_of_events(sequences: Sequences) -> NDArray[np.int64]:
    """For each event, how many items its user has."""
    lengths = np.diff(sequences.offsets)
    return np.repeat(lengths, lengths)


def _scaled(table: Any, rows: NDArray[np.float64], columns: NDArray[np.float64]) -> ItemRows:
    table.data *= np.repeat(rows, np.diff(table.indptr)).astype(np.float32)
    table.data *= columns[table.indices].astype(np.float32)
    return _rows(table)


def _rows(table: Any) -> ItemRows:
    table.sort_indices()
    return ItemRows(table.indptr.astype(np.int64), table.indices.astype(np.int32), table.data.astype(np.float32))
