"""Fitting of family `item_similarity`, apart from its serving: it loads scipy, which no handler carries."""

from __future__ import annotations

from reco.models.fit_settings import FitSettings
from reco.models.interactions import distinct_pairs
from reco.models.item_similarity import Likeness, fit_neighbours
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
        likeness = Likeness(discount, int(values["min_cointeraction_count"]))
    else:
        # Similar-items: from the cosine's order upwards, and few meetings are enough.
        likeness = Likeness(0.5 + discount / 2, minimum=1, shrinkage=5.0)
    neighbours = fit_neighbours(pairs, likeness, threads=settings.threads)
    popular = most_popular(interactions)
    return FittedModel(
        arrays={"neighbour_offsets": neighbours.offsets, "neighbours": neighbours.items, "popular": popular},
        attributes={"family": "item_similarity", "seen_items": "allow"},
    )
