"""Family `popularity`: the same items for everybody."""

from __future__ import annotations

import numpy as np

from reco.artefact import Vocabulary
from reco.models.fit_settings import FitSettings
from reco.models.popularity import most_popular, popular_order
from reco.models.query import Query, Ranking, Rows, in_order
from reco.models.selection import Values
from reco.models.source import FittedModel, ModelSource
from reco.models.training_data import TrainingData


def fit(data: TrainingData, values: Values, settings: FitSettings) -> FittedModel:
    """Counts users; events where the value `counted` is "events"."""
    interactions = data.interactions
    if values.get("counted") == "events":
        popular = popular_order(np.bincount(interactions.items, minlength=interactions.item_count))
    else:
        popular = most_popular(interactions)
    return FittedModel(arrays={"popular": popular}, attributes={"family": "popularity", "seen_items": "allow"})


class PopularityModel:
    """The same for everybody, whatever order was fitted."""

    family = "popularity"
    has_scores = False

    def __init__(self, source: ModelSource, items: Vocabulary) -> None:
        self.items = items
        self._popular: Rows = source.array("popular")

    def rank(self, query: Query) -> Ranking:
        return in_order(self._popular, query)
