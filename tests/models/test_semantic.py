"""Neighbours by text: with no interaction at all, and with some."""

from __future__ import annotations

import numpy as np

from reco.models.content import ItemContent
from reco.models.content_features import TextColumn, build_content
from reco.models.families.semantic import SemanticModel
from reco.models.families.semantic_fitting import fit
from reco.models.fit_settings import FitSettings
from reco.models.interactions import Interactions
from reco.models.query import Query
from reco.models.training_data import TrainingData
from tests.models.builders import interactions_of, names

PLOTS = (
    "A whale hunts the captain of a ship at sea",
    "The captain of a ship hunts a whale",
    "Two detectives look for a murderer in the city",
    "A murderer hides from detectives in a big city",
    "A chef opens a kitchen in Paris",
    "The kitchen of a Paris chef burns down",
    None,
)
NOBODY = np.empty(0, np.int32)


def described() -> ItemContent:
    return build_content(
        [TextColumn.of("GENRE", "category", ["x", "y"] * 3 + ["x"]), TextColumn.of("PLOT", "text", PLOTS)], 7
    )


def model_of(histories: list[list[int]], content: ItemContent | None) -> SemanticModel:
    nothing = Interactions(np.zeros(1, np.int64), NOBODY, NOBODY.astype(np.int64), 7)
    data = TrainingData(interactions_of(histories, 7) if histories else nothing, content)
    return SemanticModel(fit(data, {}, FitSettings()), names(7, "i"))


def ranked(model: SemanticModel, item: int | None, count: int = 7) -> list[int]:
    return model.rank(Query(NOBODY, NOBODY.astype(np.int64), item, None, count)).items.tolist()


def test_texts_that_say_the_same_are_neighbours_without_a_single_interaction() -> None:
    model = model_of([], described())
    assert [ranked(model, item, 1)[0] for item in range(6)] == [1, 0, 3, 2, 5, 4]
    items, likeness = model.like(0)
    assert items[0] == 1
    assert 0 < likeness[0] <= 1


def test_an_item_without_text_gets_popular_items_and_so_does_an_unknown_one() -> None:
    model = model_of([[4], [4], [2]], described())
    assert ranked(model, 6, 2) == [4, 2]
    assert ranked(model, None, 2) == [4, 2]


def test_every_item_is_ranked_once() -> None:
    model = model_of([[4], [2]], described())
    for item in range(7):
        assert sorted([*ranked(model, item), item]) == list(range(7))


def test_popularity_decides_among_equals_only() -> None:
    content = build_content(
        [TextColumn.of("PLOT", "text", ["red car", "red car", "red car", "blue car", "blue car", "big car", "car"])], 7
    )
    model = model_of([[2]] * 5 + [[6]] * 50, content)
    assert ranked(model, 0, 2) == [2, 1]


def test_without_text_all_metadata_are_compared_and_without_metadata_popular_items_are_shown() -> None:
    genres = build_content([TextColumn.of("GENRE", "category", ["a", "b", "a", "b", "a", "b", "b"])], 7)
    assert set(ranked(model_of([], genres), 0, 2)) == {2, 4}
    assert ranked(model_of([[5]], None), 0, 1) == [5]
