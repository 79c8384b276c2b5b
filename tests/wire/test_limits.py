"""Every constraint of every member of every operation, from just inside and just outside."""

from __future__ import annotations

from typing import Any

import pytest

from tests.wire.asking import ask, refusal
from tests.wire.limits import bounds
from tests.wire.samples import (
    OPERATIONS,
    PATTERNED,
    Place,
    places,
    removed,
    replaced,
    sample,
)

WRONG_TYPES: dict[str, tuple[Any, ...]] = {
    "structure": ([], "text", 1, True),
    "list": ({}, "text", 1, True),
    "map": ([], "text", 1, True),
    "string": ({}, [], 1, True),
    "integer": ({}, [], "1", True, 1.5, 2**31, -(2**31) - 1, 1e400),
    "float": ({}, [], "1", True, 1e400, 10**400),
    "double": ({}, [], "1", True, 1e400, 10**400),
    "boolean": ({}, [], "true", 1, 0.0),
    "timestamp": ({}, [], "soon", True, "", "12_3", "NaN"),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_limit_is_kept_inside_and_refused_outside(operation: str) -> None:
    document = sample(OPERATIONS[operation].input_shape, full=True)
    for place in places(operation):
        for bound in bounds(place.shape):
            for value in bound.kept:
                status, answer, _ = ask(operation, replaced(document, place.steps, value))
                assert status == 200, (place, value, answer)
            for value in bound.broken:
                code, message = refusal(operation, replaced(document, place.steps, value))
                assert code == "InvalidInputException"
                assert f"{place.spelled}: {bound.words}" in message, (place, message)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_limits_of_map_keys_are_checked(operation: str) -> None:
    document = sample(OPERATIONS[operation].input_shape, full=True)
    for place in places(operation):
        if place.shape.type_name != "map":
            continue
        for bound in bounds(place.shape.key):
            for key in bound.broken:
                entries = {key: sample(place.shape.value, full=True)}
                code, message = refusal(operation, replaced(document, place.steps, entries))
                assert code == "InvalidInputException"
                assert message.startswith(f'{place.spelled}["'), message
                assert bound.words in message


@pytest.mark.parametrize("operation", OPERATIONS)
def test_wrong_json_types_are_not_even_a_request(operation: str) -> None:
    document = sample(OPERATIONS[operation].input_shape, full=True)
    for place in places(operation):
        for value in WRONG_TYPES[place.shape.type_name]:
            code, message = refusal(operation, replaced(document, place.steps, value))
            assert code == "SerializationException", (place, value, message)
            assert message.startswith(f"{place.spelled or 'body'}: must be ") or message.startswith(
                f"{place.spelled}: must fit"
            ), (place, value, message)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_null_in_a_list_or_a_map_is_a_wrong_type(operation: str) -> None:
    document = sample(OPERATIONS[operation].input_shape, full=True)
    for place in places(operation):
        if place.shape.type_name in ("list", "map"):
            value = [None] if place.shape.type_name == "list" else {next(iter(sample(place.shape, full=True))): None}
            code, message = refusal(operation, replaced(document, place.steps, value))
            assert code == "SerializationException"
            assert message.endswith("is null")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_required_member_is_asked_for(operation: str) -> None:
    document = sample(OPERATIONS[operation].input_shape, full=True)
    for place in places(operation):
        if place.required:
            for without in (removed(document, place.steps), replaced(document, place.steps, None)):
                code, message = refusal(operation, without)
                assert (code, message) == ("InvalidInputException", f"{place.spelled}: is required")


def test_each_pattern_of_the_models_has_a_sample() -> None:
    patterned = {
        place.shape.name for operation in OPERATIONS for place in places(operation) if "pattern" in place.shape.metadata
    }
    keys = {
        place.shape.key.name
        for operation in OPERATIONS
        for place in places(operation)
        if place.shape.type_name == "map" and "pattern" in place.shape.key.metadata
    }
    assert patterned | keys == set(PATTERNED)


def test_several_problems_are_told_at_once_and_many_are_counted() -> None:
    code, message = refusal("CreateSchema", {"name": "x" * 70, "domain": "SHOP"})
    assert code == "InvalidInputException"
    assert message == (
        "name: must be at most 63 characters, has 70; domain: must be one of ECOMMERCE, VIDEO_ON_DEMAND; "
        "schema: is required"
    )
    many = {"resourceArn": "arn:aws:personalize:eu-west-1:123456789012:schema/s", "tagKeys": [""] * 200}
    _, message = refusal("UntagResource", many)
    assert message.startswith("tagKeys[0]: must be at least 1 character, has 0; tagKeys[1]:")
    assert message.endswith("; and 190 more")


def test_length_counts_characters_not_bytes() -> None:
    record = {"trackingId": "t", "sessionId": "😀" * 256, "eventList": [{"eventType": "e", "sentAt": 1}]}
    assert ask("PutEvents", record)[0] == 200
    assert refusal("PutEvents", {**record, "sessionId": "😀" * 257})[1].endswith("has 257")


def test_a_map_key_is_shown_shortened() -> None:
    body = {"campaignArn": "arn:aws:personalize:eu-west-1:123456789012:campaign/c", "context": {"k" * 1000: "v"}}
    _, message = refusal("GetRecommendations", body)
    assert message == f'context["{"k" * 64}"]: must be at most 150 characters, has 1000'


def test_messages_never_repeat_a_text_that_was_sent() -> None:
    secret = "é\u0007very-private"
    for operation in OPERATIONS:
        document = sample(OPERATIONS[operation].input_shape, full=True)
        for place in places(operation):
            if place.shape.type_name == "string" and ("pattern" in place.shape.metadata or place.shape.enum):
                assert "very-private" not in refusal(operation, replaced(document, place.steps, secret))[1]


def test_a_place_is_spelled_as_a_reader_would() -> None:
    spelled = {place.spelled for place in places("PutEvents")} | {place.spelled for place in places("CreateSolution")}
    assert "eventList[0].metricAttribution.eventAttributionSource" in spelled
    assert "solutionConfig.hpoConfig.hpoObjective.metricName" in spelled
    assert isinstance(next(places("PutEvents")), Place)
