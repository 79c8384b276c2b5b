"""What boto3 sends is what a service method sees, for every operation of the three services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from botocore import xform_name

from reco.arns import Owner
from reco.wire.call import Call
from tests.wire.asking import Recorder, ask, refusal
from tests.wire.clients import ACCOUNT, CALLER, NOW, REGION, REQUEST_ID, connect
from tests.wire.samples import (
    MODELS,
    OPERATIONS,
    SERVICE_OF,
    SERVICES,
    parameters_of,
    places,
    removed,
    replaced,
    sample,
)


@pytest.fixture(scope="module")
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture(scope="module")
def clients(recorder: Recorder) -> Mapping[str, Any]:
    return {service: connect(service, recorder.operations) for service in SERVICES}


def test_there_are_79_operations_and_no_name_is_used_twice() -> None:
    assert sum(len(model.operation_names) for model in MODELS.values()) == 79 == len(OPERATIONS)


@pytest.mark.parametrize("full", [False, True], ids=["least", "fullest"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_boto3_request_arrives_in_snake_case(
    operation: str, full: bool, clients: Mapping[str, Any], recorder: Recorder
) -> None:
    shape = OPERATIONS[operation].input_shape
    document = sample(shape, full=full)
    recorder.call = None
    getattr(clients[SERVICE_OF[operation]], xform_name(operation))(**document)
    assert recorder.call == Call(
        operation=operation,
        parameters=parameters_of(shape, document),
        owner=Owner(ACCOUNT, REGION, "aws"),
        caller_arn=CALLER,
        request_id=REQUEST_ID,
        now=NOW,
    )


@pytest.mark.parametrize("operation", OPERATIONS)
def test_snake_case_keeps_the_members_of_every_structure_apart(operation: str) -> None:
    for place in places(operation):
        if place.shape.type_name == "structure":
            assert len({xform_name(name) for name in place.shape.members}) == len(place.shape.members)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_unknown_members_are_dropped_and_null_ones_are_absent(operation: str) -> None:
    shape = OPERATIONS[operation].input_shape
    document = sample(shape, full=True)
    for place in places(operation):
        if place.shape.type_name == "structure":
            inner = _at(document, place.steps)
            strange = replaced(document, place.steps, {**inner, "unheardOf": {"deep": [1, None]}, "": None})
            status, _, call = ask(operation, strange)
            assert status == 200
            assert call is not None and call.parameters == parameters_of(shape, document)
        elif place.steps and isinstance(place.steps[-1], str) and _is_member(document, place) and not place.required:
            status, _, call = ask(operation, replaced(document, place.steps, None))
            assert status == 200
            assert call is not None and call.parameters == parameters_of(shape, removed(document, place.steps))


@pytest.mark.parametrize("number", [10**400, -(10**400), 2**31, 1e308, 0.5])
def test_a_number_that_fits_no_integer_is_refused_however_large_it_is(number: float) -> None:
    code, message = refusal("ListRecipes", {"maxResults": number})

    assert code == "SerializationException" and message.startswith("maxResults: must")


def test_partition_follows_the_region() -> None:
    from reco.arns import partition_of

    assert [partition_of(region) for region in ("eu-west-1", "cn-north-1", "us-gov-west-1")] == [
        "aws",
        "aws-cn",
        "aws-us-gov",
    ]


def _at(document: Any, steps: tuple[str | int, ...]) -> Any:
    for step in steps:
        document = document[step]
    return document


def _is_member(document: Any, place: Any) -> bool:
    shape = OPERATIONS[place.operation].input_shape
    for step in place.steps[:-1]:
        shape = shape.members[step] if shape.type_name == "structure" else getattr(shape, "member", None) or shape.value
    return shape.type_name == "structure"
