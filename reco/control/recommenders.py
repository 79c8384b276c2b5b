"""Recommenders: a use case of a domain, trained and served. Stored here, moved by the recommender state machine.

While one is ACTIVE it is trained anew every seven days (reco.control.due_trainings), which gives way to whatever is
asked for here. Source: control-plane reference, sections B, F.3 and H. Who may write what, and what a reader sees in
between, is in docs/adr/0020 and 0022.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reco.arns import Kind
from reco.control.automatic_training import arranged, forget
from reco.control.claims import claim_on
from reco.control.group_data import schema_of
from reco.control.lifecycle import FINAL, STOPPING
from reco.control.listing import list_resources
from reco.control.recommender_config import check_recommender_columns, check_recommender_config
from reco.control.registry import Registry, fresh
from reco.control.retraining import end_closed, without_retraining
from reco.control.solutions import require_datasets
from reco.control.stopping import stop_execution
from reco.control.tags import tags_of
from reco.control.training_data import columns_learned_from
from reco.control.update_records import shown_update, updating, with_next_execution, with_update
from reco.errors import InvalidInput, ResourceInUse
from reco.jobs.status import ACTIVE, CREATE_PENDING, INACTIVE, START_PENDING
from reco.jobs.target import COLUMNS, MODEL, TRAINS, is_retraining
from reco.recipes import Recipe, recipe_by_arn
from reco.recipes.training_columns import Columns
from reco.storage.resources import Resource
from reco.wire.call import Call

_CONFIG = "recommender_config"
_MAKING = ("CREATE", "DELETE")
"""How the statuses begin in which modelMetrics are not shown."""


def create_recommender(registry: Registry, call: Call) -> dict[str, Any]:
    """Stores the settings as they were sent, and starts the training."""
    asked = call.parameters
    tags = tags_of(asked.get("tags"))
    group = registry.find(Kind.DATASET_GROUP, asked["dataset_group_arn"], "datasetGroupArn")
    recipe = recipe_by_arn(asked["recipe_arn"])
    _require_domain(recipe, group)
    config = asked.get(_CONFIG, {})
    check_recommender_config(recipe, config)
    registry.require_active(group)
    datasets = require_datasets(registry, asked["dataset_group_arn"], recipe)
    columns = _columns(registry, recipe, datasets, config)
    body = {
        "name": asked["name"],
        "dataset_group_arn": asked["dataset_group_arn"],
        "recipe_arn": asked["recipe_arn"],
        _CONFIG: asked.get(_CONFIG),
    }
    recommender = fresh(
        Kind.RECOMMENDER,
        asked["name"],
        body,
        call.now,
        tags=tags,
        parent=asked["dataset_group_arn"],
        status=CREATE_PENDING,
    )
    # The datasets too: none of them may go while this recommender is in training.
    read = [dataset for dataset in datasets.values() if dataset.deleting_since is None]
    claims = [claim_on(group), *map(claim_on, read)]
    created = registry.create(replace(recommender, inner={COLUMNS: columns}), claims)
    return {"recommender_arn": registry.arn(created)}


def describe_recommender(registry: Registry, call: Call) -> dict[str, Any]:
    recommender = _asked_recommender(registry, call)
    shown = registry.view(recommender)
    model = None if shown["status"].startswith(_MAKING) else recommender.inner.get(MODEL)
    return {
        "recommender": {
            **shown,
            "latest_recommender_update": shown_update(recommender),
            "model_metrics": model and model["result"]["metrics"],
        }
    }


def list_recommenders(registry: Registry, call: Call) -> dict[str, Any]:
    parent = (Kind.DATASET_GROUP, "dataset_group_arn", "datasetGroupArn")
    return list_resources(registry, call, Kind.RECOMMENDER, "recommenders", parent)


def update_recommender(registry: Registry, call: Call) -> dict[str, Any]:
    """Notes the update beside the recommender, which goes on as it is until the machine has switched.

    The configuration that is sent replaces the one before as a whole, as a campaign's does. It trains a new model where
    the columns to learn from are others than those of the present one, because it says so, or because a dataset has got
    new ones; also where it takes the place of a retraining that was on its way. What changes nothing is no update.
    """
    config = call.parameters[_CONFIG]
    recommender = _asked_recommender(registry, call)
    recipe = recipe_by_arn(recommender.body["recipe_arn"])
    check_recommender_config(recipe, config)
    datasets = require_datasets(registry, recommender.body["dataset_group_arn"], recipe)
    columns = _columns(registry, recipe, datasets, config)

    def updated(current: Resource) -> Resource:
        _refuse_busy(registry, current, FINAL, "updated")
        if _is_as_asked(current, config, columns):
            return current
        brought = {_CONFIG: config, COLUMNS: columns, TRAINS: is_retraining(current)}
        return with_update(without_retraining(registry, current), brought, call.now)

    changed = registry.change(recommender, updated)
    end_closed(registry, changed)
    if updating(changed):
        registry.start_machine(changed)
    return {"recommender_arn": registry.arn(recommender)}


def stop_recommender(registry: Registry, call: Call) -> dict[str, Any]:
    """Takes the pointer away, so that no new question finds the recommender; the model is kept, and not trained anew.

    The rest is a matter of time: INACTIVE once no sandbox of the runtime can answer from its memory.
    """
    recommender = _asked_recommender(registry, call)

    def stopped(current: Resource) -> Resource:
        _refuse_busy(registry, current, {ACTIVE}, "stopped")
        alone = without_retraining(registry, current)
        inner = {name: value for name, value in alone.inner.items() if name != "serving"}
        inner[STOPPING] = call.now
        return replace(alone, status=INACTIVE, failure_reason=None, updated_at=call.now, inner=inner)

    changed = registry.change(recommender, stopped)
    end_closed(registry, changed)
    arranged(registry, changed)
    return {"recommender_arn": registry.arn(recommender)}


def start_recommender(registry: Registry, call: Call) -> dict[str, Any]:
    """Has the model that was kept checked and served again."""
    recommender = _asked_recommender(registry, call)

    def starting(current: Resource) -> Resource:
        _refuse_busy(registry, current, {INACTIVE}, "started")
        begun = replace(current, status=START_PENDING, failure_reason=None, updated_at=call.now)
        return with_next_execution(begun)

    registry.start_machine(registry.change(recommender, starting))
    return {"recommender_arn": registry.arn(recommender)}


def delete_recommender(registry: Registry, call: Call) -> None:
    """Deletes the recommender; nobody finds its pointer any more from now on."""

    def refuse(current: Resource) -> None:
        if updating(current):
            raise ResourceInUse(
                f"{registry.arn(current)} is being updated; wait until latestRecommenderUpdate has ended."
            )

    recommender = _asked_recommender(registry, call)
    registry.delete(recommender, refuse)
    forget(registry, recommender)
    if is_retraining(recommender):
        stop_execution(registry, recommender)


def _asked_recommender(registry: Registry, call: Call) -> Resource:
    """The recommender, with its schedule arranged."""
    return arranged(registry, registry.find(Kind.RECOMMENDER, call.parameters["recommender_arn"], "recommenderArn"))


def _require_domain(recipe: Recipe, group: Resource) -> None:
    """
    Raises:
        InvalidInput: the recipe is no use case, or of another domain than the group.
    """
    if recipe.domain is None:
        raise InvalidInput(
            f"recipeArn: {recipe.name} is a custom recipe, for a solution; a recommender takes a use case of a domain."
        )
    domain = group.body.get("domain")
    if domain != recipe.domain:
        raise InvalidInput(
            f"recipeArn: {recipe.name} is a use case of the domain {recipe.domain}, and the dataset group's domain is "
            f"{domain or 'none'}; they must be the same."
        )


def _columns(
    registry: Registry, recipe: Recipe, datasets: Mapping[str, Resource], config: Mapping[str, Any]
) -> Columns:
    """The columns that a training with this configuration learns from, once they are found to be there."""
    schemas = {
        dataset_type: schema_of(registry, dataset)
        for dataset_type, dataset in datasets.items()
        if dataset.deleting_since is None
    }
    check_recommender_columns(config, schemas)
    used = {dataset_type: schema for dataset_type, schema in schemas.items() if dataset_type in recipe.datasets}
    return columns_learned_from(config.get("training_data_config"), used)


def _is_as_asked(recommender: Resource, config: Mapping[str, Any], columns: Columns) -> bool:
    """Whether it serves with just this configuration, by a model of just these columns."""
    serves = recommender.status == ACTIVE and MODEL in recommender.inner
    same = config == (recommender.body.get(_CONFIG) or {}) and columns == recommender.inner[COLUMNS]
    return serves and same


def _refuse_busy(registry: Registry, recommender: Resource, allowed: frozenset[str] | set[str], what: str) -> None:
    status = registry.status(recommender)
    if status not in allowed:
        raise ResourceInUse(
            f"{registry.arn(recommender)} cannot be {what} while its status is {status}; it must be "
            f"{' or '.join(sorted(allowed))}."
        )
    if updating(recommender):
        raise ResourceInUse(
            f"{registry.arn(recommender)} is being updated; wait until latestRecommenderUpdate has ended."
        )
