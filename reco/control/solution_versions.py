"""Solution versions: stored here, trained by the train state machine."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from reco.arns import Kind
from reco.control.claims import claim_on
from reco.control.listing import list_resources
from reco.control.registry import Registry, fresh
from reco.control.solutions import find_solution, require_datasets
from reco.control.stopping import stop_made_up_for
from reco.control.tags import tags_of
from reco.control.unchosen_ids import unchosen_id
from reco.errors import InvalidInput, ResourceAlreadyExists, ResourceInUse
from reco.jobs.status import ACTIVE, CREATE_FAILED, CREATE_PENDING, CREATE_STOPPED
from reco.recipes import recipe_by_arn
from reco.storage.resources import Resource
from reco.wire.call import Call

_COPIED = (
    "perform_hpo",
    "perform_auto_ml",
    "perform_incremental_update",
    "recipe_arn",
    "event_type",
    "dataset_group_arn",
)


def create_solution_version(registry: Registry, call: Call) -> dict[str, Any]:
    """A version is a frozen copy of its solution's settings; its id is the caller's name, or one that nobody chose.

    Without a name nothing would tell a request that an SDK sends again, since the first answer was lost, from one for
    another version. So the id is made from the SDK's own id of the call: the second time the same version is answered.
    """
    asked = call.parameters
    tags = tags_of(asked.get("tags"))
    solution = find_solution(registry, asked["solution_arn"])
    name = asked.get("name")
    version_id = name or unchosen_id(solution, call.invocation)
    mode = asked.get("training_mode", "FULL")
    try:
        start_training(registry, solution, version_id, mode=mode, training_type="MANUAL", name=name, tags=tags)
    except ResourceAlreadyExists:
        if name or call.invocation is None:
            raise
    return {"solution_version_arn": registry.owner.arn(Kind.SOLUTION_VERSION, f"{solution.id}/{version_id}")}


def start_training(
    registry: Registry,
    solution: Resource,
    version_id: str,
    *,
    mode: str,
    training_type: str,
    name: str | None = None,
    tags: dict[str, str] | None = None,
) -> Resource:
    """A new version of the solution, whose machine is started.

    Args:
        solution: with the settings that hold now, as find_solution gives it.
        version_id: what follows the solution's name in the ARN.
        name: the caller's, if any; without it the version is named by its id.

    Raises:
        ResourceInUse, InvalidInput: the solution cannot be trained, now or so.
        ResourceAlreadyExists: there is such a version.
    """
    registry.require_active(solution)
    before = _version_to_update(registry, solution, mode)
    group_arn = solution.body["dataset_group_arn"]
    recipe_arn = solution.body.get("recipe_arn")
    datasets = require_datasets(registry, group_arn, recipe_by_arn(recipe_arn) if recipe_arn else None)
    resource_id = f"{solution.id}/{version_id}"
    solution_arn = registry.arn(solution)
    body = {
        "name": name or resource_id,
        "solution_arn": solution_arn,
        **{member: solution.body.get(member) for member in _COPIED},
        "solution_config": solution.body.get("solution_config", {}),
        "training_mode": mode,
        "training_type": training_type,
    }
    version = fresh(
        Kind.SOLUTION_VERSION,
        resource_id,
        body,
        registry.now,
        tags=tags,
        parent=solution_arn,
        also_under=(group_arn,),
        status=CREATE_PENDING,
    )
    if before is not None:
        # What a search found for the version before holds on: an update searches nothing.
        body = {**version.body, "tuned_hpo_params": before.body.get("tuned_hpo_params")}
        version = replace(version, body=body, inner={**version.inner, "previous": before.inner["artefact"]})
    # The datasets too: none of them may go while this version is in progress.
    read = [dataset for dataset in datasets.values() if dataset.deleting_since is None]
    return registry.create(version, [claim_on(solution), *map(claim_on, read)])


def _version_to_update(registry: Registry, solution: Resource, training_mode: str) -> Resource | None:
    """The newest ACTIVE version that an UPDATE begins with; None for a FULL training.

    Raises:
        InvalidInput: the recipe takes no UPDATE, or there is no such version.
    """
    if training_mode == "FULL":
        return None
    if training_mode != "UPDATE":
        raise InvalidInput(f"trainingMode must be FULL or UPDATE; {training_mode} is the service's own to use.")
    recipe = recipe_by_arn(solution.body["recipe_arn"]) if solution.body.get("recipe_arn") else None
    if recipe is None or not recipe.update_mode:
        raise InvalidInput(f"trainingMode: {recipe.name if recipe else 'performAutoML'} takes FULL only.")
    arn = registry.arn(solution)
    for version in registry.newest_first(Kind.SOLUTION_VERSION, arn):
        if version.status == ACTIVE and version.body["training_mode"] == "FULL":
            return version
    raise InvalidInput(f"trainingMode: UPDATE needs an ACTIVE version of {arn} that was trained with FULL.")


def describe_solution_version(registry: Registry, call: Call) -> dict[str, Any]:
    return {"solution_version": registry.view(_asked_version(registry, call))}


def list_solution_versions(registry: Registry, call: Call) -> dict[str, Any]:
    if "solution_arn" in call.parameters:
        registry.find(Kind.SOLUTION, call.parameters["solution_arn"], "solutionArn")
    parent = (Kind.SOLUTION, "solution_arn", "solutionArn")
    return list_resources(registry, call, Kind.SOLUTION_VERSION, "solution_versions", parent)


def get_solution_metrics(registry: Registry, call: Call) -> dict[str, Any]:
    version = _asked_version(registry, call)
    arn = registry.arn(version)
    if version.status in (CREATE_FAILED, CREATE_STOPPED):
        raise InvalidInput(f"{arn} has no metrics: its status is {version.status}.")
    if version.status != ACTIVE:
        raise ResourceInUse(f"{arn} has no metrics yet: its status is {version.status}.")
    return {"solution_version_arn": arn, "metrics": version.inner.get("metrics", {})}


def _asked_version(registry: Registry, call: Call) -> Resource:
    asked = registry.find(Kind.SOLUTION_VERSION, call.parameters["solution_version_arn"], "solutionVersionArn")
    return stop_made_up_for(registry, asked)
