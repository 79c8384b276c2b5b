"""Names of the metrics that a recipe's versions report. Source: control-plane reference, G.2.

Where the service documents no key (trends, actions, semantic similarity), the name here is ours.
"""

from __future__ import annotations

RANKING = (
    "coverage",
    "mean_reciprocal_rank_at_25",
    "normalized_discounted_cumulative_gain_at_5",
    "precision_at_5",
    "normalized_discounted_cumulative_gain_at_10",
    "precision_at_10",
    "normalized_discounted_cumulative_gain_at_25",
    "precision_at_25",
)
TREND = ("coverage", "trend_prediction_accuracy")
SEGMENT = ("coverage", "hits_at_1_percent", "recall_at_1_percent")
ACTION = (
    "coverage",
    "normalized_discounted_cumulative_gain_at_5",
    "normalized_discounted_cumulative_gain_at_10",
    "normalized_discounted_cumulative_gain_at_25",
    "precision",
    "recall",
    "area_under_curve",
)
SEMANTIC = ("item_popularity", "item_freshness", "item_similarity")

REWARDS = ("average_rewards_at_k",)
"""Added by an optimizationObjective."""
EVENT_WEIGHTS = tuple(f"normalized_discounted_cumulative_gain_with_event_weights_at_{cut}" for cut in (5, 10, 25))
"""Added by an eventsConfig."""
