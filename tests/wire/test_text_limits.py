"""The limits that only the documentation states."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reco.wire.text_limits import TEXT_LIMITS
from tests.wire.asking import ask, refusal
from tests.wire.samples import OPERATIONS

ARN = "arn:aws:personalize:eu-west-1:123456789012:campaign/c"
METADATA = {"metadataColumns": {"ITEMS": ["TITLE"]}}


@pytest.mark.parametrize(
    ("operation", "most", "body"),
    [
        ("GetRecommendations", 500, {"campaignArn": ARN}),
        ("GetRecommendations", 500, {"campaignArn": ARN, "metadataColumns": {}}),
        ("GetRecommendations", 50, {"campaignArn": ARN, **METADATA}),
        ("GetActionRecommendations", 100, {"campaignArn": ARN}),
    ],
)
def test_results_asked_for(operation: str, most: int, body: dict[str, Any]) -> None:
    assert ask(operation, {**body, "numResults": most})[0] == 200
    assert ask(operation, {**body, "numResults": 0})[0] == 200
    code, message = refusal(operation, {**body, "numResults": most + 1})
    assert code == "InvalidInputException"
    with_metadata = " with metadataColumns" if most == 50 else ""
    assert message == f"numResults: must be at most {most} results{with_metadata}, has {most + 1}"


@pytest.mark.parametrize(("most", "extra"), [(500, {}), (50, METADATA)])
def test_items_to_rank(most: int, extra: dict[str, Any]) -> None:
    body = {"campaignArn": ARN, "userId": "u", **extra}
    assert ask("GetPersonalizedRanking", {**body, "inputList": ["i"] * most})[0] == 200
    assert (
        "inputList: must be at most" in refusal("GetPersonalizedRanking", {**body, "inputList": ["i"] * (most + 1)})[1]
    )
    assert refusal("GetPersonalizedRanking", {**body, "inputList": []})[1] == (
        "inputList: must be at least 1 item, has 0"
    )


def test_an_item_to_rank_has_an_id() -> None:
    body = {"campaignArn": ARN, "userId": "u"}
    assert refusal("GetPersonalizedRanking", {**body, "inputList": ["i", ""]})[1] == (
        "inputList[1]: must be at least 1 character, has 0"
    )


@pytest.mark.parametrize(
    ("operation", "change", "message"),
    [
        ("GetRecommendations", {"numResults": -1}, "numResults: must be at least 0, is -1"),
        (
            "GetPersonalizedRanking",
            {"userId": "u", "inputList": ["i" * 257]},
            "inputList[0]: must be at most 256 characters, has 257",
        ),
    ],
)
def test_a_broken_limit_is_said_once(operation: str, change: dict[str, Any], message: str) -> None:
    assert refusal(operation, {"campaignArn": ARN, **change})[1] == message


@pytest.mark.parametrize("operation", ["GetRecommendations", "GetPersonalizedRanking"])
def test_metadata_columns(operation: str) -> None:
    body = {"campaignArn": ARN, "userId": "u", "inputList": ["i"]}
    assert ask(operation, {**body, "metadataColumns": {"ITEMS": ["C"] * 10}})[0] == 200
    _, message = refusal(operation, {**body, "metadataColumns": {"ITEMS": ["C"] * 11}})
    assert message == 'metadataColumns["ITEMS"]: must be at most 10 columns, has 11'


def test_an_event_holds_10_kb_of_json_in_utf_8() -> None:
    def event(impression_length: int) -> dict[str, Any]:
        return {
            "eventType": "e",
            "sentAt": 1_700_000_000.5,
            "properties": "\u0001" * 1024,
            "impression": ["i" * 200] * 19 + ["i" * impression_length],
        }

    def body(length: int) -> dict[str, Any]:
        return {"trackingId": "t", "sessionId": "s", "eventList": [event(1), event(length)]}

    bare = len(json.dumps(event(0), separators=(",", ":")))
    fitting = 10 * 1024 - bare
    assert 1 <= fitting < 256
    assert ask("PutEvents", body(fitting))[0] == 200
    _, message = refusal("PutEvents", body(fitting + 1))
    assert message == "eventList[1]: must be at most 10240 bytes, has 10241"


def test_an_action_interaction_holds_10_kb() -> None:
    interaction = {"actionId": "a", "sessionId": "s", "timestamp": 1, "eventType": "e"}
    large = {**interaction, "properties": "\u0001" * 1024, "impression": ["i" * 256] * 25}
    body = {"trackingId": "t", "actionInteractions": [interaction, large]}
    assert "actionInteractions[1]: must be at most 10240 bytes" in refusal("PutActionInteractions", body)[1]


def test_batch_results() -> None:
    paths = {
        "jobInput": {"s3DataSource": {"path": "s3://b/i"}},
        "jobOutput": {"s3DataDestination": {"path": "s3://b/o"}},
    }
    body = {"jobName": "j", "solutionVersionArn": ARN, "roleArn": "arn:aws:iam::123456789012:role/r", **paths}
    for operation, most in (("CreateBatchInferenceJob", 500), ("CreateBatchSegmentJob", 5_000_000)):
        assert ask(operation, {**body, "numResults": most})[0] == 200
        assert refusal(operation, {**body, "numResults": most + 1})[0] == "InvalidInputException"
        assert refusal(operation, {**body, "numResults": 0})[0] == "InvalidInputException"


def test_each_rule_names_a_member_that_exists_and_its_reason() -> None:
    for limit in TEXT_LIMITS:
        assert limit.member in OPERATIONS[limit.operation].input_shape.members
        assert limit.reason
