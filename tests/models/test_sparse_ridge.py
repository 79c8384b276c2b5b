"""Small systems for each target against the large system they stand for, and against a slow loop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse

from reco.models import sparse_ridge
from reco.models.sparse_ridge import solve_columns


def system(seed: int, items: int = 12, density: float = 0.4) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A Gram matrix and right sides of random contexts and targets, most of them zero."""
    generator = np.random.default_rng(seed)
    contexts = generator.random((40, items)) * (generator.random((40, items)) < density)
    targets = generator.random((40, items)) < density
    return contexts.T @ contexts, contexts.T @ targets


def one_by_one(
    gram: NDArray[np.float64], right: NDArray[np.float64], ridge: float, support: int
) -> NDArray[np.float64]:
    """The definition, target after target."""
    table = np.zeros_like(right)
    for target in range(right.shape[1]):
        side = right[:, target]
        gain = side**2 / (np.diag(gram) + ridge)
        chosen = [item for item in np.argsort(-gain, kind="stable") if side[item]][:support]
        if chosen:
            table[chosen, target] = np.linalg.solve(
                gram[np.ix_(chosen, chosen)] + ridge * np.eye(len(chosen)), side[chosen]
            )
    return table


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 12), st.sampled_from([0.5, 5.0]))
def test_every_target_is_solved_on_its_own_support(seed: int, support: int, ridge: float) -> None:
    gram, right = system(seed)
    found = solve_columns(sparse.csr_matrix(gram), sparse.csr_matrix(right), ridge=ridge, support=support)
    np.testing.assert_allclose(found.dense(), one_by_one(gram, right, ridge, support), rtol=2e-3, atol=2e-5)


def test_with_all_items_as_support_it_is_the_dense_solution() -> None:
    gram, right = system(1, density=0.9)
    found = solve_columns(sparse.csr_matrix(gram), sparse.csr_matrix(right), ridge=2.0, support=12)
    np.testing.assert_allclose(found.dense(), np.linalg.solve(gram + 2 * np.eye(12), right), rtol=1e-3, atol=1e-5)


def test_without_the_diagonal_of_the_right_side_it_is_ease() -> None:
    gram, _ = system(2, density=0.9)
    right = gram - np.diag(np.diag(gram))
    found = solve_columns(sparse.csr_matrix(gram), sparse.csr_matrix(right), ridge=2.0, support=12).dense()
    inverse = np.linalg.inv(gram + 2 * np.eye(12))
    wanted = np.eye(12) - inverse / np.diag(inverse)
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(("cells", "entries"), [(1, 1), (400, 30)])
def test_blocks_and_threads_do_not_change_a_bit_of_meaning(monkeypatch, cells: int, entries: int) -> None:  # type: ignore[no-untyped-def]
    gram, right = system(3, items=30)
    tables = sparse.csr_matrix(gram), sparse.csr_matrix(right)
    whole = solve_columns(*tables, ridge=1.0, support=10)
    threaded = solve_columns(*tables, ridge=1.0, support=10, threads=3)
    np.testing.assert_array_equal(whole.values, threaded.values)
    monkeypatch.setattr(sparse_ridge, "_BLOCK_CELLS", cells)
    monkeypatch.setattr(sparse_ridge, "_BLOCK_ENTRIES", entries)
    np.testing.assert_allclose(solve_columns(*tables, ridge=1.0, support=10).values, whole.values, rtol=1e-3, atol=1e-6)


def test_a_matrix_that_pruning_has_spoilt_still_gives_bounded_coefficients() -> None:
    gram = np.array([[1.0, 2.0], [2.0, 1.0]])  # no sum of squares
    for ridge in (1.0, 1.0001):
        found = solve_columns(sparse.csr_matrix(gram), sparse.csr_matrix([[0, 3.0], [0, 3.1]]), ridge=ridge)
        assert np.isfinite(found.values).all()
        assert np.linalg.norm(found.values) <= np.hypot(3, 3.1) / ridge + 1e-5


def test_nothing_to_solve_is_an_empty_table() -> None:
    empty = sparse.csr_matrix((4, 4))
    found = solve_columns(empty, empty, ridge=1.0)
    assert found.item_count == 4
    assert not len(found.values)
