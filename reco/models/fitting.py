"""From interactions to a fitted model, for each family: which constants, from which hyperparameters and data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from reco.models import als
from reco.models.history import HistoryWeights
from reco.models.interactions import (
    Interactions,
    distinct_pairs,
    keep_between_percentiles,
    repeat_share,
)
from reco.models.item_similarity import Likeness, fit_neighbours
from reco.models.popularity import count_users, newcomer_shares, popular_order
from reco.models.source import FittedModel
from reco.models.temperature import FALLBACK

Values = Mapping[str, Any]
"""A recipe's hyperparameters, typed, by Personalize's names."""

EPOCHS = 6
REGULARISATION = 0.01
CONFIDENCE = 0.2
"""Weight of all observed pairs together, as a share of the weight of all unobserved ones."""
LEAST_ALPHA, GREATEST_ALPHA = 2.0, 2000.0
RECENCY = HistoryWeights(decay=20.0, floor=0.02)
ALL_ALIKE = HistoryWeights(decay=None)

REPEAT_SHARE = 0.01
"""From this share of repeating events on, what a user has touched may be recommended again."""


def fit_model(interactions: Interactions, family: str, values: Values, *, seed: int, threads: int) -> FittedModel:
    """Fits one family's model.

    Args:
        interactions: at least one event.
        values: hyperparameters that the recipe declares; those the model has no use for are left alone.
    """
    return _FAMILIES[family](interactions, values, seed, threads)


def seen_items(interactions: Interactions) -> str:
    """Whether what a user has touched may be recommended again, as the data themselves show: "exclude" or "allow"."""
    return "exclude" if repeat_share(interactions) < REPEAT_SHARE else "allow"


def _fit_factors(interactions: Interactions, values: Values, seed: int, threads: int) -> FittedModel:
    kept = _usual_users(interactions, values)
    weights = RECENCY if values.get("recency_mask", True) else ALL_ALIKE
    pairs = weights.weigh(kept.offsets, kept.items, kept.item_count)
    objective = als.Objective(alpha=_alpha(kept), regularisation=REGULARISATION)
    fit = als.fit(pairs, objective, factors=int(values["hidden_dimension"]), epochs=EPOCHS, seed=seed, threads=threads)
    return FittedModel(
        arrays={
            "item_factors": fit.items,
            "spectrum": fit.spectrum,
            "untouched_items": np.flatnonzero(~fit.items.any(axis=1)).astype(np.int32),
            "newcomer_shares": newcomer_shares(interactions, recent=bool(values.get("recency_mask", True))),
        },
        attributes={
            "family": "als",
            "objective": asdict(objective),
            "history_weights": asdict(weights),
            "seen_items": seen_items(interactions),
            "temperature": FALLBACK,
        },
    )


def _alpha(interactions: Interactions) -> float:
    """Confidence per event: the emptier the table of users and items, the more an observed pair must stand out."""
    cells = interactions.user_count * int(np.count_nonzero(np.bincount(interactions.items)))
    return float(np.clip(CONFIDENCE * cells / len(interactions), LEAST_ALPHA, GREATEST_ALPHA))


def _fit_neighbours(interactions: Interactions, values: Values, seed: int, threads: int) -> FittedModel:
    kept = _usual_items(_usual_users(interactions, values), values)
    pairs = distinct_pairs(kept.offsets, kept.items, kept.item_count)
    discount = float(values["popularity_discount_factor"])
    if "min_cointeraction_count" in values:
        likeness = Likeness(discount, int(values["min_cointeraction_count"]))
    else:
        # Similar-items: from the cosine's order upwards, and few meetings are enough.
        likeness = Likeness(0.5 + discount / 2, minimum=1, shrinkage=5.0)
    neighbours = fit_neighbours(pairs, likeness, threads=threads)
    popular = _popular(interactions)
    return FittedModel(
        arrays={"neighbour_offsets": neighbours.offsets, "neighbours": neighbours.items, "popular": popular},
        attributes={"family": "item_similarity", "seen_items": "allow"},
    )


def _fit_popularity(interactions: Interactions, values: Values, seed: int, threads: int) -> FittedModel:
    return FittedModel(
        arrays={"popular": _popular(interactions)}, attributes={"family": "popularity", "seen_items": "allow"}
    )


_FAMILIES: dict[str, Callable[[Interactions, Values, int, int], FittedModel]] = {
    "als": _fit_factors,
    "item_similarity": _fit_neighbours,
    "popularity": _fit_popularity,
}


def _popular(interactions: Interactions) -> Any:
    pairs = distinct_pairs(interactions.offsets, interactions.items, interactions.item_count)
    return popular_order(count_users(pairs))


def _usual_users(interactions: Interactions, values: Values) -> Interactions:
    """Without users whose history is unusually short or long, by the recipe's percentiles."""
    low = float(values.get("min_user_history_length_percentile", 0.0))
    high = float(values.get("max_user_history_length_percentile", 1.0))
    if low <= 0 and high >= 1:
        return interactions
    return interactions.of_users(keep_between_percentiles(interactions.lengths, low, high))


def _usual_items(interactions: Interactions, values: Values) -> Interactions:
    """Without the events of items touched unusually seldom or often, by the recipe's percentiles."""
    low = float(values.get("min_item_interaction_count_percentile", 0.0))
    high = float(values.get("max_item_interaction_count_percentile", 1.0))
    if low <= 0 and high >= 1:
        return interactions
    counts = np.bincount(interactions.items, minlength=interactions.item_count)
    return interactions.without_items(~keep_between_percentiles(counts, low, high))
