"""What goes wrong, and what the caller is told."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

import reco.errors
from reco.errors import (
    AccessDenied,
    ClientFault,
    InvalidInput,
    InvalidNextToken,
    LimitExceeded,
    MalformedRequest,
    MetricAlreadyExists,
    ResourceAlreadyExists,
    ResourceInUse,
    ResourceNotFound,
    Throttled,
    TooManyTagKeys,
    TooManyTags,
    UnknownOperation,
)
from reco.wire import faults
from reco.wire.call import Call
from reco.wire.dispatch import logger, respond
from reco.wire.gateway import gateway_event
from reco.wire.request import MAX_BODY_BYTES
from tests.wire.asking import Recorder, ask, event_for, refusal
from tests.wire.clients import ACCOUNT, CALLER, NOW, REGION, REQUEST_ID, connect
from tests.wire.samples import MODELS, OPERATIONS, SERVICE_OF, SERVICES, sample

ARN = "arn:aws:personalize:eu-west-1:123456789012:campaign/c"

# fault, its code, its status by service (the second is the code where the service has not got the first)
ANSWERS: list[tuple[ClientFault, str, dict[str, int]]] = [
    (
        InvalidInput("x"),
        "InvalidInputException",
        {"personalize": 400, "personalize-runtime": 400, "personalize-events": 400},
    ),
    (
        ResourceNotFound(ARN),
        "ResourceNotFoundException",
        {"personalize": 400, "personalize-runtime": 404, "personalize-events": 404},
    ),
    (ResourceInUse("x"), "ResourceInUseException", {"personalize": 400, "personalize-events": 409}),
    (ResourceAlreadyExists(ARN), "ResourceAlreadyExistsException", {"personalize": 400}),
    (InvalidNextToken("x"), "InvalidNextTokenException", {"personalize": 400}),
    (LimitExceeded("x"), "LimitExceededException", {"personalize": 400}),
    (TooManyTags("x"), "TooManyTagsException", {"personalize": 400}),
    (TooManyTagKeys("x"), "TooManyTagKeysException", {"personalize": 400}),
    (MetricAlreadyExists("x"), "ResourceAlreadyExistsException", {"personalize": 400}),
    (
        AccessDenied("x"),
        "AccessDeniedException",
        {"personalize": 400, "personalize-runtime": 400, "personalize-events": 400},
    ),
    (
        MalformedRequest("x"),
        "SerializationException",
        {"personalize": 400, "personalize-runtime": 400, "personalize-events": 400},
    ),
    (
        Throttled("x"),
        "ThrottlingException",
        {"personalize": 429, "personalize-runtime": 429, "personalize-events": 429},
    ),
]
ONE_OF = {"personalize": "ListSchemas", "personalize-runtime": "GetRecommendations", "personalize-events": "PutEvents"}


class Raising:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def __call__(self, _call: Call) -> None:
        raise self.error


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    ("error", "code", "statuses"), ANSWERS, ids=lambda value: getattr(value, "__class__", value).__name__
)
def test_boto3_raises_the_exception_of_the_fault(
    error: ClientFault, code: str, statuses: dict[str, int], service: str
) -> None:
    operation = ONE_OF[service]
    expected = code if service in statuses else "InvalidInputException"
    client = connect(service, {operation: Raising(error)})
    with pytest.raises(ClientError) as caught:
        getattr(client, xform_name(operation))(**sample(OPERATIONS[operation].input_shape, full=False))
    response = caught.value.response
    assert response["Error"] == {"Code": expected, "Message": error.message}
    assert response["ResponseMetadata"]["HTTPStatusCode"] == statuses.get(service, 400)
    assert response["ResponseMetadata"]["RequestId"] == REQUEST_ID
    if expected in faults.error_shapes(service):
        assert isinstance(caught.value, getattr(client.exceptions, expected))


def test_every_fault_of_a_caller_has_its_code() -> None:
    kinds = {
        kind
        for kind in vars(reco.errors).values()
        if isinstance(kind, type) and issubclass(kind, ClientFault) and kind is not ClientFault
    }
    assert kinds == set(faults.MODELLED) | set(faults.UNMODELLED) | {UnknownOperation}


def test_every_modelled_error_of_every_service_can_be_raised() -> None:
    modelled = {shape.error_code for model in MODELS.values() for shape in model.error_shapes}
    assert modelled == set(faults.MODELLED.values())


def test_the_body_and_the_header_both_name_the_code() -> None:
    response = respond(event_for("PutEvents", {}), {}, lambda: NOW, region=REGION)
    assert response["headers"] == {
        "Content-Type": "application/json",
        "x-amzn-RequestId": REQUEST_ID,
        "x-amzn-ErrorType": "InvalidInputException",
    }
    assert json.loads(response["body"]) == {
        "__type": "InvalidInputException",
        "message": "PutEvents is not available in this version",
    }


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_of_a_later_version_says_so(operation: str) -> None:
    response = respond(event_for(operation, {}), {}, lambda: NOW, region=REGION)
    assert response["statusCode"] == 400
    assert json.loads(response["body"])["message"] == f"{operation} is not available in this version"


@pytest.mark.parametrize(
    ("method", "path", "target", "status"),
    [
        ("POST", "/", "AmazonPersonalize.Nothing", 400),
        ("POST", "/", "AmazonPersonalize.createSchema", 400),
        ("POST", "/", "AmazonForecast.CreateSchema", 400),
        ("POST", "/", "CreateSchema", 400),
        ("POST", "/", "", 400),
        ("POST", "/", None, 400),
        ("POST", "/", "AmazonPersonalize.GetRecommendations", 400),
        ("GET", "/", "AmazonPersonalize.ListSchemas", 404),
        ("GET", "/recommendations", None, 404),
        ("POST", "/recommendations/", None, 404),
        ("POST", "/Recommendations", None, 404),
        ("POST", "/%", "AmazonPersonalize.ListSchemas", 404),
        ("OPTIONS", "/events", None, 404),
    ],
)
def test_what_is_no_operation_is_unknown(method: str, path: str, target: str | None, status: int) -> None:
    headers = {"Content-Type": "application/x-amz-json-1.1"} | ({} if target is None else {"x-amz-target": target})
    event = gateway_event(method, path, "", headers, b"{}", ACCOUNT, REGION, CALLER, REQUEST_ID, NOW)
    response = respond(event, Recorder().operations, lambda: NOW, region=REGION)
    assert response["statusCode"] == status
    assert json.loads(response["body"])["__type"] == "UnknownOperationException"


BAD_BODIES = {
    b"\xff\xfe{}": "body: is not UTF-8 at byte 0",
    b"\xef\xbb\xbf{}": "body: begins with a byte-order mark; send UTF-8 without one",
    b"{}".decode().encode("utf-16"): "body: is not UTF-8 at byte 0",
    b" ": "body: is not JSON: Expecting value at line 1 column 2",
    b"{": "body: is not JSON: Expecting property name enclosed in double quotes at line 1 column 2",
    b"{} {}": "body: is not JSON: Extra data at line 1 column 4",
    b"trackingId=1": "body: is not JSON: Expecting value at line 1 column 1",
    b'{"a": NaN}': "body: is not JSON: NaN",
    b'{"a": -Infinity}': "body: is not JSON: -Infinity",
    b'{"sessionId": "\\ud800"}': "body: has half of a surrogate pair (\\ud800 to \\udfff)",
    b'{"\\udfff": 1}': "body: has half of a surrogate pair (\\ud800 to \\udfff)",
    b"[]": "body: must be a JSON object, is an array",
    b"null": "body: must be a JSON object, is null",
    b'"text"': "body: must be a JSON object, is a string",
    b"[" * 100_000: "body: is not JSON that can be read: a number or a nesting has no end",
    b'{"a":' * 100_000: "body: is not JSON that can be read: a number or a nesting has no end",
    b'{"a": ' + b"9" * 5000 + b"}": "body: is not JSON that can be read: a number or a nesting has no end",
}


@pytest.mark.parametrize("body", BAD_BODIES, ids=lambda body: repr(body[:20]))
@pytest.mark.parametrize("operation", ["PutEvents", "CreateSchema"])
def test_bytes_that_are_no_request_are_refused_with_the_place(operation: str, body: bytes) -> None:
    assert refusal(operation, body) == ("SerializationException", BAD_BODIES[body])


def test_an_empty_body_is_an_empty_request() -> None:
    assert ask("ListSchemas", b"")[0] == 200
    assert refusal("PutEvents", b"") == (
        "InvalidInputException",
        "trackingId: is required; sessionId: is required; eventList: is required",
    )


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON; charset=utf-8", "application/x-amz-json-1.1;charset=UTF-8", "", " "],
)
def test_content_types_that_are_taken(content_type: str) -> None:
    for operation in ("ListSchemas", "GetRecommendations"):
        assert ask(operation, {}, headers={"Content-Type": content_type})[0] == 200


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/cbor", "json"]
)
def test_other_content_types_are_refused(content_type: str) -> None:
    for operation in ("ListSchemas", "GetRecommendations"):
        code, message = refusal(operation, {}, headers={"Content-Type": content_type})
        assert code == "SerializationException"
        assert message == (
            "Content-Type: must be one of application/json, application/x-amz-json-1.0, application/x-amz-json-1.1"
        )


def test_a_body_over_the_limit_is_refused_by_its_size() -> None:
    padding = b" " * (MAX_BODY_BYTES - 2)
    assert ask("ListSchemas", b"{}" + padding)[0] == 200
    assert refusal("ListSchemas", b"{} " + padding) == (
        "InvalidInputException",
        "body: must be at most 4500000 bytes, has 4500001",
    )


def test_the_largest_request_of_the_model_fits() -> None:
    items = [{"itemId": "i" * 256, "properties": "😀" * 16_000 + "é" * 16_000} for _ in range(10)]
    body = json.dumps({"datasetArn": ARN, "items": items}).encode()
    assert 2_000_000 < len(body) < MAX_BODY_BYTES
    assert ask("PutItems", body)[0] == 200


@pytest.mark.parametrize("operation", ONE_OF.values())
def test_an_unexpected_exception_is_logged_and_tells_nothing(operation: str) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logger.registered_formatter)
    logger.addHandler(handler)
    try:
        body: Any = sample(OPERATIONS[operation].input_shape, full=False)
        failing = {operation: Raising(KeyError("s3://bucket/private"))}
        response = respond(event_for(operation, body), failing, lambda: NOW, region=REGION)
    finally:
        logger.removeHandler(handler)
    assert response["statusCode"] == 500
    assert response["headers"]["x-amzn-ErrorType"] == "InternalFailure"
    assert json.loads(response["body"]) == {
        "__type": "InternalFailure",
        "message": "Internal failure; the request may be retried",
    }
    line = json.loads(stream.getvalue())
    assert (line["operation"], line["request_id"]) == (operation, REQUEST_ID)
    assert "s3://bucket/private" in line["exception"]


def test_each_service_has_an_operation_in_the_tests_above() -> None:
    assert {SERVICE_OF[operation] for operation in ONE_OF.values()} == set(SERVICES)
