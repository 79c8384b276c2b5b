"""Fitting of family `item_similarity`, apart from its serving: it loads scipy, which no handler carries."""

from __future__ import annotations

from reco.models.families.neighbours import LAYOUT
from reco.models.fit_settings import FitSettings
from reco.models.interactions import distinct_pairs
from reco.models.item_similarity import Discounted, fit_neighbours
from reco.models.popularity import most_popular
from reco.models.selection import Values, usual_items, usual_users
from reco.models.source import FittedModel
from reco.models.training_data import TrainingData


def fit(data: TrainingData, values: Values, settings: FitSettings) -> FittedModel:
    """Counts meetings and keeps each item's nearest."""
    interactions = data.interactions
    kept = usual_items(usual_users(interactions, values), values)
    pairs = distinct_pairs(kept.offsets, kept.items, kept.item_count)
    discount = float(values["popularity_discount_factor"])
    if "min_cointeraction_count" in values:
        measure = Discounted(discount, int(values["min_cointeraction_count"]))
    else:
        # Similar-items: from the cosine's order upwards, and few meetings are enough.
        measure = Discounted(0.5 + discount / 2, minimum=1, shrinkage=5.0)
    neighbours = fit_neighbours(pairs, measure, threads=settings.threads)
    popular = most_popular(interactions)
    return FittedModel(
        arrays={**neighbours.arrays("neighbours"), "popular": popular},
        attributes={"family": "item_similarity", "neighbours": LAYOUT, "seen_items": "allow"},
    )
