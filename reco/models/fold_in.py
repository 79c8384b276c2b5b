"""A user's vector from their history, on the spot: the row that training would have solved, solved for one.

In the frame where the items' Gram matrix is diagonal, dividing by S = (spectrum + ridge)^-1/2 leaves
(I + A'A) z = A'b with A = sqrt(a) Y S, b = (1 + a) / sqrt(a), and x = S z. With fewer items than factors the same z is
A' (I + AA')^-1 b, a system of the size of the history.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reco.models.als import Floats, Objective


@dataclass(frozen=True)
class RowSystem:
    """One user's system, whitened."""

    scale: NDArray[np.float64]
    """(K,) diagonal of S."""
    design: NDArray[np.float64]
    """(d, K) A, a row an item of the history."""
    right: NDArray[np.float64]
    """(d,) b."""

    @staticmethod
    def of(
        items: Floats, spectrum: Floats, objective: Objective, rows: NDArray[np.int32], weights: Floats
    ) -> RowSystem:
        """Of a user who touched items `rows`, each once, with these weights."""
        ridge = float(objective.ridge(float(weights.sum(dtype=np.float64)), len(items)))
        scale = 1 / np.sqrt(spectrum.astype(np.float64) + ridge)
        extra = objective.alpha * weights.astype(np.float64)
        root = np.sqrt(extra)
        design = items[rows] * scale
        design *= root[:, None]
        return RowSystem(scale, design, (1 + extra) / root)

    def solved(self, right: NDArray[np.float64]) -> NDArray[np.float64]:
        """(I + A'A)^-1 A' right: (K,) or (K, n) of right (d,) or (d, n)."""
        design = self.design
        if len(design) <= design.shape[1]:
            return np.asarray(design.T @ np.linalg.solve(_with_identity(design @ design.T), right))
        return np.asarray(np.linalg.solve(_with_identity(design.T @ design), design.T @ right))


def fold_in(items: Floats, spectrum: Floats, objective: Objective, rows: NDArray[np.int32], weights: Floats) -> Floats:
    """The vector (K,) of a user who touched items `rows`, each once, with these weights. No rows: zero.

    Args:
        items: (I, K) trained factors; their Gram matrix is diag(spectrum).
    Cost: d^2 K + d^3 multiplications for a history of d items, never more than d K^2 + K^3.
    """
    system = RowSystem.of(items, spectrum, objective, rows, weights)
    return np.asarray(system.scale * system.solved(system.right), np.float32)


def _with_identity(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    matrix.flat[:: len(matrix) + 1] += 1
    return matrix
