"""The eight metrics that Personalize reports. Source: control-plane reference, G.3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

DEPTH = 25
"""Longest list that any metric looks at."""
CUTS = (5, 10, 25)
_DISCOUNTS = 1 / np.log2(np.arange(2, DEPTH + 2))
_IDEAL = np.cumsum(_DISCOUNTS)


def rank_metrics(ranked: NDArray[Any], truth: NDArray[Any]) -> dict[str, float]:
    """One user's metrics, by Personalize's names.

    Args:
        ranked: item rows, best first, no repeats; may be shorter than 25.
        truth: distinct item rows, one at least.
    """
    hits = np.zeros(DEPTH)
    listed = ranked[:DEPTH]
    hits[: len(listed)] = np.isin(listed, truth)
    first = int(hits.argmax()) + 1
    values = {"mean_reciprocal_rank_at_25": 1 / first if hits.any() else 0.0}
    for cut in CUTS:
        gain = float(hits[:cut] @ _DISCOUNTS[:cut])
        values[f"normalized_discounted_cumulative_gain_at_{cut}"] = gain / float(_IDEAL[min(cut, len(truth)) - 1])
        values[f"precision_at_{cut}"] = float(hits[:cut].sum()) / cut
    return values


METRICS = ("coverage", *rank_metrics(np.zeros(0), np.zeros(1)))
"""All eight names."""


def mean_metrics(
    ranked: Sequence[NDArray[Any]], truths: Sequence[NDArray[Any]], *, item_count: int
) -> dict[str, float]:
    """The means over users, and coverage: the share of `item_count` items that stood in somebody's 25 best.

    All are zero when there is no user.
    """
    if not ranked:
        return dict.fromkeys(METRICS, 0.0)
    users = [rank_metrics(items, truth) for items, truth in zip(ranked, truths, strict=True)]
    seen = np.unique(np.concatenate([items[:DEPTH] for items in ranked]))
    means = {name: float(np.mean([user[name] for user in users])) for name in METRICS[1:]}
    return {"coverage": len(seen) / item_count, **means}
