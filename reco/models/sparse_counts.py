"""Decayed counts of who follows whom for catalogues whose item-by-item table is too large: sparse, by blocks of rows.

The same sums as `lag_counts.decayed_counts`, of which each row keeps at most so many entries, the largest. Work and
memory are bounded before anything is counted: the longest lag shrinks where there are very many events, and an entry
budget is shared by the rows. What is dropped of a row are pairs that met least, of popular items only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.models.interactions import offsets_of
from reco.models.lag_counts import Sequences

MOST_ENTRIES = 32_000_000
"""Of one matrix; 8 bytes each."""
MOST_PAIRS = 300_000_000
"""Pairs of events counted, at some 50 ns each."""
MOST_PRODUCTS = 1_500_000_000
"""Products of a Gram matrix, at a few ns each."""
_BLOCK_PAIRS = 4_000_000
"""Pairs held at once."""


def affordable_lags(sequences: Sequences, most_lags: int) -> int:
    """The longest lag, at most `most_lags` and at least 1, with which no more than `MOST_PAIRS` pairs are counted."""
    reached = np.bincount(np.minimum(sequences.to_end(), most_lags), minlength=most_lags + 1)
    pairs = np.cumsum(np.cumsum(reached[::-1])[::-1][1:])
    return max(1, int(np.searchsorted(pairs, MOST_PAIRS, side="right")))


def entries_of_a_row(item_count: int) -> int:
    """How many entries each row may keep so that the matrix stays within `MOST_ENTRIES`."""
    return max(16, MOST_ENTRIES // max(item_count, 1))


def sparse_decayed_counts(
    sequences: Sequences,
    decay: float,
    most_lags: int,
    later_weights: Sequence[NDArray[np.floating]],
    *,
    most: int | None = None,
) -> list[Any]:
    """For each of `later_weights` (one number an event) a scipy CSR matrix (I, I), float32, columns rising: the sum
    over pairs of events of one user, the context item's row and the later item's column, of decay^(lag - 1) * weight of
    the context * weight of the later event.

    Args:
        most: entries that a row keeps, the largest, the lower column first among equals; None as many as are bearable.
    Cost: events * lags * tables; memory for the result and a few million pairs.
    """
    from scipy import sparse  # only where models are fitted: no handler carries it

    count = sequences.item_count
    keep = entries_of_a_row(count) if most is None else most
    order = np.argsort(sequences.items, kind="stable")
    starts = np.searchsorted(sequences.items[order], np.arange(count + 1))
    room = np.minimum(sequences.to_end(), most_lags)
    scale = np.float32(decay) ** np.arange(most_lags, dtype=np.float32)
    parts: list[list[Any]] = [[] for _ in later_weights]
    for first, last in _row_blocks(starts, room[order]):
        events = order[starts[first] : starts[last]]
        pairs = np.repeat(events, room[events])
        lags = np.arange(1, len(pairs) + 1) - np.repeat(np.cumsum(room[events]) - room[events], room[events])
        later = pairs + lags
        rows, columns = sequences.items[pairs] - first, sequences.items[later]
        worth = sequences.weights[pairs] * scale[lags - 1]
        for block, weights in zip(parts, later_weights, strict=True):
            values = (worth * weights[later]).astype(np.float32)
            counted = sparse.coo_matrix((values, (rows, columns)), shape=(last - first, count)).tocsr()
            counted.eliminate_zeros()
            block.append(largest_of_rows(counted, keep))
    return [sparse.vstack(block, format="csr") for block in parts]


def latest_bearable(sequences: Sequences) -> Sequences:
    """The users' latest items, so many of each that a Gram matrix costs no more than `MOST_PRODUCTS`."""
    lengths = np.diff(sequences.offsets)
    longest = int(lengths.max(initial=0))
    while longest > 8 and float((np.minimum(lengths, longest).astype(np.float64) ** 2).sum()) > MOST_PRODUCTS:
        longest = longest * 7 // 8
    kept = sequences.to_end() < longest
    return Sequences(
        offsets_of(np.minimum(lengths, longest)),
        sequences.items[kept],
        sequences.times[kept],
        sequences.weights[kept],
        sequences.item_count,
    )


def sparse_gram(sequences: Sequences, values: NDArray[np.floating], *, most: int | None = None) -> Any:
    """X'X, X the users by items with these entries (one an event): scipy CSR (I, I), float32, columns rising.

    Args:
        most: entries that a row keeps, the largest; None as many as are bearable.
    Cost: the sum of squared lengths; memory for the result and a few million products.
    """
    from scipy import sparse

    count = sequences.item_count
    keep = entries_of_a_row(count) if most is None else most
    lengths = np.diff(sequences.offsets)
    users = sparse.csr_matrix(
        (values.astype(np.float32), sequences.items, sequences.offsets), shape=(len(lengths), count)
    )
    items = users.T.tocsr()
    work = np.asarray(items.astype(bool) @ lengths)
    parts = []
    for first, last in _row_blocks(np.arange(count + 1), work):
        block = (items[first:last] @ users).tocsr()
        parts.append(largest_of_rows(block, keep))
    return sparse.vstack(parts, format="csr")


def largest_of_rows(matrix: Any, most: int) -> Any:
    """A CSR matrix with the `most` largest entries of each row, columns rising; the lower column among equals."""
    from scipy import sparse

    matrix.sort_indices()
    lengths = np.diff(matrix.indptr)
    if lengths.max(initial=0) <= most:
        return matrix
    kept = np.ones(len(matrix.data), bool)
    for row in np.flatnonzero(lengths > most):
        span = slice(matrix.indptr[row], matrix.indptr[row + 1])
        values = matrix.data[span]
        floor = np.partition(values, len(values) - most)[len(values) - most]
        chosen = values > floor
        level = np.flatnonzero(values == floor)
        chosen[level[: most - int(np.count_nonzero(chosen))]] = True
        kept[span] = chosen
    starts = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(np.minimum(lengths, most), out=starts[1:])
    return sparse.csr_matrix((matrix.data[kept], matrix.indices[kept], starts), shape=matrix.shape)


def _row_blocks(starts: NDArray[np.int64], work: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Runs of items whose pairs together are about `_BLOCK_PAIRS`; one item at least."""
    totals = np.concatenate([[0], np.cumsum(work)])[starts]
    first, count = 0, len(starts) - 1
    while first < count:
        reach = int(np.searchsorted(totals, totals[first] + _BLOCK_PAIRS, side="right")) - 1
        last = min(max(reach, first + 1), count)
        yield first, last
        first = last
