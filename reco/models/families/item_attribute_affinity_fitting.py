"""Fitting the family `item_attribute_affinity`: users ranked for all items of an attribute together."""

from __future__ import annotations

import numpy as np

from reco.errors import UserFault
from reco.models.families.item_attribute_affinity import AttributeAffinityModel
from reco.models.fit_settings import FitSettings
from reco.models.interactions import offsets_of
from reco.models.segment_fitting import fit_segments
from reco.models.segments import Rows
from reco.models.selection import Values
from reco.models.source import FittedModel
from reco.models.training_data import TrainingData


def fit(data: TrainingData, values: Values, settings: FitSettings) -> FittedModel:
    """See `segment_fitting`.

    Raises:
        UserFault: no item has an attribute.
    """
    attributes = data.attributes
    if attributes is None or not len(attributes.items):
        raise UserFault(
            "Create failed. The recipe aws-item-attribute-affinity needs an Items dataset in which items have values "
            "in a categorical or numeric column."
        )
    owners = np.repeat(np.arange(len(attributes)), np.diff(attributes.offsets))
    by_item = owners[np.argsort(attributes.items, kind="stable")]
    places = offsets_of(np.bincount(attributes.items, minlength=data.interactions.item_count))

    def choose(item: int, generator: np.random.Generator) -> Rows:
        had = by_item[places[item] : places[item + 1]]
        return attributes.items_of(int(generator.choice(had))) if len(had) else np.empty(0, np.int32)

    fitted = fit_segments(data, values, settings, AttributeAffinityModel.family, choose)
    return FittedModel(
        {**fitted.arrays, **attributes.arrays()}, {**fitted.attributes, "attribute_columns": list(attributes.columns)}
    )
