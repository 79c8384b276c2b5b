"""Events of a real HTTP API, and the ones that `gateway_event` makes."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from reco.wire.call import Call
from reco.wire.dispatch import respond
from reco.wire.gateway import gateway_event
from tests.wire.asking import Recorder
from tests.wire.clients import NOW, REGION

EVENTS = {path.stem: json.loads(path.read_text()) for path in (Path(__file__).parent / "events").glob("*.json")}
SAME_EVERYWHERE = {"version", "routeKey", "rawPath", "rawQueryString", "headers", "requestContext", "isBase64Encoded"}


def call_of(name: str) -> Call:
    recorder = Recorder()
    response = respond(EVENTS[name], recorder.operations, lambda: NOW, region=REGION)
    assert response["statusCode"] == 200, response
    assert recorder.call is not None
    return recorder.call


def test_a_control_request_comes_as_base64() -> None:
    call = call_of("create_schema")
    assert call.operation == "CreateSchema"
    assert call.parameters["name"] == "shop-interactions"
    assert json.loads(call.parameters["schema"])["name"] == "Interactions"
    assert (call.owner.account, call.caller_arn) == ("123456789012", "arn:aws:iam::123456789012:user/ada")
    assert call.request_id == "aRk5gjDoDoEEMjQ="


def test_a_runtime_request_comes_as_text() -> None:
    call = call_of("get_recommendations")
    assert call.operation == "GetRecommendations"
    assert call.parameters == {
        "campaign_arn": "arn:aws:personalize:eu-west-1:123456789012:campaign/home",
        "user_id": "u1",
        "num_results": 3,
        "filter_values": {"GENRES": '"Drama","Comedy"'},
    }
    assert call.caller_arn == "arn:aws:sts::123456789012:assumed-role/shop-frontend/shop"


def test_a_browser_sends_a_charset_and_a_fraction_of_a_second() -> None:
    call = call_of("put_events_browser")
    assert call.parameters["event_list"][0]["sent_at"] == 1719835199.25


def test_a_path_without_an_operation_is_404() -> None:
    response = respond(EVENTS["unknown_path"], {}, lambda: NOW, region=REGION)
    assert response["statusCode"] == 404
    assert json.loads(response["body"])["__type"] == "UnknownOperationException"


@pytest.mark.parametrize("name", EVENTS)
def test_gateway_event_makes_the_same_event(name: str) -> None:
    """The same members with the same values, but for what names the gateway and the caller's keys."""
    real = EVENTS[name]
    context = real["requestContext"]
    iam = context.get("authorizer", {}).get("iam", {})
    raw = real.get("body", "")
    made = gateway_event(
        method=context["http"]["method"],
        path=real["rawPath"],
        query=real["rawQueryString"],
        headers={name.title(): value for name, value in real["headers"].items()}
        | ({"Cookie": "; ".join(real["cookies"])} if "cookies" in real else {}),
        body=base64.b64decode(raw) if real["isBase64Encoded"] else raw.encode(),
        account=context["accountId"],
        region=REGION,
        caller_arn=iam.get("userArn"),
        request_id=context["requestId"],
        time_epoch=context["timeEpoch"] / 1000,
        route_key=real["routeKey"],
    )
    assert _shape(made) == _shape(real)
    assert set(made) >= SAME_EVERYWHERE
    for told in (made, real):
        told = json.loads(json.dumps(told))
        for part in ("apiId", "domainName", "domainPrefix", "authorizer"):
            told["requestContext"].pop(part, None)
        told["requestContext"]["http"].pop("sourceIp")
        if told["headers"] == real["headers"]:
            expected = told
    made["requestContext"] = {key: made["requestContext"][key] for key in expected["requestContext"]}
    made["requestContext"]["http"].pop("sourceIp")
    assert made == expected


def _shape(value: Any) -> Any:
    """Names of members only; what the identity pool says of a visitor is not made locally."""
    if isinstance(value, dict):
        return {key: None if key == "cognitoIdentity" else _shape(inner) for key, inner in value.items()}
    return None


def test_bytes_that_are_no_utf_8_stay_base64_and_are_refused_politely() -> None:
    headers = {"Content-Type": "application/json"}
    event = gateway_event("POST", "/events", "", headers, b'{"a": "\xff"}', "1" * 12, REGION, None, "r", NOW)
    assert event["isBase64Encoded"] is True
    assert "authorizer" not in event["requestContext"]
    response = respond(event, Recorder().operations, lambda: NOW, region=REGION)
    assert response["statusCode"] == 400
    assert json.loads(response["body"]) == {
        "__type": "SerializationException",
        "message": "body: is not UTF-8 at byte 7",
    }
