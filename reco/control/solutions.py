"""Solutions: a recipe with settings, for the data of one group."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from reco.arns import Kind
from reco.control.automatic_training import arranged, forget, reset_by_update
from reco.control.claims import claim_on
from reco.control.group_data import schema_of
from reco.control.listing import list_resources
from reco.control.registry import Registry, fresh
from reco.control.solution_config import check_columns, check_config, check_item_fields, check_schedule, check_update
from reco.control.solution_updates import (
    UPDATED_MEMBERS,
    merged,
    settings_at,
    shown_update,
    updating,
    with_update,
)
from reco.control.stopping import stop_made_up_for
from reco.control.tags import tags_of
from reco.control.tuning import AUTO_ML_NEEDS, asked_recipe, auto_ml_result, check_search
from reco.errors import InvalidInput, ResourceInUse
from reco.jobs.status import UNFINISHED
from reco.recipes import Recipe, recipe_by_arn
from reco.storage.resources import Resource
from reco.wire.call import Call


def create_solution(registry: Registry, call: Call) -> dict[str, Any]:
    """Stores the settings as they were sent, once the recipe has accepted them."""
    asked = call.parameters
    tags = tags_of(asked.get("tags"))
    group = registry.find(Kind.DATASET_GROUP, asked["dataset_group_arn"], "datasetGroupArn")
    recipe = asked_recipe(asked)
    if recipe and recipe.domain:
        raise InvalidInput(
            f"recipeArn: {recipe.name} is a use case of the domain {recipe.domain}, for a recommender; a solution "
            "takes a custom recipe."
        )
    if recipe:
        check_config(recipe, asked)
    check_schedule(asked.get("solution_config"))
    check_search(asked, recipe)
    registry.require_active(group)
    datasets = require_datasets(registry, asked["dataset_group_arn"], recipe)
    schemas = {each: schema_of(registry, dataset) for each, dataset in datasets.items()}
    if recipe:
        check_item_fields(recipe, schemas.get("ITEMS"))
    check_columns(asked, schemas)
    body = {
        "name": asked["name"],
        "perform_hpo": asked.get("perform_hpo", False),
        "perform_auto_ml": asked.get("perform_auto_ml", False),
        "perform_auto_training": asked.get("perform_auto_training", True),
        "perform_incremental_update": asked.get("perform_incremental_update"),
        "recipe_arn": asked.get("recipe_arn"),
        "dataset_group_arn": asked["dataset_group_arn"],
        "event_type": asked.get("event_type"),
        "solution_config": asked.get("solution_config"),
    }
    solution = fresh(Kind.SOLUTION, asked["name"], body, call.now, tags=tags, parent=asked["dataset_group_arn"])
    created = registry.create(solution, [claim_on(group)])
    arranged(registry, created)
    return {"solution_arn": registry.arn(created)}


def update_solution(registry: Registry, call: Call) -> dict[str, Any]:
    """Begins an update; its settings hold once latestSolutionUpdate is ACTIVE, its schedule from now on."""
    asked = call.parameters
    if not any(member in asked for member in UPDATED_MEMBERS):
        raise InvalidInput(
            "Give at least one of performAutoTraining, performIncrementalUpdate and solutionUpdateConfig."
        )
    solution = registry.find(Kind.SOLUTION, asked["solution_arn"], "solutionArn")
    recipe_arn = solution.body.get("recipe_arn")
    check_update(recipe_by_arn(recipe_arn) if recipe_arn else None, asked, merged(solution.body, asked))
    events = asked.get("solution_update_config", {}).get("events_config")
    if events:
        datasets = registry.children(Kind.DATASET, solution.body["dataset_group_arn"])
        schemas = {each.body["dataset_type"]: schema_of(registry, each) for each in datasets}
        check_columns({"solution_config": {"events_config": events}}, schemas, "solutionUpdateConfig")

    def updated(current: Resource) -> Resource:
        registry.require_active(current)
        _refuse_updating(registry, current, "updated again")
        update = with_update(current, asked, call.now, registry.timing)
        return reset_by_update(current, update, call.now)

    arranged(registry, registry.change(solution, updated))
    return {"solution_arn": asked["solution_arn"]}


def find_solution(registry: Registry, arn: str) -> Resource:
    """The solution of this ARN with the settings that hold now, and with its schedule arranged.

    Raises:
        InvalidInput, ResourceNotFound: as Registry.find.
    """
    solution = arranged(registry, registry.find(Kind.SOLUTION, arn, "solutionArn"))
    return replace(solution, body=settings_at(solution, registry.now, registry.timing))


def describe_solution(registry: Registry, call: Call) -> dict[str, Any]:
    solution = find_solution(registry, call.parameters["solution_arn"])
    versions = partial(registry.newest_first, Kind.SOLUTION_VERSION, registry.arn(solution))
    latest = next(versions(), None)
    return {
        "solution": {
            **registry.view(solution),
            "auto_ml_result": auto_ml_result(solution, versions()),
            "latest_solution_version": registry.view(latest) if latest else None,
            "latest_solution_update": shown_update(solution, registry.now, registry.timing),
        }
    }


def list_solutions(registry: Registry, call: Call) -> dict[str, Any]:
    parent = (Kind.DATASET_GROUP, "dataset_group_arn", "datasetGroupArn")
    return list_resources(registry, call, Kind.SOLUTION, "solutions", parent)


def delete_solution(registry: Registry, call: Call) -> None:
    """Deletes the solution with all its versions."""
    solution = registry.find(Kind.SOLUTION, call.parameters["solution_arn"], "solutionArn")

    def refuse(current: Resource) -> None:
        arn = registry.arn(current)
        _refuse_updating(registry, current, "deleted")
        campaign = next(registry.children(Kind.CAMPAIGN, arn), None)
        if campaign:
            raise ResourceInUse(f"{arn} is deployed by {registry.arn(campaign)}; delete that first.")
        for version in registry.children(Kind.SOLUTION_VERSION, arn):
            if stop_made_up_for(registry, version).status in UNFINISHED:
                raise ResourceInUse(f"{arn} is being trained: {registry.arn(version)} is {version.status}.")

    registry.delete(solution, refuse)
    forget(registry, solution)


def _refuse_updating(registry: Registry, solution: Resource, what: str) -> None:
    if updating(solution, registry.now, registry.timing):
        raise ResourceInUse(
            f"{registry.arn(solution)} cannot be {what} while it is being updated; wait until latestSolutionUpdate is "
            "ACTIVE."
        )


def require_datasets(registry: Registry, group_arn: str, recipe: Recipe | None) -> dict[str, Resource]:
    """The group's datasets by type, among them all that the recipe needs, or that AutoML needs where there is none.

    Raises:
        InvalidInput: one that the recipe needs is missing.
    """
    datasets = {each.body["dataset_type"]: each for each in registry.children(Kind.DATASET, group_arn)}
    for dataset_type in recipe.required_datasets if recipe else AUTO_ML_NEEDS:
        dataset = datasets.get(dataset_type)
        if dataset is None or dataset.deleting_since is not None:
            needing = recipe.name if recipe else "performAutoML"
            raise InvalidInput(
                f"{needing} needs a dataset of type {dataset_type}, and {group_arn} has none; create one first."
            )
    return datasets
