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


def fit_weights(examples: Sequence[Example], *, ridge: float, start: NDArray[np.float64] | None = None) -> Fitted:
    """The weights of largest mean log likelihood less ridge |w|^2 / 2. Deterministic; finite whatever the examples.

    Args:
        examples: at least one.
        start: (F,) weights to begin with, such as are thought to be near; 0 when None.
    Cost: steps * examples * C * F^2.
    """
    width = len(examples[0].features)
    weights = np.zeros(width) if start is None else start
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
    """Some examples, their candidates one after another: N in all."""

    features: Floats
    """(F, N)"""
    truth: Floats
    """(N,)"""
    offset: Floats
    """(N,)"""
    starts: NDArray[np.int64]
    """(B,) where each example's candidates begin."""
    owners: NDArray[np.int64]
    """(N,) the example of each candidate."""
    chosen: NDArray[np.int64]
    """Candidates with a share in the answer."""
    found: NDArray[np.float64]
    """(F,) features of what was chosen, summed over the examples."""

    @staticmethod
    def of(examples: Sequence[Example]) -> _Batch:
        counts = [len(example.offset) for example in examples]
        features = np.concatenate([example.features for example in examples], axis=1)
        truth = np.concatenate([example.truth for example in examples])
        offset = np.concatenate([example.offset for example in examples])
        chosen = np.flatnonzero(truth)
        found = features[:, chosen].astype(np.float64) @ truth[chosen]
        owners = np.repeat(np.arange(len(counts)), counts)
        return _Batch(features, truth, offset, np.cumsum([0, *counts[:-1]]), owners, chosen, found)


def _batches(examples: Sequence[Example], size: int = 64) -> list[_Batch]:
    return [_Batch.of(examples[start : start + size]) for start in range(0, len(examples), size)]


def _derivatives(
    batches: list[_Batch], weights: NDArray[np.float64], ridge: float, count: int
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """The objective, its gradient and its negated Hessian."""
    value = -ridge * float(weights @ weights) / 2
    gradient = -ridge * weights
    hessian = ridge * np.eye(len(weights))
    for batch in batches:
        heights = weights.astype(np.float32) @ batch.features + batch.offset
        heights -= np.maximum.reduceat(heights, batch.starts)[batch.owners]
        shares = np.exp(heights)
        totals = np.add.reduceat(shares, batch.starts)
        shares /= totals[batch.owners]
        chosen = batch.chosen
        likely = heights[chosen] - np.log(totals)[batch.owners[chosen]]
        value += float((batch.truth[chosen] * likely).sum(dtype=np.float64)) / count
        weighed = batch.features * shares
        means = np.add.reduceat(weighed, batch.starts, axis=1).astype(np.float64)
        gradient += (batch.found - means.sum(axis=1)) / count
        hessian += (weighed @ batch.features.T - means @ means.T) / count
    return value, gradient, hessian
