"""The eight metrics that Personalize reports, and the few that papers report besides.

Source: control-plane reference, G.3. Everything begins with `hits_of`: which places of a list were right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

DEPTH = 25
"""Longest list that any metric of Personalize looks at."""
CUTS = (5, 10, 25)

Hits = NDArray[np.bool_]
Values = NDArray[np.float64]


def hits_of(ranked: Sequence[NDArray[Any]], truths: Sequence[NDArray[Any]], depth: int = DEPTH) -> Hits:
    """Per user (row) and place (column): whether the item there was right. Places beyond a short list are wrong.

    Args:
        ranked: per user item rows, best first, no repeats.
        truths: per user distinct item rows.
    """
    hits = np.zeros((len(ranked), depth), bool)
    for row, (items, truth) in enumerate(zip(ranked, truths, strict=True)):
        listed = items[:depth]
        hits[row, : len(listed)] = np.isin(listed, truth)
    return hits


def discounted_gain(hits: NDArray[Any], truth_sizes: NDArray[Any], cut: int) -> Values:
    """NDCG at the cut per user: discount 1/log2(1 + place), the ideal counts min(cut, size of the truth) hits."""
    discounts = 1 / np.log2(np.arange(2, cut + 2))
    ideal = np.cumsum(discounts)[np.minimum(truth_sizes, cut) - 1]
    return np.asarray((hits[:, :cut] @ discounts[: hits.shape[1]]) / ideal, np.float64)


def reciprocal_rank(hits: Hits, cut: int) -> Values:
    """1 / place of the first hit per user; 0 when there is none up to the cut."""
    first = hits[:, :cut].argmax(axis=1)
    return np.where(hits[:, :cut].any(axis=1), 1 / (first + 1), 0.0)


def precision(hits: Hits, cut: int) -> Values:
    """Share of the first `cut` places that were right, per user."""
    return np.asarray(hits[:, :cut].sum(axis=1) / cut, np.float64)


def recall(hits: Hits, truth_sizes: NDArray[Any], cut: int) -> Values:
    """Share of the truth found in the first `cut` places, per user."""
    return np.asarray(hits[:, :cut].sum(axis=1) / truth_sizes, np.float64)


def coverage(ranked: Sequence[NDArray[Any]], item_count: int, depth: int = DEPTH) -> float:
    """Share of the catalogue that stood in somebody's `depth` best; 0 when nobody was asked."""
    listed = [items[:depth] for items in ranked]
    return len(np.unique(np.concatenate(listed))) / item_count if listed and item_count else 0.0


def user_metrics(ranked: Sequence[NDArray[Any]], truths: Sequence[NDArray[Any]]) -> dict[str, Values]:
    """Seven of the eight per user, by Personalize's names; coverage is of no single user.

    Args:
        truths: one item each at least.
    """
    hits = hits_of(ranked, truths)
    sizes = np.array([len(truth) for truth in truths], np.int64)
    values = {"mean_reciprocal_rank_at_25": reciprocal_rank(hits, DEPTH)}
    for cut in CUTS:
        values[f"normalized_discounted_cumulative_gain_at_{cut}"] = discounted_gain(hits, sizes, cut)
        values[f"precision_at_{cut}"] = precision(hits, cut)
    return values


METRICS = ("coverage", *user_metrics([], []))
"""All eight names."""


def mean_metrics(
    ranked: Sequence[NDArray[Any]], truths: Sequence[NDArray[Any]], *, item_count: int
) -> dict[str, float]:
    """The means over users, and coverage: the share of `item_count` items that stood in somebody's 25 best.

    All are zero when there is no user.
    """
    if not ranked:
        return dict.fromkeys(METRICS, 0.0)
    means = {name: float(values.mean()) for name, values in user_metrics(ranked, truths).items()}
    return {"coverage": coverage(ranked, item_count), **means}
