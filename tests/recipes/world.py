"""A small shop that every recipe can be trained on."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from reco.artefact import Vocabulary
from reco.models.content_features import TextColumn, build_content
from reco.models.fit_settings import FitSettings
from reco.models.fitting import fit_model
from reco.models.item_attributes import ItemAttributes
from reco.models.source import FittedModel
from reco.models.training_data import TrainingData
from reco.recipes import HyperparameterValue, Recipe, recipe_by_arn
from tests.models.action_worlds import planted_actions
from tests.models.builders import names, planted_tastes

TASTES, ITEMS_EACH = 3, 14
COLD = 2
"""The last items, of the first taste, which nobody has touched."""
COUNT = TASTES * ITEMS_EACH + COLD
DAY_S = 86_400


@cache
def shop() -> tuple[TrainingData, Vocabulary, list[int]]:
    """Data with metadata and attributes, the ids of the items, and each item's taste.

    Users come on different days and touch from 3 to 10 items, each some hours after another; one in eight is touched
    again.
    """
    interactions, _ = planted_tastes(users=160, tastes=TASTES, items_each=ITEMS_EACH, length=10, loyalty=0.9)
    generator = np.random.default_rng(5)
    starts = np.repeat(generator.integers(0, 20 * DAY_S, interactions.user_count), interactions.lengths)
    place = np.arange(len(interactions)) - np.repeat(interactions.offsets[:-1], interactions.lengths)
    again = (place > 0) & (generator.random(len(interactions)) < 1 / 8)
    items = interactions.items.copy()
    items[again] = interactions.items[np.flatnonzero(again) - 1]
    interactions = replace(interactions, items=items, times=1_700_000_000 + starts + 7_000 * place, item_count=COUNT)
    stays = np.repeat(generator.integers(3, 11, interactions.user_count), interactions.lengths)
    interactions = interactions.of_events(place < stays)
    tastes = [item // ITEMS_EACH if item < TASTES * ITEMS_EACH else 0 for item in range(COUNT)]
    genres = ["Drama", "Comedy", "Horror"]
    words = ["tears and rain", "laughter in town", "blood in the night"]
    content = build_content(
        [
            TextColumn.of("GENRES", "category", [genres[taste] for taste in tastes]),
            TextColumn.of("PLOT", "text", [f"{words[taste]}, part {item % 4}" for item, taste in enumerate(tastes)]),
        ],
        COUNT,
    )
    attributes = ItemAttributes.of(["GENRES"], [("GENRES", genres[taste], row) for row, taste in enumerate(tastes)])
    return TrainingData(interactions, content, attributes), names(COUNT, "i"), tastes


@cache
def actions() -> TrainingData:
    interactions, data, _ = planted_actions()
    return TrainingData(interactions, actions=data)


def data_for(recipe: Recipe) -> TrainingData:
    """What training such a recipe would be given."""
    if recipe.family == "next_best_action":
        return actions()
    data = shop()[0]
    return data if "ITEMS" in recipe.datasets else replace(data, content=None, attributes=None)


def fitted(recipe: Recipe, **given: HyperparameterValue) -> FittedModel:
    """The recipe's model with defaults, but small vectors, and with the values given by the family's names."""
    values = recipe.resolve({}, {})
    if recipe.hyperparameter("hidden_dimension"):
        values["hidden_dimension"] = 32
    values |= given
    return _fitted(recipe.family, "ITEMS" in recipe.datasets, tuple(sorted(values.items())))


@cache
def _fitted(family: str, items: bool, values: tuple[tuple[str, HyperparameterValue], ...]) -> FittedModel:
    recipe = next(each for each in _recipes() if each.family == family and ("ITEMS" in each.datasets) == items)
    return fit_model(data_for(recipe), family, dict(values), FitSettings())


def _recipes() -> tuple[Recipe, ...]:
    from reco.recipes import RECIPES

    return RECIPES


def named(name: str) -> Recipe:
    return recipe_by_arn(f"arn:aws:personalize:::recipe/{name}")
