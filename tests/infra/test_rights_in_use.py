"""The rights in the template against the calls that are made: moto allows everything, AWS would not.

One journey through the stack, each call noted with the function that made it. Every call must be allowed, and every
right must have been used or be explained here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest

from local.functions import Functions
from local.journey import Journey, Traveller
from local.sample_data import shop_data
from local.world import World
from tests.infra.calls import MARK, Call, recording
from tests.infra.templates import Assembly
from tests.local.test_state_machines import wait_for

pytestmark = pytest.mark.xdist_group("assets")

ROOT = Path(__file__).parent.parent.parent
SERVICES = {"dynamodb": "dynamodb", "s3": "s3", "sfn": "states", "firehose": "firehose", "sts": "sts"} | {
    "scheduler": "scheduler"
}
"""IAM's name of each service that functions call."""

UNUSED = {
    ("Job", "s3", "AbortMultipartUpload"): "after an upload in parts that failed",
    ("Workflow", "s3", "AbortMultipartUpload"): "after an upload in parts that failed",
    ("Job", "sts", "AssumeRole"): "this journey's data lie in a listed bucket",
    ("Runtime", "s3", "ListBucket"): "without it a read of an absent object is 403 instead of 404",
    ("Workflow", "states", "DescribeExecution"): "when another execution has the job",
}
"""Rights that this journey has no use for, and who has."""

CURRENT: ContextVar[str | None] = ContextVar("current_function", default=None)


@pytest.fixture(scope="module")
def calls(assembly: Assembly) -> Iterator[tuple[set[tuple[str, ...]], World]]:
    """Function, service, action, subject of every call of the journey."""
    made: set[tuple[str, ...]] = set()

    def note(function: str | None, call: Call) -> None:
        if function:
            made.add((function, *call))

    def note_of_job(line: str) -> None:
        _, mark, call = line.partition(MARK)
        if mark:
            made.add(("Job", *json.loads(call)))

    invoke = Functions.invoke

    def invoke_noting(functions: Functions, function: Any, event: Any) -> Any:
        token = CURRENT.set(function.handler.split(".")[1].capitalize() if function.handler else None)
        try:
            return invoke(functions, function, event)
        finally:
            CURRENT.reset(token)

    quick = {"RECO_TRANSITION_SECONDS": "0.02", "RECO_POINTER_CACHE_SECONDS": "0"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setattr(Functions, "invoke", invoke_noting)
        world = World(
            assembly=assembly.folder, overrides=quick, report=note_of_job, job_module="tests.infra.recording_job"
        )
        with recording(note, CURRENT.get), world:
            travel(world)
            yield made, world


def travel(world: World) -> None:
    traveller = Traveller(world.client, poll_s=0.05)
    journey = Journey(prefix="rights", bucket="callers-data")
    sample = shop_data()
    traveller.upload(journey, sample)
    traveller.import_data(journey, sample)
    traveller.make_tracker(journey)
    user, item = sample.interactions_csv.decode().splitlines()[1].split(",")[:2]
    traveller.send_event(journey, user, item, "View")
    for recipe in ("popularity", "user-personalization"):
        traveller.start_training(journey, recipe)
        campaign = traveller.deploy(journey, recipe)
        traveller.recommend(campaign, user=user)
    search(traveller, journey)
    stop(traveller, journey)
    train_by_itself(traveller, journey)
    traveller.personalize.list_campaigns()
    traveller.personalize.update_campaign(
        campaignArn=campaign, solutionVersionArn=journey.arns["user-personalization version"]
    )
    traveller.personalize.delete_event_tracker(eventTrackerArn=journey.arns["tracker"])


def search(traveller: Traveller, journey: Journey) -> None:
    """The shortest search: one trial, then the training."""
    personalize = traveller.personalize
    solution = personalize.create_solution(
        name="rights-search",
        datasetGroupArn=journey.arns["group"],
        recipeArn="arn:aws:personalize:::recipe/aws-sims",
        performHPO=True,
        performAutoTraining=False,
        solutionConfig={"hpoConfig": {"hpoResourceConfig": {"maxNumberOfTrainingJobs": "1"}}},
    )["solutionArn"]
    traveller.wait("solution", lambda: personalize.describe_solution(solutionArn=solution))
    version = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    traveller.wait("search", lambda: personalize.describe_solution_version(solutionVersionArn=version))


def stop(traveller: Traveller, journey: Journey) -> None:
    """A training that is stopped once it is at work."""
    personalize = traveller.personalize
    solution = journey.arns["user-personalization solution"]
    version = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]

    def status() -> str:
        return str(personalize.describe_solution_version(solutionVersionArn=version)["solutionVersion"]["status"])

    wait_for(lambda: status() == "CREATE IN_PROGRESS")
    personalize.stop_solution_version_creation(solutionVersionArn=version)
    wait_for(lambda: status() == "CREATE STOPPED")


