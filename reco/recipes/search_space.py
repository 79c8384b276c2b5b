"""What a search may try: ranges of hyperparameters, and for AutoML the recipes.

Ranges come from solutionConfig.hpoConfig and must lie within those the recipe declares. A hyperparameter without effect
may have a range, yet nothing is searched in it: it stays where it starts.

Source: control-plane reference, F.4.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from reco.errors import InvalidInput, ResourceNotFound
from reco.recipes.catalogue import RECIPES, recipe_by_arn
from reco.recipes.hyperparameters import Hyperparameter
from reco.recipes.metrics import RANKING
from reco.recipes.recipe import Recipe

OBJECTIVE: Final = "normalized_discounted_cumulative_gain_at_25"
"""What a search makes as large as it can, for every recipe that can be searched for."""

MOST_TRIALS = 40
MOST_PARALLEL = 10
"""The service's limits, and what a search does that names no numbers; DescribeAlgorithm shows them."""

Kind = Literal["integer", "continuous", "categorical"]

_WHERE = "solutionConfig.hpoConfig"
_MEMBERS: Mapping[str, Kind] = {
    "integer_hyper_parameter_ranges": "integer",
    "continuous_hyper_parameter_ranges": "continuous",
    "categorical_hyper_parameter_ranges": "categorical",
}


@dataclass(frozen=True)
class Range:
    """The values that one hyperparameter may take in a search, ends included."""

    name: str
    kind: Kind
    start: str
    """The value to try first: the caller's or the default, or what comes next to it within the range."""
    low: float = 0.0
    high: float = 0.0
    values: tuple[str, ...] = ()
    """Of a categorical one: all of them."""
    acts: bool = True
    """False where no value changes anything, so that none but the first is tried."""


def search_limits(hpo_config: Mapping[str, Any]) -> tuple[int, int]:
    """How many trials, and how many of them at once.

    Raises:
        InvalidInput: not a whole number within the service's limits.
    """
    given = hpo_config.get("hpo_resource_config") or {}
    most = _count(given.get("max_number_of_training_jobs"), "maxNumberOfTrainingJobs", MOST_TRIALS)
    parallel = _count(given.get("max_parallel_training_jobs"), "maxParallelTrainingJobs", MOST_PARALLEL)
    return most, min(parallel, most)


def search_ranges(recipe: Recipe, hpo_config: Mapping[str, Any], fixed: Mapping[str, str]) -> tuple[Range, ...]:
    """The ranges to search, ordered by name; without any in the configuration, all that the recipe lets tune.

    Args:
        fixed: algorithmHyperParameters of the caller; one that is searched too starts there.

    Raises:
        InvalidInput: a range that the recipe does not declare, or that reaches beyond what it declares.
    """
    given = hpo_config.get("algorithm_hyper_parameter_ranges") or {}
    asked = [(kind, each) for member, kind in _MEMBERS.items() for each in given.get(member) or ()]
    if not asked:
        return tuple(
            _declared(each, fixed)
            for each in sorted(recipe.hyperparameters, key=lambda each: each.name)
            if each.tunable
        )
    ranges: dict[str, Range] = {}
    for kind, each in asked:
        found = _asked_range(recipe, kind, each, fixed)
        if found.name in ranges:
            raise InvalidInput(f"{_WHERE}: {found.name} has two ranges; give it one.")
        ranges[found.name] = found
    return tuple(ranges[name] for name in sorted(ranges))


def check_hpo_config(recipe: Recipe, hpo_config: Mapping[str, Any], fixed: Mapping[str, str]) -> None:
    """Refuses what no search could follow.

    Raises:
        InvalidInput: names the member or the range, and the limits.
    """
    if hpo_config.get("hpo_objective") is not None:
        raise InvalidInput(
            f"{_WHERE}.hpoObjective cannot be set: a search for {recipe.name} optimises {OBJECTIVE}. Leave it out."
        )
    search_limits(hpo_config)
    search_ranges(recipe, hpo_config, fixed)


def searchable(recipe: Recipe) -> bool:
    """Whether performHPO has anything to search for this recipe."""
    return recipe.hpo and any(each.tunable for each in recipe.hyperparameters)


def auto_ml_recipes(asked: Sequence[str] | None, datasets: Collection[str]) -> tuple[Recipe, ...]:
    """The recipes that AutoML tries on a group that has these types of dataset, best known first.

    Of recipes that would train the same model on them only the first is tried.

    Args:
        asked: autoMLConfig.recipeList; None or empty stands for all.

    Raises:
        InvalidInput: one of the list is no recipe that AutoML can choose.
    """
    arns = {each.arn for each in AUTO_ML_RECIPES}
    for place, arn in enumerate(asked or ()):
        if arn not in arns:
            raise InvalidInput(
                f"solutionConfig.autoMLConfig.recipeList[{place}]: {_problem(arn)} AutoML chooses among recipes of "
                f"type USER_PERSONALIZATION: {', '.join(each.name for each in AUTO_ML_RECIPES)}."
            )
    wanted = [each for each in AUTO_ML_RECIPES if not asked or each.arn in asked]
    distinct: dict[object, Recipe] = {}
    for recipe in wanted:
        if set(recipe.required_datasets) <= set(datasets):
            distinct.setdefault(_model_of(recipe, datasets), recipe)
    return tuple(distinct.values())


