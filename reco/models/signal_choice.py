"""Which signals are worth their weights: those that the held-out users' answers would miss.

A signal that says what others say already costs a model to fit, bytes to keep and time in every answer, for nothing.
Signals are left out one after another, the one missed least first, as long as the log likelihood of all questions loses
less than one nat for each of the signal's weights: what weights that say nothing gain by chance on the questions they
are learned from, and lose on others (Akaike, "A new look at the statistical model identification", IEEE Transactions on
Automatic Control 1974).

The loss is taken from the curvature at the fitted weights (Wald's statistic), so that no step needs another fit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

ENOUGH_QUESTIONS = 500
"""With fewer nothing can be told of a signal: all stay."""


def worth_keeping(
    groups: Sequence[NDArray[np.integer]], weights: NDArray[np.float64], curvature: NDArray[np.float64], questions: int
) -> list[int]:
    """Places of the groups that stay, rising; at least one.

    Args:
        groups: for each signal the places of its weights.
        weights: (F,) where the mean log likelihood of the questions is largest.
        curvature: (F, F) its negated second derivatives there, positive definite.
    Cost: one (F, F) inverse for each group left out.
    """
    left = list(range(len(groups)))
    if questions < ENOUGH_QUESTIONS:
        return left
    places = np.arange(len(weights))
    while len(left) > 1:
        spread = np.linalg.inv(curvature[np.ix_(places, places)])
        losses = {group: _loss(np.isin(places, groups[group]), weights, spread) for group in left}
        least = min(left, key=lambda group: losses[group] / len(groups[group]))
        if questions * losses[least] >= len(groups[least]):
            break
        gone = np.isin(places, groups[least])
        others = weights - spread[:, gone] @ np.linalg.solve(spread[np.ix_(gone, gone)], weights[gone])
        weights, places = others[~gone], places[~gone]
        left.remove(least)
    return left


def _loss(group: NDArray[np.bool_], weights: NDArray[np.float64], spread: NDArray[np.floating]) -> float:
    """What the mean log likelihood loses with some weights held at 0 and the others at their best without them."""
    held = weights[group]
    return float(held @ np.linalg.solve(spread[np.ix_(group, group)], held)) / 2
