"""Training of trending items: a model that ends one window before the data is asked what speeds up in that window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from reco.artefact import Vocabulary
from reco.evaluation.metrics import DEPTH, coverage
from reco.evaluation.trend_metrics import acceleration, trend_prediction_accuracy
from reco.models.families.trending import TrendingModel
from reco.models.fit_settings import FitSettings
from reco.models.fitting import fit_model
from reco.models.query import Query
from reco.models.selection import Values
from reco.models.served import serve
from reco.models.source import FittedModel
from reco.models.training_data import TrainingData

FAMILIES = (TrendingModel.family,)


def train_trends(
    data: TrainingData, items: Vocabulary, *, values: Values, settings: FitSettings
) -> tuple[FittedModel, dict[str, float]]:
    """The model of all events, and how well one without the newest window foretold that window.

    The window is the one that the model of all events compares. Both metrics are 0 where all events have one time.
    """
    final = fit_model(data, TrendingModel.family, values, settings)
    window = int(final.attributes["window_seconds"])
    interactions = data.interactions
    end = int(interactions.times.max(initial=0)) + 1
    rest = interactions.of_events(interactions.times < end - window)
    if not window or not len(rest):
        return final, {"coverage": 0.0, "trend_prediction_accuracy": 0.0}
    settings.say(f"measuring on the newest {window} s")
    trial = serve(fit_model(replace(data, interactions=rest), TrendingModel.family, values, settings), items)
    foretold = trial.rank(Query(np.empty(0, np.int32), np.empty(0, np.int64), None, None, DEPTH)).items
    return final, {
        "coverage": coverage([foretold], interactions.item_count),
        "trend_prediction_accuracy": trend_prediction_accuracy(foretold, acceleration(interactions, end, window)),
    }
