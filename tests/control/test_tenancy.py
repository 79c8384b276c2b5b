"""Another account, region or partition, and what is deleted: not found, and nothing revealed.

Generated from the service model: every operation offered, every member that holds the ARN of a resource, nested ones
too. The law: such an ARN is answered exactly as one that nobody ever gave away.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.model import Shape

from reco.arns import Kind, Owner
from reco.control.operations import METHODS
from reco.wire.service_models import CONTROL, operation_model
from tests.control.conftest import INTERACTIONS, RECIPE, ROLE, Bench, Cloud
from tests.control.every_kind import EXPRESSION, METRIC, one_of_each
from tests.control.jobs import PLACES
from tests.control.putting_back import Kept, stored_items
from tests.wire.clients import ACCOUNT, REGION

VALUES: dict[str, Any] = {
    "name": "fresh",
    "jobName": "fresh",
    "schema": INTERACTIONS,
    "datasetType": "Interactions",
    "dataSource": {"dataLocation": "s3://bucket/a.csv"},
    "roleArn": ROLE,
    **PLACES,
    "filterExpression": EXPRESSION,
    "metrics": [METRIC],
    "metricsOutputConfig": {"roleArn": ROLE},
    "tags": [{"tagKey": "a", "tagValue": "b"}],
    "tagKeys": ["a"],
    "recommenderConfig": {"minRecommendationRequestsPerSecond": 2},
    "recipeArn": RECIPE,
}
"""What a member that is no resource's ARN may hold in whichever operation."""
SERVICES_OWN = {
    "recipeArn": RECIPE,
    "algorithmArn": "arn:aws:personalize:::algorithm/aws-sims",
    "featureTransformationArn": "arn:aws:personalize:::feature-transformation/sims",
    "recipeList": RECIPE,
}
ALSO: dict[tuple[str, str], dict[str, Any]] = {
    ("CreateSolution", "solutionConfig.autoMLConfig.recipeList"): {"performAutoML": True, "recipeArn": None},
    ("UpdateMetricAttribution", "metricAttributionArn"): {"addMetrics": [{**METRIC, "metricName": "more"}]},
    ("UpdateCampaign", "campaignArn"): {"minProvisionedTPS": 2},
    ("UpdateSolution", "solutionArn"): {"performAutoTraining": False},
}
"""What an operation needs beside its required members to look at this one; None takes a member out."""


