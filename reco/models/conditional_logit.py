"""Weights under which what was chosen of each set of candidates was as likely as it can be: a conditional logit.

A candidate's share is the softmax of the weighted sum of its features. Maximised is the mean log likelihood of the
chosen ones less ridge |w|^2 / 2, which is concave: Newton's method, halving a step that does not climb.

Source: McFadden 1974, "Conditional logit analysis of qualitative choice behavior", equations 17 to 19.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_MOST_STEPS = 40
_CLOSE = 1e-7
_FLAT = 1e-10


@dataclass(frozen=True)
class Example:
    """One question with its answer: the candidates, and which of them was chosen."""

    features: Floats
    """(F, C)"""
    truth: Floats
    """(C,) share of each candidate in the answer; sums to 1."""
    offset: Floats
    """(C,) log of how many candidates each stands for."""


@dataclass(frozen=True)
class Fitted:
    """Weights, and how likely they make the answers."""

    weights: NDArray[np.float64]
    """(F,)"""
    log_likelihood: float
    """Mean over the examples, in nats."""
    curvature: NDArray[np.float64]
    """(F, F) negated second derivatives of what was maximised, at the weights: positive definite."""


def fit_weights(examples: Sequence[Example], *, ridge: float) -> Fitted:
    """The weights of largest mean log likelihood less ridge |w|^2 / 2. Deterministic; finite whatever the examples.

    Args:
        examples: at least one.
    Cost: steps * examples * C * F^2.
    """
    width = len(examples[0].features)
    weights = np.zeros(width)
    batches = _batches(examples)
    value, gradient, hessian = _derivatives(batches, weights, ridge, len(examples))
    for _ in range(_MOST_STEPS):
        step = np.linalg.solve(hessian, gradient)
        length, gained = 1.0, False
        while length > 1e-4:
            tried = _derivatives(batches, weights + length * step, ridge, len(examples))
            if tried[0] >= value:
                gained = tried[0] > value + _CLOSE
                weights = weights + length * step
                value, gradient, hessian = tried
                break
            length /= 2
        if not gained:
            break
    likelihood = value + ridge * float(weights @ weights) / 2
    return Fitted(weights, likelihood, hessian)


def fit_scaled_weights(candidates: NDArray[np.float64], *, ridge: float) -> NDArray[np.float64]:
    """(F,) weights for features as they come, the prior being one of features scaled to deviation 1 within their sets.

    Args:
        candidates: (Q, C, F) of Q sets; the first of each set is the one that was chosen.
        ridge: above 0; what no set tells apart has weight 0.
    """
    sets, width, count = candidates.shape
    if not sets:
        return np.zeros(count)
    centre = candidates.mean(axis=1, keepdims=True)
    spread = np.sqrt(((candidates - centre) ** 2).mean(axis=(0, 1)))
    varying = spread > _FLAT * (1 + np.abs(candidates).max(axis=(0, 1)))
    scale = np.where(varying, spread, 1.0)
    scaled = np.where(varying, (candidates - centre) / scale, 0.0).astype(np.float32)
    first, alike = np.eye(1, width, dtype=np.float32)[0], np.zeros(width, np.float32)
    return fit_weights([Example(each.T, first, alike) for each in scaled], ridge=ridge).weights / scale


@dataclass(frozen=True)
class _Batch:
    features: Floats
    """(B, F, C), padded with zeros"""
    truth: Floats
    """(B, C)"""
    offset: Floats
    """(B, C), very low where padded"""


def _batches(examples: Sequence[Example], size: int = 64) -> list[_Batch]:
    batches = []
    for start in range(0, len(examples), size):
        some = examples[start : start + size]
        width = max(len(example.offset) for example in some)
        features = np.zeros((len(some), len(some[0].features), width), np.float32)
        truth = np.zeros((len(some), width), np.float32)
        offset = np.full((len(some), width), -1e9, np.float32)
        for row, example in enumerate(some):
            count = len(example.offset)
            features[row, :, :count] = example.features
            truth[row, :count] = example.truth
            offset[row, :count] = example.offset
        batches.append(_Batch(features, truth, offset))
    return batches


def _derivatives(
    batches: list[_Batch], weights: NDArray[np.float64], ridge: float, count: int
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """The objective, its gradient and its negated Hessian."""
    width = len(weights)
    value = -ridge * float(weights @ weights) / 2
    gradient = -ridge * weights
    hessian = ridge * np.eye(width)
    for batch in batches:
        sums = np.matmul(weights.astype(np.float32), batch.features) + batch.offset
        top = sums.max(axis=1, keepdims=True)
        shares = np.exp(sums - top)
        total = shares.sum(axis=1, keepdims=True)
        shares /= total
        likely = np.where(batch.truth > 0, sums - top - np.log(total), 0)
        value += float((batch.truth * likely).sum(dtype=np.float64)) / count
        means = np.matmul(batch.features, shares[:, :, None])[:, :, 0].astype(np.float64)
        found = np.matmul(batch.features, batch.truth[:, :, None])[:, :, 0].astype(np.float64)
        gradient += (found - means).sum(axis=0) / count
        products = np.matmul(batch.features * shares[:, None, :], batch.features.transpose(0, 2, 1))
        hessian += (products.sum(axis=0, dtype=np.float64) - means.T @ means) / count
    return value, gradient, hessian
