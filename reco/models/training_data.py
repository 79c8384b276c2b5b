"""Everything that fitting a model may learn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reco.models.action_data import ActionData
from reco.models.content import ItemContent
from reco.models.interactions import Interactions
from reco.models.item_attributes import ItemAttributes
from reco.models.item_objective import ItemObjective


@dataclass(frozen=True)
class TrainingData:
    """One dataset group's data, by row numbers. What is None was not imported."""

    interactions: Interactions
    content: ItemContent | None = None
    """Features of the items, row by row as the interactions number them."""
    attributes: ItemAttributes | None = None
    """The same metadata as values that a segment's expression may name."""
    actions: ActionData | None = None
    created: NDArray[np.float64] | None = None
    """(I,) CREATION_TIMESTAMP of the items; NaN where none is given."""
    objective: ItemObjective | None = None
    """What is to be maximised beside relevance; None is relevance alone."""