def _members(shape: Shape, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Paths of all members that hold ARNs of this service's resources."""
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            yield from _members(member, (*path, name))
    elif shape.type_name == "list":
        yield from _members(shape.member, path)
    elif shape.type_name == "map":
        yield from _members(shape.value, path)
    elif shape.name == "Arn":
        yield path


CASES = [
    (operation, ".".join(path))
    for operation in METHODS
    for path in _members(operation_model(CONTROL, operation).input_shape)
]


@dataclass
class World:
    """One resource of each kind, one of each that was deleted, and where they are."""

    bench: Bench
    living: dict[Kind, str]
    deleted: dict[Kind, str]
    for_operation: dict[tuple[str, str], str]
    """The ARN that an operation takes where the one by kind will not do."""

    def genuine(self, operation: str, path: str) -> str:
        member = path.rpartition(".")[2]
        chosen = self.for_operation.get((operation, member))
        return chosen or SERVICES_OWN.get(member) or self.living[_kind(member)]

    def request(self, operation: str, path: str, arn: str) -> dict[str, Any]:
        """The smallest request with an ARN in one place, all others being right."""
        shape = operation_model(CONTROL, operation).input_shape
        asked: dict[str, Any] = {}
        for name in shape.required_members:
            known = self.for_operation.get((operation, name))
            asked[name] = known or VALUES.get(name) or SERVICES_OWN.get(name) or self.living[_kind(name)]
        if operation == "CreateSolution":
            asked["recipeArn"] = RECIPE
        asked = {**asked, **ALSO.get((operation, path), {})}
        asked = {name: value for name, value in asked.items() if value is not None}
        first, *rest = path.split(".")
        value: Any = arn
        if path.endswith("recipeList"):
            value = [arn]
        for name in reversed(rest):
            value = {name: value}
        return {**asked, first: value}

    def answer(self, operation: str, path: str, arn: str) -> dict[str, Any]:
        """Status, error and members of the answer, the ARN in it replaced by a word."""
        try:
            answered = getattr(self.bench.client, xform_name(operation))(**self.request(operation, path, arn))
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            message = error.response["Error"]["Message"].replace(arn, "ARN")
            return {"status": status, "code": error.response["Error"]["Code"], "message": message}
        return {name: value for name, value in answered.items() if name != "ResponseMetadata"}


def _kind(member: str) -> Kind:
    if member == "resourceArn":
        return Kind.DATASET_GROUP
    words = "".join(f"-{each.lower()}" if each.isupper() else each for each in member.removesuffix("Arn"))
    return Kind(words)


def _strange(arn: str) -> dict[str, str]:
    """The ARN as it would be elsewhere; of what the service owns for everybody, as if somebody owned it."""
    own = arn.replace(":::", f":{REGION}:{ACCOUNT}:")
    return {
        "another account": own.replace(ACCOUNT, "999999999999"),
        "another region": own.replace(f":{REGION}:", ":ap-south-1:"),
        "another partition": own.replace("arn:aws:", "arn:aws-cn:"),
    }


def _absent(arn: str) -> str:
    """An ARN of the same kind that was never given away."""
    head, _, tail = arn.rpartition(":")
    kind, _, name = tail.partition("/")
    if kind == "dataset":
        return f"{head}:dataset/nowhere/INTERACTIONS"
    return f"{head}:{kind}/nowhere" + ("/00000000" if "/" in name else "")


@pytest.fixture(scope="module")
def world(cloud: Cloud) -> World:
    bench = cloud.bench()
    living, special = one_of_each(bench, "")
    deleted, _ = one_of_each(bench, "gone")
    _delete(bench, deleted)
    registry = bench.registry_at(bench.now, Owner(ACCOUNT, REGION))
    for kind in Kind:
        # Reading removes what has passed its end; from here on nothing is left to remove.
        registry.page(kind, None, None, 100)
    return World(bench, living, deleted, special)


def _delete(bench: Bench, made: dict[Kind, str]) -> None:
    """In the order of the official clean-up; jobs go with what they were made for."""
    client = bench.client
    group = made[Kind.DATASET_GROUP]
    client.delete_campaign(campaignArn=made[Kind.CAMPAIGN])
    client.delete_recommender(recommenderArn=made[Kind.RECOMMENDER])
    client.delete_metric_attribution(metricAttributionArn=made[Kind.METRIC_ATTRIBUTION])
    bench.settle()
    for solution in client.list_solutions(datasetGroupArn=group)["solutions"]:
        client.delete_solution(solutionArn=solution["solutionArn"])
    client.delete_event_tracker(eventTrackerArn=made[Kind.EVENT_TRACKER])
    client.delete_filter(filterArn=made[Kind.FILTER])
    bench.settle()
    for dataset in client.list_datasets(datasetGroupArn=group)["datasets"]:
        client.delete_dataset(datasetArn=dataset["datasetArn"])
    bench.settle()
    client.delete_schema(schemaArn=made[Kind.SCHEMA])
    client.delete_dataset_group(datasetGroupArn=group)
    bench.settle()


def _is_not_found(operation: str, path: str, answer: dict[str, Any]) -> bool:
    if path.endswith("recipeList"):
        # One of several: the refusal says which, and that there is no such recipe.
        return answer.get("code") == "InvalidInputException" and "there is no recipe ARN" in answer["message"]
    if answer.get("code") == "ResourceNotFoundException":
        return True
    if operation.startswith("List") and operation != "ListTagsForResource" and "code" not in answer:
        return list(answer.values()) == [[]]
    return False


@pytest.mark.parametrize(("operation", "path"), CASES, ids=[f"{operation}-{path}" for operation, path in CASES])
def test_what_is_elsewhere_or_deleted_is_answered_as_what_never_was(world: World, operation: str, path: str) -> None:
    genuine = world.genuine(operation, path)
    never = world.answer(operation, path, _absent(genuine))
    member = path.rpartition(".")[2]
    strange = _strange(genuine)
    if member not in SERVICES_OWN:
        strange["deleted"] = world.deleted[_kind(member)]
    before = stored_items(world.bench)

    assert _is_not_found(operation, path, never), never
    for why, arn in strange.items():
        assert arn != genuine
        assert world.answer(operation, path, arn) == never, why
    assert stored_items(world.bench) == before


def test_the_same_requests_find_what_is_there(world: World) -> None:
    """Else the refusals above would prove nothing."""
    kept = Kept(world.bench)
    for operation, path in CASES:
        answer = world.answer(operation, path, world.genuine(operation, path))
        assert not _is_not_found(operation, path, answer), (operation, path, answer)
        kept.put_back()


def test_every_kind_of_resource_is_asked_for() -> None:
    members = {path.rpartition(".")[2] for _, path in CASES}
    kinds = {_kind(member) for member in members - set(SERVICES_OWN) - {"resourceArn"}}
    assert kinds == set(Kind)
