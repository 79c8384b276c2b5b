"""What may be searched: ranges within those a recipe declares, starting where the caller or the default stands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reco.errors import InvalidInput
from reco.recipes import RECIPES, Hyperparameter, Recipe
from reco.recipes.search_space import (
    AUTO_ML_RECIPES,
    MOST_PARALLEL,
    MOST_TRIALS,
    OBJECTIVE,
    search_limits,
    search_ranges,
    searchable,
)

SEARCHABLE = [recipe for recipe in RECIPES if searchable(recipe)]
NUMBERS = [
    (recipe, each)
    for recipe in SEARCHABLE
    for each in recipe.hyperparameters
    if each.tunable and each.type in ("integer", "continuous")
]
MEMBERS = {"integer": "integer_hyper_parameter_ranges", "continuous": "continuous_hyper_parameter_ranges"}


def config(each: Hyperparameter, low: float, high: float) -> dict[str, Any]:
    given = {"name": each.name, "min_value": low, "max_value": high}
    return {"algorithm_hyper_parameter_ranges": {MEMBERS[each.type]: [given]}}


@pytest.mark.parametrize("recipe", SEARCHABLE, ids=lambda recipe: recipe.name)
def test_without_ranges_everything_tunable_is_searched_from_its_default(recipe: Recipe) -> None:
    ranges = search_ranges(recipe, {}, {})
    assert [each.name for each in ranges] == sorted(each.name for each in recipe.hyperparameters if each.tunable)
    start = {each.name: each.start for each in ranges}
    assert recipe.resolve(start, {}, start) == recipe.resolve({}, {})


@given(chosen=st.sampled_from(NUMBERS), low=st.integers(-5, 400), high=st.integers(-5, 400), fixed=st.integers(0, 400))
def test_a_range_is_taken_only_within_the_declared_one_and_starts_inside(
    chosen: tuple[Recipe, Hyperparameter], low: int, high: int, fixed: int
) -> None:
    recipe, declared = chosen
    asked = config(declared, low, high)
    if not declared.low <= low <= high <= declared.high:
        with pytest.raises(InvalidInput, match=declared.name):
            search_ranges(recipe, asked, {})
        return
    (taken,) = search_ranges(recipe, asked, {declared.name: str(fixed)})
    assert (taken.low, taken.high) == (low, high)
    assert float(taken.start) == min(max(fixed, low), high)
    assert declared.read(taken.start) == float(taken.start)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -1e308])
def test_ends_that_are_no_numbers_are_refused(number: float) -> None:
    recipe, declared = next((recipe, each) for recipe, each in NUMBERS if each.type == "continuous")
    with pytest.raises(InvalidInput, match=declared.name):
        search_ranges(recipe, config(declared, number, 0.5), {})


def test_limits_are_the_services_and_never_more_at_once_than_in_all() -> None:
    assert search_limits({}) == (MOST_TRIALS, MOST_PARALLEL)
    few = {"hpo_resource_config": {"max_number_of_training_jobs": "3", "max_parallel_training_jobs": "9"}}
    assert search_limits(few) == (3, 3)
    for bad in ("", "0", "-1", "1.5", "41", " 4", "4\n", "\u0664"):
        with pytest.raises(InvalidInput, match="maxNumberOfTrainingJobs"):
            search_limits({"hpo_resource_config": {"max_number_of_training_jobs": bad}})


def test_every_recipe_that_is_searched_for_reports_what_the_search_maximises() -> None:
    assert all(OBJECTIVE in recipe.metrics for recipe in (*SEARCHABLE, *AUTO_ML_RECIPES))


def test_every_recipe_that_says_it_takes_hpo_has_something_to_tune() -> None:
    assert [recipe.name for recipe in RECIPES if recipe.hpo] == [recipe.name for recipe in SEARCHABLE]
