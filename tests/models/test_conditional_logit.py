"""The conditional logit against its own definition."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from reco.models.conditional_logit import Example, fit_scaled_weights, fit_weights


def examples_of(weights: np.ndarray, *, count: int, items: int, seed: int = 0) -> list[Example]:
    """Questions over random features, answered by the softmax of these weights."""
    generator = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        features = generator.normal(size=(len(weights), items)).astype(np.float32)
        shares = np.exp(weights @ features)
        truth = np.zeros(items, np.float32)
        truth[generator.choice(items, p=shares / shares.sum())] = 1
        made.append(Example(features, truth, np.zeros(items, np.float32)))
    return made


def slow_objective(examples: list[Example], weights: np.ndarray, ridge: float) -> float:
    total = 0.0
    for example in examples:
        sums = weights @ example.features.astype(np.float64) + example.offset
        total += float(example.truth @ (sums - np.log(np.exp(sums).sum())))
    return total / len(examples) - ridge * float(weights @ weights) / 2


def test_the_weights_are_where_the_likelihood_is_largest() -> None:
    examples = examples_of(np.array([1.0, -0.5, 0.0]), count=150, items=12)
    fitted = fit_weights(examples, ridge=0.01)
    best = slow_objective(examples, fitted.weights, 0.01)
    for place in range(3):
        for change in (-0.02, 0.02):
            moved = fitted.weights.copy()
            moved[place] += change
            assert slow_objective(examples, moved, 0.01) < best
    likelihood = slow_objective(examples, fitted.weights, 0.0)
    assert fitted.log_likelihood == pytest.approx(likelihood, abs=1e-4)


def test_the_weights_behind_the_answers_are_found() -> None:
    planted = np.array([1.5, -0.7, 0.0])
    fitted = fit_weights(examples_of(planted, count=2000, items=20), ridge=1e-4)
    np.testing.assert_allclose(fitted.weights, planted, atol=0.1)


@pytest.mark.filterwarnings("error")
def test_features_that_say_the_same_or_nothing_or_too_much_give_finite_weights() -> None:
    for example in examples_of(np.array([1.0]), count=1, items=5):
        twice = np.concatenate([example.features, example.features, np.zeros((1, 5), np.float32)])
        separable = np.concatenate([twice, 1e3 * example.truth[None]])
        fitted = fit_weights([replace(example, features=separable)] * 3, ridge=1e-3)
        assert np.isfinite(fitted.weights).all()
        assert fitted.weights[0] == pytest.approx(fitted.weights[1], abs=1e-5)
        assert fitted.weights[2] == 0


def drawn(seed: int, weights: NDArray[np.float64], sets: int = 3000, candidates: int = 8) -> NDArray[np.float64]:
    """Sets whose first candidate was chosen with the logit's probabilities."""
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(sets, candidates, len(weights)))
    heights = features @ weights + generator.gumbel(size=(sets, candidates))
    chosen = heights.argmax(axis=1)
    rows = np.arange(sets)
    first = features[rows, 0].copy()
    features[rows, 0] = features[rows, chosen]
    features[rows, chosen] = first
    return features


def test_weights_that_made_the_choices_are_found_again() -> None:
    true = np.array([1.0, -0.5, 0.0, 2.0])
    assert fit_scaled_weights(drawn(0, true), ridge=1e-6) == pytest.approx(true, abs=0.1)


@given(st.integers(0, 1000), st.integers(1, 30), st.integers(1, 6), st.integers(1, 4), st.floats(1e-3, 10))
def test_no_small_change_of_the_weights_makes_the_choices_likelier(
    seed: int, sets: int, candidates: int, count: int, ridge: float
) -> None:
    features = np.random.default_rng(seed).normal(size=(sets, candidates, count)) * 10.0
    centred = features - features.mean(axis=1, keepdims=True)
    scale = np.sqrt((centred**2).mean(axis=(0, 1)))
    found = fit_scaled_weights(features, ridge=ridge)

    def worth(weights: NDArray[np.float64]) -> float:
        heights = features @ weights
        normal = np.log(np.exp(heights - heights.max(axis=1, keepdims=True)).sum(axis=1)) + heights.max(axis=1)
        return float((heights[:, 0] - normal).mean() - ridge * ((weights * scale) ** 2).sum() / 2)

    best = worth(found)
    for place in range(count):
        for step in (-1e-3, 1e-3):
            moved = found.copy()
            moved[place] += step / max(scale[place], 1e-9)
            assert worth(moved) <= best + 1e-7


def test_what_no_set_tells_apart_weighs_nothing() -> None:
    features = drawn(1, np.array([1.0, 0.0]), sets=50)
    features[:, :, 1] = np.arange(50)[:, None]
    weights = fit_scaled_weights(features, ridge=0.01)
    assert weights[1] == 0 and weights[0] > 0.3


def test_no_choices_and_choices_of_one_weigh_nothing() -> None:
    assert fit_scaled_weights(np.empty((0, 3, 2)), ridge=1.0).tolist() == [0, 0]
    assert fit_scaled_weights(np.ones((5, 1, 2)), ridge=1.0).tolist() == [0, 0]


def test_sides_that_always_separate_stay_finite() -> None:
    features = np.zeros((20, 5, 1))
    features[:, 0] = 1e6
    assert 0 < fit_scaled_weights(features, ridge=1e-3)[0] < 1
