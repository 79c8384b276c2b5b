"""Contributions sum to the score, and are what the row's system says."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from reco.models.als import Objective
from reco.models.explanations import contributions
from reco.models.fold_in import fold_in


def world(seed: int, items: int, factors: int) -> tuple[np.ndarray, np.ndarray, np.random.Generator]:
    """Items in the frame where their Gram matrix is diagonal, and the diagonal."""
    generator = np.random.default_rng(seed)
    table = generator.normal(size=(items, factors)) * generator.random(factors) + 0.1
    spectrum, rotation = np.linalg.eigh(table.T @ table)
    return (table @ rotation).astype(np.float32), np.maximum(spectrum, 0).astype(np.float32), generator


@settings(max_examples=60)
@given(
    seed=st.integers(0, 999),
    factors=st.integers(1, 12),
    length=st.integers(0, 30),
    alpha=st.floats(0.1, 200),
    exponent=st.sampled_from([0.0, 1.0]),
)
def test_contributions_sum_to_the_score(seed: int, factors: int, length: int, alpha: float, exponent: float) -> None:
    items, spectrum, generator = world(seed, 40, factors)
    rows = generator.permutation(40)[:length].astype(np.int32)
    weights = (generator.random(length) + 0.05).astype(np.float32)
    objective = Objective(alpha, 0.02, exponent)
    targets = np.arange(40, dtype=np.int32)
    parts = contributions(items, spectrum, objective, rows, weights, targets)
    assert parts.shape == (40, length)
    scores = items @ fold_in(items, spectrum, objective, rows, weights)
    np.testing.assert_allclose(parts.sum(axis=1), scores, atol=1e-5 * max(1.0, float(np.abs(scores).max())))


@settings(max_examples=30)
@given(seed=st.integers(0, 999), length=st.integers(1, 20))
def test_a_contribution_is_the_vector_solved_from_that_items_preference_alone(seed: int, length: int) -> None:
    """The slow way: the user's system as it stands, with every other item's preference taken away."""
    items, spectrum, generator = world(seed, 30, 6)
    rows = generator.permutation(30)[:length].astype(np.int32)
    weights = (generator.random(length) + 0.05).astype(np.float32)
    objective = Objective(5.0, 0.05)
    table = items.astype(np.float64)
    extra = 5.0 * weights.astype(np.float64)
    ridge = float(objective.ridge(float(weights.sum(dtype=np.float64)), 30))
    system = np.diag(spectrum.astype(np.float64)) + ridge * np.eye(6) + (table[rows].T * extra) @ table[rows]
    parts = contributions(items, spectrum, objective, rows, weights, np.arange(30, dtype=np.int32))
    for place, row in enumerate(rows):
        alone = np.linalg.solve(system, (1 + extra[place]) * table[row])
        np.testing.assert_allclose(parts[:, place], table @ alone, atol=1e-6)


def test_an_item_explains_itself_by_a_positive_share() -> None:
    items, spectrum, generator = world(3, 40, 8)
    rows = generator.permutation(40)[:10].astype(np.int32)
    parts = contributions(items, spectrum, Objective(4.0, 0.05), rows, np.ones(10, np.float32), rows)
    assert (np.diag(parts) > 0).all()
