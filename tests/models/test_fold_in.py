"""Folding in is the slow row solve, whatever the history's length, its weights and the items' rank."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from reco.models.als import Objective
from reco.models.fold_in import fold_in
from tests.models import reference_als


@settings(max_examples=60)
@given(
    seed=st.integers(0, 999),
    factors=st.integers(1, 12),
    length=st.integers(0, 30),
    rank=st.integers(0, 12),
    alpha=st.floats(0.1, 500),
    exponent=st.sampled_from([0.0, 0.5, 1.0]),
)
def test_folding_in_equals_the_slow_row_solve(
    seed: int, factors: int, length: int, rank: int, alpha: float, exponent: float
) -> None:
    generator = np.random.default_rng(seed)
    table = generator.normal(size=(40, min(rank, factors))) @ generator.normal(size=(min(rank, factors), factors))
    spectrum, rotation = np.linalg.eigh(table.T @ table)
    items, spectrum = (table @ rotation).astype(np.float32), np.maximum(spectrum, 0).astype(np.float32)
    rows = generator.permutation(40)[:length].astype(np.int32)
    weights = (generator.random(length) + 0.05).astype(np.float32)
    objective = Objective(alpha, 0.1, exponent)
    history = np.zeros((1, 40))
    history[0, rows] = weights
    exact = reference_als.solve_rows(history, items.astype(np.float64), objective)[0]
    folded = fold_in(items, spectrum, objective, rows, weights)
    np.testing.assert_allclose(folded, exact, atol=1e-4 * max(1.0, float(np.abs(exact).max())))


def test_a_newcomers_vector_is_zero() -> None:
    items = np.eye(5, 3, dtype=np.float32)
    none = np.empty(0, np.int32)
    assert not fold_in(items, np.ones(3, np.float32), Objective(2.0, 0.1), none, none.astype(np.float32)).any()


def test_items_without_a_pair_add_nothing_and_break_nothing() -> None:
    items = np.zeros((4, 3), np.float32)
    rows = np.array([0, 2], np.int32)
    folded = fold_in(items, np.zeros(3, np.float32), Objective(2.0, 0.1), rows, np.ones(2, np.float32))
    assert np.isfinite(folded).all()
    assert not folded.any()
