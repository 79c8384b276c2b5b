"""The states in which resources show what they show: made in every way, updated in every way, failed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from reco.arns import Kind
from reco.control.lifecycle import MACHINES
from reco.jobs.status import CREATE_FAILED
from reco.recipes import RECIPES
from reco.storage.resources import Resource
from tests.conformance.requests import CONTROL, fullest, kind_of, smallest
from tests.conformance.values import ACTION_INTERACTIONS
from tests.conformance.world import World
from tests.control.conftest import RECIPE
from tests.wire.samples import OPERATIONS

NEVER_SHOWN: Mapping[tuple[str, str], str] = {
    ("DescribeAlgorithm", "algorithm.algorithmImage"): "No image of Amazon's stands behind an algorithm here.",
    ("DescribeAlgorithm", "algorithm.roleArn"): "No role of Amazon's runs an algorithm here.",
    ("DescribeDataDeletionJob", "dataDeletionJob.numDeleted"): "The work of these jobs comes in a later version.",
    ("DescribeDataset", "dataset.latestDatasetUpdate.failureReason"): "An update that has begun cannot fail.",
    ("DescribeDatasetGroup", "datasetGroup.failureReason"): "Making a group cannot fail once it has begun.",
    ("DescribeFilter", "filter.failureReason"): "Expressions are checked before a filter is stored.",
    ("DescribeSolution", "solution.latestSolutionUpdate.failureReason"): "An update that has begun cannot fail.",
    ("DescribeSolution", "solution.solutionConfig.hpoConfig.hpoObjective"): "No request can set it.",
    ("DescribeSolutionVersion", "solutionVersion.solutionConfig.hpoConfig.hpoObjective"): "No request can set it.",
    ("ListDatasetGroups", "datasetGroups[].failureReason"): "Making a group cannot fail once it has begun.",
    ("ListFilters", "Filters[].failureReason"): "Expressions are checked before a filter is stored.",
}
"""Members of answers that are never there, with what is within them, and why."""

_REASON = "The data say why."
_TRAINED = {"training_hours": 0.25, "tuned_hpo_params": {"algorithm_hyper_parameters": {"bptt": "8"}}}
"""What a training writes into a version, beside its status."""
_ENDED: Mapping[Kind, dict[str, Any]] = {
    Kind.RECOMMENDER: {"model": {"result": {"metrics": {"coverage": 0.5}}}},
}
"""What is written with the end of a job, where it is shown."""


def requests(world: World, operation: str) -> Iterator[dict[str, Any]]:
    """Requests whose answers show, together, all that the operation ever shows. Each is to be sent before the next is
    asked for: in between the world changes."""
    for request in (smallest(world, operation), *fullest(world, operation)):
        with world.undone():
            yield request
    if operation == "ListTagsForResource":
        world.send("TagResource", fullest(world, "TagResource")[0])
        yield smallest(world, operation)
    elif operation == "DescribeAlgorithm":
        yield from ({"algorithmArn": recipe.algorithm_arn} for recipe in RECIPES)
    elif operation.startswith("List"):
        yield from _lists(world, operation)
    elif operation.startswith("Describe"):
        member = next(iter(OPERATIONS[operation].input_shape.members))
        kind = kind_of(member)
        for arn in _arns(world, kind) if kind else ():
            yield {member: arn}


def _lists(world: World, operation: str) -> Iterator[dict[str, Any]]:
    required = smallest(world, operation)
    yield {**required, "maxResults": 1}
    if operation == "ListMetricAttributionMetrics":
        world.send("UpdateMetricAttribution", smallest(world, "UpdateMetricAttribution"))
        yield {**required, "maxResults": 1}
    [listed] = (each for each in OPERATIONS[operation].output_shape.members.values() if each.type_name == "list")
    arns = [kind_of(name) for name in listed.member.members if name.endswith("Arn")]
    kind = arns[0] if arns else None
    for _ in _arns(world, kind) if kind else ():
        yield required
        yield {**required, "maxResults": 1}


def _arns(world: World, kind: Kind) -> Iterator[str]:
    """One resource of the kind after another, each in another state, each gone before the next is there."""
    word = "".join(part.capitalize() for part in kind.value.split("-"))
    arn_member = f"{word[0].lower()}{word[1:]}Arn"
    for request in fullest(world, f"Create{word}"):
        with world.undone():
            arn = str(world.send(f"Create{word}", request)[arn_member])
            world.bench.settle()
            if kind in MACHINES:
                world.bench.end_job(arn, **_ENDED.get(kind, {}))
                yield arn
                world.bench.end_job(arn, CREATE_FAILED, _REASON)
            yield arn
    for request in fullest(world, f"Update{word}") if f"Update{word}" in CONTROL else ():
        with world.undone():
            world.send(f"Update{word}", request)
            yield request[arn_member]
            if kind in MACHINES:
                _change(world, kind, request[arn_member], _with_failed_update)
                yield request[arn_member]
    for special in _SPECIAL.get(kind, ()):
        with world.undone():
            yield from special(world)


def _with_failed_update(resource: Resource) -> Resource:
    failed = {**resource.inner["update"], "status": CREATE_FAILED, "failure_reason": _REASON}
    return replace(resource, inner={**resource.inner, "update": failed})


def _solution_with_a_failed_version(world: World) -> Iterator[str]:
    version = world.send("CreateSolutionVersion", {"solutionArn": world.made["open solution"]})["solutionVersionArn"]
    world.bench.end_job(version, CREATE_FAILED, _REASON)
    yield world.made["open solution"]


def _solution_with_a_chosen_recipe(world: World) -> Iterator[str]:
    request = {**smallest(world, "CreateSolution"), "performAutoML": True}
    del request["recipeArn"]
    solution = world.send("CreateSolution", request)["solutionArn"]
    world.bench.settle()
    version = world.bench.version(solution)
    _change(world, Kind.SOLUTION_VERSION, version, lambda each: replace(each, body={**each.body, "recipe_arn": RECIPE}))
    yield solution


def _versions_of_the_fullest_solutions(world: World) -> Iterator[str]:
    for request in fullest(world, "CreateSolution"):
        with world.undone():
            solution = world.send("CreateSolution", request)["solutionArn"]
            world.bench.settle()
            version = world.bench.version(solution)
            _change(world, Kind.SOLUTION_VERSION, version, lambda each: replace(each, body={**each.body, **_TRAINED}))
            yield version


def _dataset_that_is_tracked(world: World) -> Iterator[str]:
    schema = world.send("CreateSchema", {"name": "actions", "schema": ACTION_INTERACTIONS})["schemaArn"]
    request = {**smallest(world, "CreateDataset"), "schemaArn": schema, "datasetType": "Action_Interactions"}
    yield world.send("CreateDataset", request)["datasetArn"]


def _change(world: World, kind: Kind, arn: str, change: Callable[[Resource], Resource]) -> None:
    """What a machine writes."""
    world.bench.table.update(kind, arn.split("/", 1)[1], change)


_SPECIAL: Mapping[Kind, tuple[Callable[[World], Iterator[str]], ...]] = {
    Kind.DATASET: (_dataset_that_is_tracked,),
    Kind.SOLUTION: (_solution_with_a_failed_version, _solution_with_a_chosen_recipe),
    Kind.SOLUTION_VERSION: (_versions_of_the_fullest_solutions,),
}
"""What shows more than making and updating does."""
