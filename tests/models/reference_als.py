"""The slow factorisation: every system written down and solved as the objective's derivative reads."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.models.als import Objective, Pairs


def dense(pairs: Pairs) -> NDArray[np.float64]:
    """(U, I) weights, zero where nothing was observed."""
    table = np.zeros((pairs.height, pairs.width))
    rows = np.repeat(np.arange(pairs.height), np.diff(pairs.offsets))
    table[rows, pairs.columns] = pairs.weights
    return table


def ridges(table: NDArray[np.float64], objective: Objective) -> NDArray[np.float64]:
    return np.array([objective.ridge(weight, table.shape[1]) for weight in table.sum(axis=1)])


def solve_rows(table: NDArray[np.float64], fixed: NDArray[Any], objective: Objective) -> NDArray[np.float64]:
    """Every row of one side, the other held fixed."""
    solved = np.zeros((len(table), fixed.shape[1]))
    for row, (weights, ridge) in enumerate(zip(table, ridges(table, objective), strict=True)):
        confidence = 1 + objective.alpha * weights
        preference = (weights > 0).astype(float)
        system = (fixed * confidence[:, None]).T @ fixed + ridge * np.eye(fixed.shape[1])
        solved[row] = np.linalg.solve(system, fixed.T @ (confidence * preference))
    return solved


def loss(table: NDArray[np.float64], users: NDArray[Any], items: NDArray[Any], objective: Objective) -> float:
    """What is minimised."""
    users, items = users.astype(np.float64), items.astype(np.float64)
    preference = (table > 0).astype(float)
    errors = (1 + objective.alpha * table) * (preference - users @ items.T) ** 2
    return float(
        errors.sum()
        + ridges(table, objective) @ (users**2).sum(axis=1)
        + ridges(table.T, objective) @ (items**2).sum(axis=1)
    )


def fit(
    pairs: Pairs, objective: Objective, initial: NDArray[Any], epochs: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Users and items after `epochs` exact sweeps, then users once more."""
    table = dense(pairs)
    items = np.where(table.any(axis=0)[:, None], initial, 0).astype(np.float64)
    for _ in range(epochs):
        users = solve_rows(table, items, objective)
        items = solve_rows(table.T, users, objective)
    return solve_rows(table, items, objective), items
