"""Family `item_similarity`: items that the same users touch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reco.artefact import Vocabulary
from reco.models.item_rows import ItemRows
from reco.models.query import Query, Ranking, Rows, in_order
from reco.models.source import ModelSource

Scored = tuple[Rows, NDArray[np.float32]]

LAYOUT = "rows"
"""Attribute `neighbours` of artefacts that keep likeness too; without it they keep the order alone."""


class NeighbourModel:
    """Related items: the neighbours of the item asked for, then popular items; popular ones alone without an item."""

    family = "item_similarity"
    has_scores = False

    def __init__(self, source: ModelSource, items: Vocabulary) -> None:
        self.items = items
        self._popular: Rows = source.array("popular")
        self._neighbours = (
            ItemRows.read(source, "neighbours")
            if source.attributes.get("neighbours") == LAYOUT
            else _ordered(source.array("neighbour_offsets"), source.array("neighbours"))
        )

    def rank(self, query: Query) -> Ranking:
        if query.item is None:
            return in_order(self._popular, query)
        nearest, _ = self._scored(query.item)
        taken = np.zeros(len(self._popular), bool)
        taken[nearest] = True
        taken[query.item] = True
        return in_order(np.concatenate([nearest, self._popular[~taken[self._popular]]]), query)

    def _scored(self, item: int) -> Scored:
        span = slice(self._neighbours.offsets[item], self._neighbours.offsets[item + 1])
        items, values = self._neighbours.items[span], self._neighbours.values[span]
        order = np.argsort(-values, kind="stable")
        return items[order], values[order]


def _ordered(offsets: NDArray[np.int64], items: Rows) -> ItemRows:
    """Rows of the first layout, which holds each item's neighbours best first: all alike, so that they stay so."""
    return ItemRows(offsets, items, np.broadcast_to(np.float32(1), items.shape))
