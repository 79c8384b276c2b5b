"""EASE and the inverse it rests on, against the textbook."""

from __future__ import annotations

import numpy as np
import pytest

from reco.models.ease import fit_ease, gram_matrix
from reco.models.lag_counts import Sequences, sequences_of
from reco.models.ridge import positive_inverse
from tests.models.builders import interactions_of, planted_tastes


def weighted_sequences() -> Sequences:
    interactions, _ = planted_tastes(users=120, items_each=6, length=9)
    weights = np.random.default_rng(0).random(len(interactions)).astype(np.float32) + 0.5
    sequences = sequences_of(interactions, seed=0)
    return Sequences(sequences.offsets, sequences.items, sequences.times, weights, sequences.item_count)


def table_of(sequences: Sequences) -> np.ndarray:
    table = np.zeros((len(sequences.offsets) - 1, sequences.item_count))
    users = np.repeat(np.arange(len(table)), np.diff(sequences.offsets))
    table[users, sequences.items] = np.sqrt(sequences.weights)
    return table


def test_each_item_is_the_ridge_regression_on_all_others() -> None:
    sequences = weighted_sequences()
    table, count = table_of(sequences), sequences.item_count
    fitted = fit_ease(sequences, ridge=7.0)
    for item in range(count):
        others = np.delete(np.arange(count), item)
        gram = table[:, others].T @ table[:, others] + 7.0 * np.eye(count - 1)
        expected = np.linalg.solve(gram, table[:, others].T @ table[:, item])
        np.testing.assert_allclose(fitted[others, item], expected, atol=1e-4)
        assert fitted[item, item] == 0


@pytest.mark.parametrize("few", [True, False])
def test_the_gram_matrix_is_the_same_dense_and_sparse(few: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    sequences = sequences_of(interactions_of([[0], [1], [5]], 40), seed=0) if few else weighted_sequences()
    table = table_of(sequences)
    monkeypatch.setattr("reco.models.ease._BLOCK_BYTES", 1000)
    np.testing.assert_allclose(gram_matrix(sequences), table.T @ table, atol=1e-4)


@pytest.mark.parametrize("size", [1, 5, 192, 193, 500])
def test_the_inverse_by_halves_is_the_inverse(size: int) -> None:
    rows = np.random.default_rng(size).normal(size=(size + 3, size))
    matrix = rows.T @ rows + 0.1 * size * np.eye(size)
    np.testing.assert_allclose(positive_inverse(matrix) @ matrix, np.eye(size), atol=2e-3)


def test_a_badly_conditioned_matrix_has_a_finite_inverse() -> None:
    matrix = np.full((600, 600), 1e4) + np.eye(600)
    inverse = positive_inverse(matrix)
    assert np.isfinite(inverse).all()
    assert np.abs(inverse @ matrix - np.eye(600)).max() < 0.2
