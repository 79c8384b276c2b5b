"""Families that answer for an item: what they rank first, and that old models still answer."""

from __future__ import annotations

import numpy as np

from reco.models.content import ItemContent
from reco.models.content_features import TextColumn, build_content
from reco.models.families.neighbours import NeighbourModel
from reco.models.fit_settings import FitSettings
from reco.models.fitting import fit_model
from reco.models.query import Query
from reco.models.served import serve
from reco.models.source import FittedModel
from reco.models.training_data import TrainingData
from tests.models.builders import interactions_of, names

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


SHOP = [[0, 1], [0, 1], [0, 1], [0, 2], [3, 4], [3, 4], [4, 3]] * 3
COSINE = {"popularity_discount_factor": 0.0}


def fitted(
    histories: list[list[int]], values: dict[str, object], content: ItemContent | None = None, items: int = 6
) -> NeighbourModel:
    data = TrainingData(interactions_of(histories, items), content)
    model = serve(fit_model(data, "item_similarity", values, FitSettings()), names(items, "i"))
    assert isinstance(model, NeighbourModel)
    return model


def first_of(model: NeighbourModel, item: int, count: int = 2) -> list[int]:
    return model.rank(asked_for(item, count)).items.tolist()


def test_the_recipes_measure_and_direction_act() -> None:
    assert first_of(fitted(SHOP, COSINE), 0) == [1, 2]
    assert first_of(fitted(SHOP, {"measure": "log_likelihood"}), 4, 1) == [3]
    after = fitted(SHOP, {"direction": "after"})
    assert first_of(after, 0) == [1, 2]
    assert after.rank(asked_for(1)).items.tolist()[0] == 0  # nothing follows 1: the most popular
    mixed = fitted([*SHOP, [1, 5], [1, 5]], {"direction": "mixed"})
    assert first_of(mixed, 1) == [5, 0]
    assert first_of(fitted([*SHOP, [1, 5], [1, 5]], COSINE), 1) == [0, 5]


def genres(*rows: str) -> ItemContent:
    return build_content([TextColumn.of("GENRES", "category", rows)], len(rows))


def test_content_leads_for_an_item_nobody_touched_and_fills_in_after_the_others() -> None:
    content = genres("a", "b", "b", "c", "c", "a")
    assert first_of(fitted(SHOP, COSINE, content), 5, 1) == [0]
    known = fitted(SHOP, COSINE, content).rank(asked_for(0, 3)).items.tolist()
    assert known[0] == 1
    assert 5 in known


def test_content_that_says_nothing_changes_nothing() -> None:
    silent = build_content([TextColumn.of("GENRES", "category", [None] * 6)], 6)
    for item in range(6):
        expected = fitted(SHOP, COSINE).rank(asked_for(item)).items.tolist()
        assert fitted(SHOP, COSINE, silent).rank(asked_for(item)).items.tolist() == expected
