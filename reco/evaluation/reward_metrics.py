"""Metrics of solutions that weigh events or pursue an objective. Source: control-plane reference, G.2 and G.3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.evaluation.holdout import truth_size
from reco.evaluation.metrics import CUTS, DEPTH
from reco.models.interactions import Interactions

OBJECTIVE = "average_rewards_at_k"


def event_gains(weights: Mapping[str, float]) -> dict[str, float]:
    """An eventsConfig's weight per event type, scaled so that the mean over types is 1; all 1 when all are 0.

    purchase 0.3 and click 0.1 give 1.5 and 0.5.
    """
    mean = sum(weights.values()) / len(weights) if weights else 0.0
    return {name: weight / mean if mean else 1.0 for name, weight in weights.items()}


def truth_gains(interactions: Interactions, chosen: NDArray[np.bool_]) -> list[NDArray[np.float64]]:
    """What finding each item of the chosen users' truths gains, as `hold_out` has them: the weight of the heaviest of
    its events there, scaled so that the mean of the different weights is 1.

    Kinds of events that weigh the same count once in that mean: an interaction has a weight, and no longer a type.
    """
    assert interactions.weights is not None  # noqa: S101  asked for only where events are weighed
    mean = float(np.unique(interactions.weights).mean(dtype=np.float64))
    gains = []
    for user in np.flatnonzero(chosen):
        start, stop = int(interactions.offsets[user]), int(interactions.offsets[user + 1])
        first = stop - truth_size(stop - start)
        items, places = np.unique(interactions.items[first:stop], return_inverse=True)
        greatest = np.zeros(len(items))
        np.maximum.at(greatest, places, interactions.weights[first:stop])
        gains.append(greatest / mean)
    return gains


def weighted_gain(
    ranked: Sequence[NDArray[Any]], truths: Sequence[NDArray[Any]], gains: Sequence[NDArray[Any]], cut: int
) -> NDArray[np.float64]:
    """NDCG per user where finding an item gains what it weighs.

    Args:
        truths: per user distinct item rows, rising.
        gains: per user what each of them gains: of several events on one item the greatest. A user all of whose
            gains are 0 scores 0.
    """
    discounts = 1 / np.log2(np.arange(2, cut + 2))
    scores = np.zeros(len(ranked))
    for row, (items, truth, worth) in enumerate(zip(ranked, truths, gains, strict=True)):
        listed = items[:cut]
        place = np.minimum(np.searchsorted(truth, listed), len(truth) - 1)
        found = np.where(truth[place] == listed, worth[place], 0.0)
        best = np.sort(worth)[::-1][:cut]
        ideal = float(best @ discounts[: len(best)])
        scores[row] = float(found @ discounts[: len(found)]) / ideal if ideal else 0.0
    return scores


def weighted_metrics(
    ranked: Sequence[NDArray[Any]], truths: Sequence[NDArray[Any]], gains: Sequence[NDArray[Any]]
) -> dict[str, float]:
    """The three that an eventsConfig adds; 0 without users."""
    return {
        f"normalized_discounted_cumulative_gain_with_event_weights_at_{cut}": float(
            np.mean(weighted_gain(ranked, truths, gains, cut)) if len(ranked) else 0.0
        )
        for cut in CUTS
    }


def average_rewards(
    ranked: Sequence[NDArray[Any]], truths: Sequence[NDArray[Any]], rewards: NDArray[np.float64]
) -> float:
    """`average_rewards_at_k`: how much of what a user's hits are worth lies in the most rewarding recommendations.

    Per user: the reward of the touched items among the 25 recommendations of highest reward, divided by the reward of
    all touched recommendations. Users who touched none say nothing and are left out.

    Args:
        ranked: per user the recommended items, more than 25 of them, or every user scores 1.
        rewards: per item, of the objective's column. Moved so that the least is 0; all alike count as 1. Items whose
            reward is not known (NaN) have the least.
    Returns:
        From 0 to 1; 0 also where nobody touched what was recommended.
    """
    known = np.isfinite(rewards)
    worth = np.where(known, rewards - rewards[known].min(), 0.0) if known.any() else np.zeros(len(rewards))
    if not worth.any():
        worth = np.ones_like(worth)
    shares = []
    for items, truth in zip(ranked, truths, strict=True):
        touched = np.isin(items, truth)
        total = worth[items[touched]].sum()
        if total > 0:
            best = np.argsort(-worth[items], kind="stable")[:DEPTH]
            shares.append(worth[items[best]] @ touched[best] / total)
    return float(np.mean(shares)) if shares else 0.0
