"""Family `trending`: items that are gaining fastest, the same for everybody."""

from __future__ import annotations

from reco.models.families.popularity import PopularityModel
from reco.models.fit_settings import FitSettings
from reco.models.selection import Values
from reco.models.source import FittedModel
from reco.models.training_data import TrainingData
from reco.models.trending import fit_trends, seconds_of

DEFAULT_FREQUENCY = "2 hours"


def fit(data: TrainingData, values: Values, settings: FitSettings) -> FittedModel:
    """Compares the newest window with those before it; the artefact says how long the window had to be."""
    trends = fit_trends(data.interactions, seconds_of(str(values.get("trend_discovery_frequency", DEFAULT_FREQUENCY))))
    settings.say(
        f"{trends.growing} items grow from window to window of {trends.window} s"
        if trends.window
        else "all events have one time: trending items are the popular ones"
    )
    return FittedModel(
        arrays={"popular": trends.order},
        attributes={
            "family": TrendingModel.family,
            "seen_items": "allow",
            "window_seconds": trends.window,
            "growing_items": trends.growing,
        },
    )


class TrendingModel(PopularityModel):
    """The same order for everybody, of growth instead of popularity."""

    family = "trending"
