"""Family `item_similarity`: items that the same users touch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reco.artefact import Vocabulary
from reco.models.query import Query, Ranking, Rows, in_order
from reco.models.source import ModelSource


class NeighbourModel:
    """Related items: the neighbours of the item asked for, then popular items; popular ones alone without an item."""

    family = "item_similarity"
    has_scores = False

    def __init__(self, source: ModelSource, items: Vocabulary) -> None:
        self.items = items
        self._offsets: NDArray[np.int64] = source.array("neighbour_offsets")
        self._neighbours: Rows = source.array("neighbours")
        self._popular: Rows = source.array("popular")

    def rank(self, query: Query) -> Ranking:
        if query.item is None:
            order = self._popular
        else:
            nearest = self._neighbours[self._offsets[query.item] : self._offsets[query.item + 1]]
            taken = np.zeros(len(self._popular), bool)
            taken[nearest] = True
            taken[query.item] = True
            order = np.concatenate([nearest, self._popular[~taken[self._popular]]])
        return in_order(order, query)
