"""One by one: a hyperparameter changes what is trained, or its sentence says that it does not."""

from __future__ import annotations

import numpy as np
import pytest

from reco.models.source import FittedModel
from reco.recipes import RECIPES, Hyperparameter, HyperparameterValue, Recipe
from reco.recipes.hyperparameters import WITHOUT_EFFECT
from tests.recipes.world import fitted

EVERY = [(recipe, each) for recipe in RECIPES for each in recipe.hyperparameters]


def two_values(parameter: Hyperparameter) -> tuple[HyperparameterValue, HyperparameterValue]:
    """Values far apart, both of which a caller may give."""
    if parameter.type == "boolean":
        return True, False
    if parameter.type == "categorical":
        return parameter.choices[0], parameter.choices[-1]
    if parameter.name == "hidden_dimension":
        return 32, 40
    if parameter.name.startswith("min_") and parameter.place == "feature":
        return 0.0, 0.6
    if parameter.name.startswith("max_") and parameter.place == "feature":
        return 1.0, 0.5
    low, high = parameter.low, min(parameter.high, 1_000.0)
    return (int(low), int(high)) if parameter.type == "integer" else (low, high)


def same(one: FittedModel, two: FittedModel) -> bool:
    return (
        one.attributes == two.attributes
        and set(one.arrays) == set(two.arrays)
        and all(np.array_equal(one.arrays[name], two.arrays[name]) for name in one.arrays)
    )


@pytest.mark.parametrize(("recipe", "parameter"), EVERY, ids=[f"{recipe.name}-{each.name}" for recipe, each in EVERY])
def test_a_hyperparameter_changes_the_model_or_says_that_it_does_not(recipe: Recipe, parameter: Hyperparameter) -> None:
    name = parameter.known_as or parameter.name
    one, two = (fitted(recipe, **{name: value}) for value in two_values(parameter))
    assert same(one, two) != parameter.acts, parameter.sentence
    if not parameter.acts:
        assert parameter.sentence.startswith(f"{WITHOUT_EFFECT}: ") and len(parameter.sentence) > 40
