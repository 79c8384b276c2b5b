"""What a solution's settings may say: checked against the recipe first, against the datasets' columns then.

Source: control-plane reference, F.5.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from reco.control.training_data import check_training_columns, check_training_data
from reco.datasets.schemas import Field, Schema
from reco.errors import InvalidInput
from reco.recipes import Recipe
from reco.recipes.recipe import ItemField

_SCHEDULE_DAYS = (1, 30)


def check_config(recipe: Recipe, asked: Mapping[str, Any]) -> None:
    """What can be said without looking at any dataset.

    Args:
        asked: parameters of CreateSolution.

    Raises:
        InvalidInput: names the member, and what it may be.
    """
    config = asked.get("solution_config", {})
    try:
        recipe.resolve(
            config.get("algorithm_hyper_parameters", {}), config.get("feature_transformation_parameters", {})
        )
    except InvalidInput as error:
        raise InvalidInput(f"solutionConfig.{error.message}") from error
    threshold = config.get("event_value_threshold")
    if threshold is not None and not _is_number(threshold):
        raise InvalidInput(f"solutionConfig.eventValueThreshold must be a number; it is {threshold[:60]!r}.")
    _check_events(recipe, asked, config.get("events_config"))
    if config.get("optimization_objective") and not recipe.objective:
        raise InvalidInput(f"solutionConfig.optimizationObjective: {recipe.name} takes none.")
    check_training_data(recipe, config.get("training_data_config"), "solutionConfig")
    if asked.get("perform_incremental_update") and recipe.family != "semantic_similarity":
        raise InvalidInput(f"performIncrementalUpdate: only aws-semantic-similarity takes it, {recipe.name} does not.")


def check_schedule(config: Mapping[str, Any] | None, member: str = "solutionConfig") -> None:
    """
    Args:
        config: solutionConfig or solutionUpdateConfig, `member` says which.

    Raises:
        InvalidInput: autoTrainingConfig has no rate that automatic training takes.
    """
    schedule = (config or {}).get("auto_training_config", {}).get("scheduling_expression")
    if schedule is None:
        return
    days = re.fullmatch(r"rate\((\d+) days?\)", schedule)
    low, high = _SCHEDULE_DAYS
    if days is None or not low <= int(days[1]) <= high:
        raise InvalidInput(
            f"{member}.autoTrainingConfig.schedulingExpression must be rate(N days) with N from {low} to {high}; it "
            f"is {schedule}."
        )


def check_update(recipe: Recipe | None, asked: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    """What an update says, without looking at any dataset.

    Args:
        recipe: the solution's; None where AutoML chooses one.
        asked: parameters of UpdateSolution.
        settings: the solution's members as the update leaves them.

    Raises:
        InvalidInput: names the member, and what it may be.
    """
    config = asked.get("solution_update_config", {})
    check_schedule(config, "solutionUpdateConfig")
    name = recipe.name if recipe else "performAutoML"
    if asked.get("perform_incremental_update") and (recipe is None or recipe.family != "semantic_similarity"):
        raise InvalidInput(f"performIncrementalUpdate: only aws-semantic-similarity takes it, {name} does not.")
    if config.get("events_config"):
        if recipe is None:
            raise InvalidInput("solutionUpdateConfig.eventsConfig: performAutoML does not take it.")
        _check_events(recipe, settings, config["events_config"], "solutionUpdateConfig")


def check_columns(asked: Mapping[str, Any], schemas: Mapping[str, Schema], parent: str = "solutionConfig") -> None:
    """Settings that choose by columns need these columns.

    Args:
        schemas: of the group's datasets, by type.
        parent: solutionConfig or solutionUpdateConfig, as the caller wrote it.

    Raises:
        InvalidInput: names the member and the column.
    """
    config = asked.get("solution_config", {})
    listed = config.get("events_config", {}).get("event_parameters_list", [])
    interactions = schemas.get("INTERACTIONS")
    names = interactions.names if interactions else ()
    for column, member, chooses in (
        ("EVENT_TYPE", "eventType", asked.get("event_type") or None),
        ("EVENT_VALUE", f"{parent}.eventValueThreshold", config.get("event_value_threshold")),
        ("EVENT_TYPE", f"{parent}.eventsConfig", listed or None),
        ("EVENT_VALUE", f"eventValueThreshold in {parent}.eventsConfig", _any_threshold(listed)),
    ):
        if chooses is not None and column not in names:
            raise InvalidInput(f"{member} needs a field {column}, which the schema of the Interactions lacks.")
    check_training_columns(config.get("training_data_config"), schemas, parent)
    _check_objective(config.get("optimization_objective"), schemas.get("ITEMS"))


def check_item_fields(recipe: Recipe, items: Schema | None) -> None:
    """The fields of Items without which a recipe has nothing to learn from.

    A field that the schema gets later does not help: solutions that are there do not learn from it.

    Raises:
        InvalidInput: names the kind of field.
    """
    for need in recipe.item_fields:
        if items is None or not any(_is(field, need) for field in items.metadata):
            raise InvalidInput(
                f"recipeArn: {recipe.name} needs {_IN_WORDS[need]} in the schema of the Items dataset, and this "
                "group's has none; give the dataset a schema that has it."
            )


_IN_WORDS: Mapping[ItemField, str] = {
    "itemName": 'a field with "itemName": true',
    "textual": 'a field with "textual": true',
    "attribute": "a categorical or numeric field besides the reserved ones",
}


def _is(field: Field, need: ItemField) -> bool:
    return field.categorical or field.numeric if need == "attribute" else need in field.flags


def _check_events(
    recipe: Recipe, asked: Mapping[str, Any], config: Mapping[str, Any] | None, parent: str = "solutionConfig"
) -> None:
    listed = (config or {}).get("event_parameters_list") or []
    if not listed:
        return
    member = f"{parent}.eventsConfig"
    if not recipe.events_config:
        raise InvalidInput(f"{member}: {recipe.name} does not take it; the second versions of the recipes do.")
    if asked.get("event_type") or asked.get("solution_config", {}).get("event_value_threshold"):
        raise InvalidInput(f"{member} cannot go with eventType or eventValueThreshold; name the type in its list.")
    seen: set[str] = set()
    for each in listed:
        event_type = each.get("event_type")
        if not event_type:
            raise InvalidInput(f"{member}: each entry of eventParametersList must have an eventType.")
        if event_type.lower() in seen:
            raise InvalidInput(f"{member}: eventType {event_type[:60]} is listed twice (case does not count).")
        seen.add(event_type.lower())
        for name, low, high in (("weight", 0.0, 1.0), ("event_value_threshold", -math.inf, math.inf)):
            number = each.get(name)
            if number is not None and not (math.isfinite(number) and low <= number <= high):
                wanted = "weight must be from 0 to 1" if name == "weight" else "eventValueThreshold must be finite"
                raise InvalidInput(f"{member}: {wanted}; of {event_type[:60]} it is {number}.")
    if all(each.get("weight", 1.0) == 0 for each in listed):
        raise InvalidInput(f"{member}: at least one weight must be above 0.")


def _check_objective(objective: Mapping[str, Any] | None, items: Schema | None) -> None:
    if not objective:
        return
    name = objective.get("item_attribute")
    field = items.field(name) if items and name else None
    if field is None or not field.numeric or field.nullable:
        raise InvalidInput(
            "solutionConfig.optimizationObjective: itemAttribute must be a numeric field of the Items whose type does "
            f"not include null; it is {(name or 'absent')[:60]}."
        )


def _any_threshold(listed: list[Mapping[str, Any]]) -> float | None:
    return next((each["event_value_threshold"] for each in listed if "event_value_threshold" in each), None)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