def auto_ml_metric(config: Mapping[str, Any]) -> str:
    """The metric that AutoML compares recipes by.

    Raises:
        InvalidInput: none that all of them report.
    """
    name = str(config.get("metric_name") or OBJECTIVE)
    if name not in RANKING:
        raise InvalidInput(
            f"solutionConfig.autoMLConfig.metricName must be one of {', '.join(RANKING)}; it is {name[:60]}."
        )
    return name


AUTO_ML_RECIPES: Final = tuple(
    sorted(
        (each for each in RECIPES if each.type == "USER_PERSONALIZATION" and each.domain is None),
        # The names kept for old code last: where they train the same model, the name of today stands for it.
        key=lambda each: (each.name.startswith("aws-hrnn"), each.name),
    )
)


def _model_of(recipe: Recipe, datasets: Collection[str]) -> object:
    """Equal for recipes that train the same model on these datasets from their defaults."""
    values = recipe.resolve({}, {})
    acting = {}
    for name, value in values.items():
        declared = recipe.hyperparameter(name)
        if declared is None or declared.acts:
            acting[name] = value
    return recipe.family, frozenset(acting.items()), frozenset(recipe.optional_datasets) & frozenset(datasets)


def _problem(arn: str) -> str:
    try:
        return f"{recipe_by_arn(arn).name} is of type {recipe_by_arn(arn).type}."
    except ResourceNotFound:
        return f"there is no recipe {arn[:100]}."


def _count(text: str | None, member: str, most: int) -> int:
    if text is None:
        return most
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= most:
        raise InvalidInput(
            f"{_WHERE}.hpoResourceConfig.{member} must be a whole number from 1 to {most}; it is {text[:60]!r}."
        )
    return int(text)


def _asked_range(recipe: Recipe, kind: Kind, given: Mapping[str, Any], fixed: Mapping[str, str]) -> Range:
    name = str(given.get("name", ""))
    tunable = {each.name: each for each in recipe.hyperparameters if each.tunable}
    if name not in tunable:
        choice = f"it tunes {', '.join(sorted(tunable)) or 'none'}"
        shown = name[:60] or "a range without a name"
        raise InvalidInput(f"{_WHERE}: {shown} cannot be tuned in {recipe.name}; {choice}.")
    declared = tunable[name]
    if _kind_of(declared) != kind:
        member = f"{_kind_of(declared)}HyperParameterRanges"
        raise InvalidInput(f"{_WHERE}: the range of {name} belongs in {member}, for it is {declared.type}.")
    if kind == "categorical":
        return _choices(declared, given.get("values"), fixed)
    low, high = given.get("min_value", declared.low), given.get("max_value", declared.high)
    if not declared.low <= low <= high <= declared.high:
        raise InvalidInput(
            f"{_WHERE}: the range of {name} must lie within {declared.low:g} to {declared.high:g}, minValue first; it "
            f"is {low:g} to {high:g}."
        )
    return _numbers(declared, low, high, fixed)


def _declared(declared: Hyperparameter, fixed: Mapping[str, str]) -> Range:
    if _kind_of(declared) == "categorical":
        return _choices(declared, None, fixed)
    return _numbers(declared, declared.low, declared.high, fixed)


def _choices(declared: Hyperparameter, given: Sequence[str] | None, fixed: Mapping[str, str]) -> Range:
    allowed = ("true", "false") if declared.type == "boolean" else declared.choices
    values = allowed if given is None else tuple(dict.fromkeys(_as_declared(declared, text) for text in given))
    strange = [value for value in values if value not in allowed]
    if strange or not values:
        said = f"{strange[0][:60]!r} is none" if strange else "there are none"
        raise InvalidInput(f"{_WHERE}: the values of {declared.name} must be among {', '.join(allowed)}; {said}.")
    wished = _as_declared(declared, fixed.get(declared.name, declared.default_text))
    start = wished if wished in values else values[0]
    return Range(declared.name, "categorical", start, values=values, acts=declared.acts)


def _numbers(declared: Hyperparameter, low: float, high: float, fixed: Mapping[str, str]) -> Range:
    start = min(max(float(fixed.get(declared.name, declared.default_text)), low), high)
    kind = _kind_of(declared)
    return Range(declared.name, kind, number_text(start, kind), low=low, high=high, acts=declared.acts)


def number_text(number: float, kind: Kind) -> str:
    """A number as the API writes hyperparameters."""
    return str(int(number)) if kind == "integer" else repr(float(number))


def _as_declared(declared: Hyperparameter, text: str) -> str:
    return text.lower() if declared.type == "boolean" else text


def _kind_of(declared: Hyperparameter) -> Kind:
    return "categorical" if declared.type in ("boolean", "categorical") else declared.type  # type: ignore[return-value]
