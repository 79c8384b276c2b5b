"""Weights under which the chosen one of each set of candidates was as likely as it can be: a conditional logit.

Maximises, over w, the mean of log( exp(w . x_chosen) / sum over candidates exp(w . x) ) - ridge |w|^2 / 2, with the
features scaled to deviation 1 first. Concave: Newton's method, halving a step that does not climb.

Source: McFadden 1974, "Conditional logit analysis of qualitative choice behavior", equations 17 to 19.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_STEPS = 30
_FLAT = 1e-10


def fit_weights(candidates: NDArray[np.float64], *, ridge: float) -> NDArray[np.float64]:
    """(F,) weights for features as they come.

    Args:
        candidates: (Q, C, F) of Q sets; the first of each set is the one that was chosen.
        ridge: above 0; what no set tells apart has weight 0.
    Cost: about ten passes over Q C F^2 multiplications.
    """
    count = candidates.shape[2]
    if not len(candidates):
        return np.zeros(count)
    centre = candidates.mean(axis=1, keepdims=True)
    spread = np.sqrt(((candidates - centre) ** 2).mean(axis=(0, 1)))
    varying = spread > _FLAT * (1 + np.abs(candidates).max(axis=(0, 1)))
    scale = np.where(varying, spread, 1.0)
    scaled = np.where(varying, (candidates - centre) / scale, 0.0)
    weights = np.zeros(count)
    value = _value(scaled, weights, ridge)
    for _ in range(_STEPS):
        slope, curvature = _derivatives(scaled, weights, ridge)
        step = np.linalg.solve(curvature, slope)
        while (climbed := _value(scaled, weights + step, ridge)) < value and np.abs(step).max() > _FLAT:
            step = step / 2
        if climbed - value <= _FLAT * (1 + abs(value)):
            break
        weights, value = weights + step, climbed
    return weights / scale


def _value(scaled: NDArray[np.float64], weights: NDArray[np.float64], ridge: float) -> float:
    heights = scaled @ weights
    peaks = heights.max(axis=1)
    normal = peaks + np.log(np.exp(heights - peaks[:, None]).sum(axis=1))
    return float((heights[:, 0] - normal).mean() - ridge * (weights @ weights) / 2)


def _derivatives(
    scaled: NDArray[np.float64], weights: NDArray[np.float64], ridge: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    heights = scaled @ weights
    shares = np.exp(heights - heights.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    expected = np.einsum("qc,qcf->qf", shares, scaled)
    slope = (scaled[:, 0] - expected).mean(axis=0) - ridge * weights
    flat = scaled.reshape(-1, scaled.shape[2])
    curvature = (flat * shares.reshape(-1, 1)).T @ flat - expected.T @ expected
    return slope, curvature / len(scaled) + ridge * np.eye(len(weights))
