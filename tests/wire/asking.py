"""Requests written by hand: what boto3 would never send."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from reco.wire.call import Call, Operation
from reco.wire.dispatch import respond
from reco.wire.gateway import gateway_event
from tests.wire.clients import ACCOUNT, CALLER, NOW, REGION, REQUEST_ID
from tests.wire.samples import OPERATIONS, SERVICE_OF


def json_bytes(document: Any) -> bytes:
    """An infinite number is written as one too large to be anything else: JSON has no word for it."""
    return json.dumps(document).replace("Infinity", "1e400").encode()


def event_for(operation: str, body: Any, *, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The event of one operation with this body: bytes as they are, anything else as JSON."""
    control = SERVICE_OF[operation] == "personalize"
    sent = {"Content-Type": "application/x-amz-json-1.1" if control else "application/json"}
    if control:
        sent["X-Amz-Target"] = f"AmazonPersonalize.{operation}"
    raw = body if isinstance(body, bytes) else json_bytes(body)
    path = "/" if control else OPERATIONS[operation].http["requestUri"]
    return gateway_event("POST", path, "", {**sent, **(headers or {})}, raw, ACCOUNT, REGION, CALLER, REQUEST_ID, NOW)


class Recorder:
    """Operations that answer nothing and remember the call."""

    def __init__(self) -> None:
        self.call: Call | None = None

    def __call__(self, call: Call) -> None:
        self.call = call

    @property
    def operations(self) -> Mapping[str, Operation]:
        return dict.fromkeys(OPERATIONS, self)


def ask(operation: str, body: Any, **keywords: Any) -> tuple[int, Any, Call | None]:
    """Status, JSON body (None when empty) and the call that reached the operation, if any did."""
    recorder = Recorder()
    response = respond(event_for(operation, body, **keywords), recorder.operations, lambda: NOW, region=REGION)
    return response["statusCode"], json.loads(response["body"]) if response["body"] else None, recorder.call


def refusal(operation: str, body: Any, **keywords: Any) -> tuple[str, str]:
    """Code and message of a request that must be refused before any operation sees it."""
    status, answer, call = ask(operation, body, **keywords)
    assert call is None
    assert status == 400, answer
    return answer["__type"], answer["message"]
