"""How well trending items were foretold. Source: control-plane reference, G.3; the windows are ours to choose."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reco.evaluation.metrics import DEPTH
from reco.models.interactions import Interactions


def acceleration(interactions: Interactions, end: int, window: int) -> NDArray[np.int64]:
    """Per item: events in the `window` seconds before `end` less those in the window before that one."""
    age = end - interactions.times
    newer = np.bincount(interactions.items[(age > 0) & (age <= window)], minlength=interactions.item_count)
    older = np.bincount(interactions.items[(age > window) & (age <= 2 * window)], minlength=interactions.item_count)
    return np.asarray(newer - older, np.int64)


def trend_prediction_accuracy(recommended: NDArray[np.int32], gained: NDArray[np.int64]) -> float:
    """Acceleration that the first 25 recommended items had, as a share of what the 25 fastest items had.

    Slowing items count as standing still, on both sides. 0 when nothing sped up.

    Args:
        gained: per item its acceleration in the time that was to be foretold.
    """
    speeding = np.maximum(gained, 0)
    best = np.sort(speeding)[::-1][:DEPTH].sum()
    return float(speeding[recommended[:DEPTH]].sum() / best) if best else 0.0
