"""Sparse counts against the dense ones they stand for."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from reco.models import sparse_counts
from reco.models.lag_counts import Sequences, decayed_counts, sequences_of
from reco.models.sparse_counts import affordable_lags, largest_of_rows, sparse_decayed_counts
from tests.models.builders import interactions_of

histories = st.lists(st.lists(st.integers(0, 11), max_size=12), min_size=1, max_size=8).filter(any)


def sequences(given: list[list[int]]) -> Sequences:
    return sequences_of(interactions_of(given, 12), seed=0)


@settings(max_examples=60)
@given(histories, st.integers(1, 6), st.sampled_from([0.5, 1.0]))
def test_sparse_counts_are_the_dense_ones(given: list[list[int]], lags: int, decay: float) -> None:
    some = sequences(given)
    weights = [np.ones(len(some.items)), np.arange(len(some.items)) % 3.0]
    for found, wanted in zip(
        sparse_decayed_counts(some, decay, lags, weights), decayed_counts(some, decay, lags, weights), strict=True
    ):
        np.testing.assert_allclose(found.toarray(), wanted, rtol=1e-5, atol=1e-6)
        assert found.has_sorted_indices


def test_counting_in_small_blocks_gives_the_same(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    generator = np.random.default_rng(0)
    some = sequences([generator.integers(0, 12, 12).tolist() for _ in range(30)])
    whole = sparse_decayed_counts(some, 0.8, 5, [np.ones(len(some.items))])[0]
    monkeypatch.setattr(sparse_counts, "_BLOCK_PAIRS", 7)
    pieces = sparse_decayed_counts(some, 0.8, 5, [np.ones(len(some.items))])[0]
    assert (whole != pieces).nnz == 0


@settings(max_examples=60)
@given(st.integers(0, 1000), st.integers(1, 9))
def test_a_row_keeps_its_largest_entries_and_the_lower_columns_among_equals(seed: int, most: int) -> None:
    table = np.random.default_rng(seed).integers(0, 4, (6, 9)).astype(np.float32)
    kept = largest_of_rows(sparse.csr_matrix(table), most).toarray()
    for row, found in zip(table, kept, strict=True):
        order = [column for column in np.argsort(-row, kind="stable") if row[column]][:most]
        assert sorted(order) == np.flatnonzero(found).tolist()
        np.testing.assert_array_equal(found[order], row[order])


def test_the_longest_lag_shrinks_where_pairs_would_be_too_many(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    some = sequences([list(range(12))] * 10)
    assert affordable_lags(some, 20) == 20
    # 11 pairs a user at lag 1, 10 at lag 2, 9 at lag 3.
    for most, lags in ((5, 1), (110, 1), (209, 1), (210, 2), (300, 3)):
        monkeypatch.setattr(sparse_counts, "MOST_PAIRS", most)
        assert affordable_lags(some, 20) == lags
