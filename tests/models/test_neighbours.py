"""Families that answer for an item: what they rank first, and that old models still answer."""

from __future__ import annotations

import numpy as np

from reco.models.families.neighbours import NeighbourModel
from reco.models.query import Query
from reco.models.source import FittedModel
from tests.models.builders import names

NOBODY = np.empty(0, np.int32)


def asked_for(item: int | None, count: int = 25) -> Query:
    return Query(NOBODY, NOBODY.astype(np.int64), item, None, count)


def test_a_model_of_the_first_layout_keeps_its_order() -> None:
    source = FittedModel(
        arrays={
            "neighbour_offsets": np.array([0, 3, 3, 4, 4]),
            "neighbours": np.array([3, 1, 2, 0], np.int32),
            "popular": np.array([2, 1, 0, 3], np.int32),
        },
        attributes={"family": "item_similarity", "seen_items": "allow"},
    )
    model = NeighbourModel(source, names(4, "i"))
    assert model.rank(asked_for(0)).items.tolist() == [3, 1, 2]
    assert model.rank(asked_for(1)).items.tolist() == [2, 0, 3]
    assert model.rank(asked_for(None)).items.tolist() == [2, 1, 0, 3]
