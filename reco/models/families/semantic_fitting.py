"""Fitting of family `semantic_similarity`, apart from its serving: it loads scipy, which no handler carries."""

from __future__ import annotations

import numpy as np

from reco.models.cold_items import content_codes
from reco.models.content import ItemContent
from reco.models.content_similarity import nearest_by_content
from reco.models.families.neighbours import LAYOUT
from reco.models.families.semantic import SemanticModel
from reco.models.fit_settings import FitSettings
from reco.models.item_rows import ItemRows
from reco.models.item_similarity import MOST_ENTRIES
from reco.models.popularity import most_popular
from reco.models.selection import Values
from reco.models.source import FittedModel
from reco.models.training_data import TrainingData

CODE_LENGTH = 128
"""Directions in which texts are compared (latent semantic analysis, Deerwester et al. 1990)."""
NEIGHBOURS = 100
POPULARITY = 0.1
"""How far popularity moves likeness, of the tenth that it may: enough to order equals."""


def fit(data: TrainingData, values: Values, settings: FitSettings) -> FittedModel:
    """Compares texts; all metadata where no column holds text. Needs no interaction."""
    interactions = data.interactions
    users = np.bincount(interactions.items, minlength=interactions.item_count)
    popularity = np.log1p(users) / max(float(np.log1p(users.max(initial=0))), 1e-9)
    count = max(1, min(NEIGHBOURS, MOST_ENTRIES // max(interactions.item_count, 1)))
    if data.content is None:
        neighbours = _nobody(interactions.item_count)
    else:
        neighbours = nearest_by_content(
            content_codes(_told(data.content), length=CODE_LENGTH, seed=settings.seed),
            np.ones(interactions.item_count, bool),
            (POPULARITY * popularity).astype(np.float32),
            count=count,
            seed=settings.seed,
            threads=settings.threads,
        )
    return FittedModel(
        arrays={**neighbours.arrays("neighbours"), "popular": most_popular(interactions)},
        attributes={"family": SemanticModel.family, "neighbours": LAYOUT, "seen_items": "allow"},
    )


def _told(content: ItemContent) -> ItemContent:
    texts = content.of_fields(lambda field: field.kind == "text")
    return texts if len(texts.columns) else content


def _nobody(item_count: int) -> ItemRows:
    return ItemRows(np.zeros(item_count + 1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32))
