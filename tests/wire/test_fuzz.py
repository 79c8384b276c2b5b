"""Whatever comes in, the answer is an answer: never an exception, never a fault of ours."""

from __future__ import annotations

import contextlib
import json
import math
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reco.wire.dispatch import respond
from reco.wire.gateway import gateway_event
from tests.wire.asking import Recorder, event_for
from tests.wire.clients import ACCOUNT, CALLER, NOW, REGION, REQUEST_ID
from tests.wire.samples import OPERATIONS, places, replaced, sample

FULLEST = {name: sample(model.input_shape, full=True) for name, model in OPERATIONS.items()}
PLACES = {name: list(places(name)) for name in OPERATIONS}

OPERATION_NAMES = st.sampled_from(sorted(OPERATIONS))
TEXTS = (
    st.text(max_size=20) | st.text(st.characters(), max_size=20) | st.sampled_from(["", "1", "1e999", "\x00", "ITEMS"])
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def check(event: Any) -> int:
    recorder = Recorder()
    response = respond(event, recorder.operations, lambda: NOW, region=REGION)
    status: int = response["statusCode"]
    if status == 200:
        assert recorder.call is not None
        keepable(recorder.call.parameters)
    else:
        assert recorder.call is None
        assert 400 <= status < 500, response
        assert set(json.loads(response["body"])) == {"__type", "message"}
    json.dumps(response).encode("utf-8")
    return status


def keepable(value: Any) -> None:
    """What every store and every format can hold: no None, no NaN, no half surrogate."""
    if isinstance(value, dict):
        for key, entry in value.items():
            keepable(key)
            keepable(entry)
    elif isinstance(value, list):
        for element in value:
            keepable(element)
    elif isinstance(value, str):
        value.encode("utf-8")
    else:
        assert value is not None and math.isfinite(value)


@settings(max_examples=300)
@given(OPERATION_NAMES, st.binary(max_size=200))
def test_random_bytes(operation: str, body: bytes) -> None:
    check(event_for(operation, body))


@settings(max_examples=300)
@given(OPERATION_NAMES, JSON)
def test_random_json(operation: str, document: Any) -> None:
    check(event_for(operation, document))


@settings(max_examples=600)
@given(OPERATION_NAMES, st.data())
def test_mutated_requests(operation: str, data: st.DataObject) -> None:
    document = FULLEST[operation]
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(PLACES[operation]))
        with contextlib.suppress(KeyError, IndexError, TypeError):  # an earlier mutation took the place away
            document = replaced(document, place.steps, data.draw(JSON))
    check(event_for(operation, document))


@settings(max_examples=200)
@given(OPERATION_NAMES, st.data())
def test_cut_and_flipped_bytes(operation: str, data: st.DataObject) -> None:
    body = bytearray(json.dumps(FULLEST[operation]).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    check(event_for(operation, bytes(body[: data.draw(st.integers(0, len(body)))])))


@settings(max_examples=200)
@given(
    st.sampled_from(["GET", "POST", "PUT", ""]),
    st.sampled_from(["/", "/events", "/recommendations", ""]) | TEXTS,
    st.dictionaries(st.sampled_from(["x-amz-target", "content-type", "X-Amz-Target"]), TEXTS),
    st.binary(max_size=20),
)
def test_random_addresses_and_headers(method: str, path: str, headers: dict[str, str], body: bytes) -> None:
    check(gateway_event(method, path, "", headers, body, ACCOUNT, REGION, CALLER, REQUEST_ID, NOW))


@settings(max_examples=100)
@given(st.data())
def test_events_with_parts_missing(data: st.DataObject) -> None:
    event = event_for("PutEvents", FULLEST["PutEvents"])
    for part in data.draw(st.sets(st.sampled_from(sorted(event)))):
        event[part] = None
        if data.draw(st.booleans()):
            del event[part]
    check(event)
