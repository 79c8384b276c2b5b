"""Rows of item-to-item signals: summed as the matrix they stand for, pruned to their largest entries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reco.models.item_rows import ItemRows
from reco.models.source import FittedModel


def random_matrix(seed: int, count: int, filled: float = 0.4) -> np.ndarray:
    generator = np.random.default_rng(seed)
    matrix = generator.normal(size=(count, count)).astype(np.float32)
    # Few distinct sizes, so that there are equals to choose among.
    return np.where(generator.random(matrix.shape) < filled, np.round(matrix, 1), 0).astype(np.float32)


def whole(matrix: np.ndarray) -> ItemRows:
    """All entries but the zeros."""
    return ItemRows.of_blocks([matrix], len(matrix))


def slow_pruned(matrix: np.ndarray, top: int) -> np.ndarray:
    kept = np.zeros_like(matrix)
    for row in range(len(matrix)):
        best = sorted(range(len(matrix)), key=lambda column: (-abs(matrix[row, column]), column))[:top]
        kept[row, best] = matrix[row, best]
    return kept


@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(0, 14))
def test_pruning_keeps_the_largest_entries_of_each_row(seed: int, count: int, top: int) -> None:
    matrix = random_matrix(seed, count)
    expected = slow_pruned(matrix, top)
    np.testing.assert_array_equal(whole(matrix).dense(), matrix)
    np.testing.assert_array_equal(whole(matrix).pruned(top).dense(), expected)
    blocks = ItemRows.of_blocks((matrix[start : start + 3] for start in range(0, count, 3)), top)
    np.testing.assert_array_equal(blocks.dense(), expected)


@given(st.integers(0, 10_000), st.integers(1, 12), st.lists(st.integers(0, 11), max_size=6))
def test_combining_is_a_product_with_the_matrix(seed: int, count: int, wanted: list[int]) -> None:
    matrix = random_matrix(seed, count)
    rows = np.array([row % count for row in wanted], np.int32)
    weights = np.random.default_rng(seed).normal(size=len(rows))
    expected = weights @ matrix[rows] if len(rows) else np.zeros(count)
    combined = whole(matrix).combine(rows, weights)
    assert combined.dtype == np.float32
    np.testing.assert_allclose(combined, expected, atol=1e-5)


def test_an_artefact_gives_back_what_was_kept() -> None:
    rows = whole(random_matrix(1, 5))
    source = FittedModel(rows.arrays("near"), {"family": "any"})
    np.testing.assert_array_equal(ItemRows.read(source, "near").dense(), rows.dense())


def test_columns_may_stand_for_other_items() -> None:
    table = np.zeros((4, 2), np.float32)
    table[1] = [5, -7]
    rows = ItemRows.of_blocks([table], 2, np.array([1, 3], np.int32))
    assert rows.dense()[1].tolist() == [0, 5, 0, -7]


def test_of_nothing_there_is_nothing() -> None:
    rows = ItemRows.of_blocks([np.zeros((3, 3))], 2)
    assert rows.combine(np.array([0, 2]), np.array([1.0, 1.0])).tolist() == [0, 0, 0]
    assert rows.combine(np.empty(0, np.int32), np.empty(0)).tolist() == [0, 0, 0]
    assert rows.pruned(1).item_count == 3


def test_rows_keep_their_columns_in_order() -> None:
    kept = whole(random_matrix(3, 12, filled=1.0)).pruned(5)
    for row in range(12):
        columns = kept.items[kept.offsets[row] : kept.offsets[row + 1]]
        assert (np.diff(columns) > 0).all()


def test_a_row_beyond_the_catalogue_is_an_error() -> None:
    with pytest.raises(IndexError):
        whole(random_matrix(3, 4)).pruned(2).combine(np.array([9]), np.array([1.0]))
