"""Fitting the family `item_affinity`: users ranked for one item at a time."""

from __future__ import annotations

import numpy as np

from reco.models.families.item_affinity import AffinityModel
from reco.models.fit_settings import FitSettings
from reco.models.segment_fitting import fit_segments
from reco.models.selection import Values
from reco.models.source import FittedModel
from reco.models.training_data import TrainingData


def fit(data: TrainingData, values: Values, settings: FitSettings) -> FittedModel:
    """See `segment_fitting`."""
    return fit_segments(data, values, settings, AffinityModel.family, lambda item, generator: np.array([item]))
