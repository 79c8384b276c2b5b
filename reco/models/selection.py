"""Which events a model learns from, by the recipe's percentiles; and whether people come back to an item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from reco.models.interactions import Interactions, keep_between_percentiles, repeat_share

Values = Mapping[str, Any]
"""A recipe's hyperparameters, typed, by Personalize's names."""

REPEAT_SHARE = 0.01
"""From this share of repeating events on, what a user has touched may be recommended again."""


def seen_items(interactions: Interactions) -> str:
    """Whether what a user has touched may be recommended again, as the data themselves show: "exclude" or "allow"."""
    return "exclude" if repeat_share(interactions) < REPEAT_SHARE else "allow"


def usual_users(interactions: Interactions, values: Values) -> Interactions:
    """Without users whose history is unusually short or long, by the recipe's percentiles."""
    low = float(values.get("min_user_history_length_percentile", 0.0))
    high = float(values.get("max_user_history_length_percentile", 1.0))
    if low <= 0 and high >= 1:
        return interactions
    return interactions.of_users(keep_between_percentiles(interactions.lengths, low, high))


def usual_items(interactions: Interactions, values: Values) -> Interactions:
    """Without the events of items touched unusually seldom or often, by the recipe's percentiles."""
    low = float(values.get("min_item_interaction_count_percentile", 0.0))
    high = float(values.get("max_item_interaction_count_percentile", 1.0))
    if low <= 0 and high >= 1:
        return interactions
    counts = np.bincount(interactions.items, minlength=interactions.item_count)
    return interactions.without_items(~keep_between_percentiles(counts, low, high))
