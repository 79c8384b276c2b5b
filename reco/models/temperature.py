"""The temperature of a softmax, fitted so that what users did next was as likely as it can be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.models.als import Floats

FALLBACK = 0.1
"""Used when there is nothing to fit on: products of vectors lie between 0 and 1 mostly."""
_SHARPEST, _FLATTEST = 1e-3, 1e2


def fit_temperature(likings: Sequence[Floats], truths: Sequence[NDArray[np.int32]]) -> float:
    """The temperature that maximises the mean log share of the held-out items.

    With b = 1 / temperature the log likelihood is concave; its slope is the mean liking of the held-out items less the
    mean liking that the softmax expects, which falls in b. Its zero is found by bisection of log b.

    Args:
        likings: one array of every item for each held-out user; -inf where an item cannot be recommended.
        truths: the rows each user touched next; those at -inf do not count.
    Cost: 30 exponentials of every liking.
    """
    users = []
    for user, truth in zip(likings, truths, strict=True):
        reached = user[truth][np.isfinite(user[truth])]
        if len(reached):
            finite = user[np.isfinite(user)].astype(np.float64)
            users.append((finite - finite.max(), float(reached.mean()) - float(finite.max())))
    if not users:
        return FALLBACK
    low, high = np.log(1 / _FLATTEST), np.log(1 / _SHARPEST)
    for _ in range(30):
        middle = (low + high) / 2
        slope = 0.0
        for finite, wanted in users:
            weights = np.exp(finite * np.exp(middle))
            slope += wanted - float(weights @ finite) / float(weights.sum())
        low, high = (middle, high) if slope > 0 else (low, middle)
    return float(np.exp(-(low + high) / 2))


def softmax(likings: NDArray[Any], temperature: float) -> NDArray[np.float64]:
    """exp(liking / temperature), scaled to sum 1; -inf has no share. Empty for nothing, zero where all are -inf."""
    if not len(likings) or likings.max() == -np.inf:
        return np.zeros(len(likings))
    raised = likings.astype(np.float64)
    raised -= raised.max()
    raised /= temperature
    np.exp(raised, out=raised)
    raised /= raised.sum()
    return raised
