"""Family `popularity`: the same items for everybody."""

from __future__ import annotations

from reco.artefact import Vocabulary
from reco.models.fit_settings import FitSettings
from reco.models.popularity import most_popular
from reco.models.query import Query, Ranking, Rows, in_order
from reco.models.selection import Values
from reco.models.source import FittedModel, ModelSource
from reco.models.training_data import TrainingData


def fit(data: TrainingData, values: Values, settings: FitSettings) -> FittedModel:
    """Counts users."""
    return FittedModel(
        arrays={"popular": most_popular(data.interactions)}, attributes={"family": "popularity", "seen_items": "allow"}
    )


class PopularityModel:
    """The same for everybody: items by how many users touched them."""

    family = "popularity"
    has_scores = False

    def __init__(self, source: ModelSource, items: Vocabulary) -> None:
        self.items = items
        self._popular: Rows = source.array("popular")

    def rank(self, query: Query) -> Ranking:
        return in_order(self._popular, query)
