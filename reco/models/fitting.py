"""From data to a fitted model: which family fits it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from reco.models.families import (
    blend_fitting,
    factors,
    item_affinity_fitting,
    item_attribute_affinity_fitting,
    neighbours_fitting,
    next_best_action_fitting,
    popularity,
    semantic_fitting,
    trending,
)
from reco.models.fit_settings import FitSettings
from reco.models.selection import Values
from reco.models.source import FittedModel
from reco.models.training_data import TrainingData

_FAMILIES: dict[str, Callable[[TrainingData, Values, FitSettings], FittedModel]] = {
    "blend": blend_fitting.fit,
    "als": factors.fit,
    "item_affinity": item_affinity_fitting.fit,
    "item_attribute_affinity": item_attribute_affinity_fitting.fit,
    "item_similarity": neighbours_fitting.fit,
    "next_best_action": next_best_action_fitting.fit,
    "popularity": popularity.fit,
    "semantic_similarity": semantic_fitting.fit,
    "trending": trending.fit,
}

FAMILIES = tuple(_FAMILIES)


def fit_model(data: TrainingData, family: str, values: Values, settings: FitSettings) -> FittedModel:
    """Fits one family's model.

    Args:
        data: at least one event.
        values: hyperparameters that the recipe declares; those the model has no use for are left alone.
    Raises:
        UserFault: the data are not what the family can learn from; the message says what is missing.
    """
    even = replace(data, interactions=data.interactions.with_relative_weights())
    return _FAMILIES[family](even, values, settings)