def train_by_itself(traveller: Traveller, journey: Journey) -> None:
    """A solution with a schedule, with another one, and without."""
    personalize = traveller.personalize
    solution = personalize.create_solution(
        name="rights-schedule",
        datasetGroupArn=journey.arns["group"],
        recipeArn="arn:aws:personalize:::recipe/aws-popularity-count",
    )["solutionArn"]
    traveller.wait("solution", lambda: personalize.describe_solution(solutionArn=solution))
    config = {"autoTrainingConfig": {"schedulingExpression": "rate(2 days)"}}
    personalize.update_solution(solutionArn=solution, solutionUpdateConfig=config)

    def updating() -> bool:
        shown = personalize.describe_solution(solutionArn=solution)["solution"]
        return bool(shown["latestSolutionUpdate"]["status"] != "ACTIVE")

    wait_for(lambda: not updating())
    personalize.delete_solution(solutionArn=solution)


def resolved(statements: Any, world: World) -> set[tuple[str, str, str, str]]:
    """Owner, service, action and the start of what it may be done to, with this deployment's names."""
    names = {
        "GetAttResources": world.outputs["ResourcesTable"],
        "GetAttEvents": world.outputs["EventsTable"],
        "GetAttData": world.outputs["DataBucket"],
    }
    rights = set()
    for statement in statements:
        owner = "Workflow" if statement.owner == "WorkflowReachesOut" else statement.owner
        for resource in statement.resources:
            name = next((each for mark, each in names.items() if mark in resource), "")
            prefix = resource.rpartition('"/')[2].removesuffix('*"]]}') if '"/' in resource else ""
            for action in statement.actions:
                service, _, verb = action.partition(":")
                rights.add((owner, service, verb, f"{name}/{prefix}" if service == "s3" else name))
    return rights


def test_every_call_is_allowed(assembly: Assembly, calls: tuple[set[tuple[str, ...]], World]) -> None:
    made, world = calls
    rights = resolved(assembly.statements(), world)
    refused = set()
    for function, service, action, subject in made:
        if service == "s3" and not subject.startswith(world.outputs["DataBucket"]):
            continue  # the caller's data: tests of reco.storage.access
        allowed = any(
            (function, SERVICES[service], action) == right[:3] and subject.startswith(right[3]) for right in rights
        )
        if not allowed:
            refused.add((function, service, action, subject))
    assert not refused
    assert {call[0] for call in made} == {"Control", "Runtime", "Events", "Workflow", "Deployment", "Job"}


def test_every_right_is_used_or_explained(assembly: Assembly, calls: tuple[set[tuple[str, ...]], World]) -> None:
    made, world = calls
    functions = {call[0] for call in made}
    used = {(function, SERVICES[service], action) for function, service, action, _ in made}
    given = {
        right[:3]
        for right in resolved(assembly.statements(), world)
        if right[0] in functions and right[1] in SERVICES.values()
    }
    assert given - used == set(UNUSED)
