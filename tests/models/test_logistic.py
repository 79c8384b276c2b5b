"""Logistic regression against its own definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reco.models.logistic import fit_logistic, sigmoid


def drawn(seed: int, count: int, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(count, width))
    true = generator.normal(size=width)
    labels = (generator.random(count) < sigmoid(features @ true)).astype(float)
    return features, labels, generator.random(count) + 0.1, true


def test_weights_that_made_the_labels_are_found_again() -> None:
    features, labels, _, true = drawn(0, 20_000, 4)
    found = fit_logistic(features, labels, np.ones(len(labels)), ridge=np.full(4, 1e-6))
    assert found == pytest.approx(true, abs=0.08)


@given(st.integers(0, 500), st.integers(1, 60), st.integers(1, 4), st.floats(1e-2, 100))
def test_the_slope_at_the_answer_is_zero(seed: int, count: int, width: int, ridge: float) -> None:
    features, labels, weights, true = drawn(seed, count, width)
    offsets = np.linspace(-2, 2, count)
    penalty = np.full(width, ridge)
    found = fit_logistic(features, labels, weights, ridge=penalty, offsets=offsets, prior=true)
    likely = 1 / (1 + np.exp(-(offsets + features @ found)))
    slope = features.T @ (weights * (likely - labels)) + penalty * (found - true)
    np.testing.assert_allclose(slope, 0, atol=1e-4 * (count + ridge))


def test_without_examples_the_prior_stands() -> None:
    found = fit_logistic(np.empty((0, 2)), np.empty(0), np.empty(0), ridge=np.ones(2), prior=np.array([1.0, -2.0]))
    assert found.tolist() == [1, -2]


def test_examples_that_separate_and_huge_features_stay_finite() -> None:
    features = np.array([[1e6], [-1e6], [1e6]])
    found = fit_logistic(features, np.array([1.0, 0.0, 1.0]), np.ones(3), ridge=np.ones(1))
    assert np.isfinite(found).all() and found[0] > 0


def test_a_sigmoid_of_anything_finite_is_a_probability() -> None:
    assert sigmoid(np.array([-1e9, 0.0, 1e9])).tolist() == [0, 0.5, 1]
