"""Fitting of family `item_similarity`, apart from its serving: it loads scipy, which no handler carries.

The recipe's values decide what is counted: `measure` "cosine" (held back by `popularity_discount_factor`) or
"log_likelihood", which also looks for baskets; `direction` "either", "after" for neighbours touched after the item
only, or "mixed" for both opinions blended.
"""

from __future__ import annotations

import numpy as np

from reco.models.baskets import into_baskets
from reco.models.blended_neighbours import blend_neighbours
from reco.models.cold_items import content_codes
from reco.models.content import ItemContent
from reco.models.content_similarity import nearest_by_content
from reco.models.families.neighbours import LAYOUT
from reco.models.fit_settings import FitSettings
from reco.models.interactions import Interactions, distinct_pairs
from reco.models.item_rows import ItemRows
from reco.models.item_similarity import MOST_ENTRIES, NEIGHBOURS, Discounted, LogLikelihood, Measure, fit_neighbours
from reco.models.popularity import most_popular
from reco.models.selection import Values, usual_items, usual_users
from reco.models.source import FittedModel
from reco.models.training_data import TrainingData

FOLLOWERS = 3
"""Items after an item that count as touched after it: what comes later has other reasons."""
EITHER_SHARE = 0.75
"""What the opinion either way counts in a mixed one: measured, direction alone ranks worse than no direction."""
DOUBT = 5.0
"""Events after which an item's users say as much of it as its content; items with fewer are led by content."""
CONTENT_NEIGHBOURS = 50


def fit(data: TrainingData, values: Values, settings: FitSettings) -> FittedModel:
    """Counts meetings, keeps each item's nearest, and blends in what is like by content where that is known."""
    kept = usual_items(usual_users(data.interactions, values), values)
    neighbours = _counted(kept, values, settings)
    if data.content is not None and len(data.content.columns):
        settings.say("comparing items by content")
        neighbours = _with_content(neighbours, data.content, data.interactions, values, settings)
    return FittedModel(
        arrays={**neighbours.arrays("neighbours"), "popular": most_popular(data.interactions)},
        attributes={"family": "item_similarity", "neighbours": LAYOUT, "seen_items": "allow"},
    )


def _counted(kept: Interactions, values: Values, settings: FitSettings) -> ItemRows:
    direction, measure = values.get("direction", "either"), _measure(values)
    if values.get("measure") == "log_likelihood":
        kept = into_baskets(kept)
    pairs = distinct_pairs(kept.offsets, kept.items, kept.item_count)
    if direction == "after":
        return fit_neighbours(pairs, measure, after=FOLLOWERS, threads=settings.threads)
    either = fit_neighbours(pairs, measure, threads=settings.threads)
    if direction == "either":
        return either
    after = fit_neighbours(pairs, measure, after=FOLLOWERS, threads=settings.threads)
    return blend_neighbours(either, after, np.full(pairs.item_count, EITHER_SHARE), _most(pairs.item_count))


def _measure(values: Values) -> Measure:
    discount = float(values.get("popularity_discount_factor", 0.0))
    least = values.get("min_cointeraction_count")
    if values.get("measure") == "log_likelihood":
        return LogLikelihood(max(int(least or 0), 2))
    if least is not None:
        return Discounted(discount, int(least))
    # Similar-items: from the cosine's order upwards, and few meetings are enough.
    return Discounted(0.5 + discount / 2, minimum=1, shrinkage=5.0)


def _with_content(
    neighbours: ItemRows, content: ItemContent, interactions: Interactions, values: Values, settings: FitSettings
) -> ItemRows:
    """What is like by content leads for items that hardly anybody has touched, and fills in after the others."""
    events = np.bincount(interactions.items, minlength=interactions.item_count)
    undiscounted = 1 - float(values.get("popularity_discount_factor", 0.0))
    popularity = np.log1p(events) / max(float(np.log1p(events.max(initial=0))), 1e-9)
    alike = nearest_by_content(
        content_codes(content, seed=settings.seed),
        np.ones(len(content), bool),
        (undiscounted * popularity).astype(np.float32),
        count=min(CONTENT_NEIGHBOURS, _most(len(content))),
        seed=settings.seed,
        threads=settings.threads,
    )
    return blend_neighbours(neighbours, alike, events / (events + DOUBT), _most(len(content)))


def _most(item_count: int) -> int:
    return max(1, min(NEIGHBOURS, MOST_ENTRIES // max(item_count, 1)))
