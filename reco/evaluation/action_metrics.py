"""Metrics of the next best action. Source: control-plane reference, G.2 and G.3."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.bool_]


def action_metrics(recommended: Table, taken: Table, scores: NDArray[np.float64]) -> dict[str, float]:
    """`precision`, `recall` and `area_under_curve`, from tables of users (rows) by actions (columns).

    Precision is, per action, the share of those it was recommended to who took it; recall the share of those who took
    it to whom it was recommended. Both are means over the actions that can be judged: that were recommended to
    somebody, and that somebody took. 0 where none can.
    """
    right = (recommended & taken).sum(axis=0)
    return {
        "precision": _mean_share(right, recommended.sum(axis=0)),
        "recall": _mean_share(right, taken.sum(axis=0)),
        "area_under_curve": area_under_curve(scores.ravel(), taken.ravel()),
    }


def area_under_curve(scores: NDArray[np.float64], positive: Table) -> float:
    """How often a positive scores above a negative, a tie being half; 0.5 when one of the kinds is missing.

    The Mann-Whitney statistic, which is the area under the ROC curve (Hanley and McNeil 1982). Cost: one sort.
    """
    positives, negatives = int(positive.sum()), int((~positive).sum())
    if not positives or not negatives:
        return 0.5
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2
    ranks = float(middle[places][positive].sum())
    return (ranks - positives * (positives + 1) / 2) / (positives * negatives)


def _mean_share(right: NDArray[np.int64], of: NDArray[np.int64]) -> float:
    judged = of > 0
    return float((right[judged] / of[judged]).mean()) if judged.any() else 0.0
