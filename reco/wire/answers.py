"""Responses as the Lambda proxy of an HTTP API wants them (payload format 2.0)."""

from __future__ import annotations

import json
from typing import Any

from reco.errors import InvalidInput
from reco.wire.faults import Fault
from reco.wire.service_models import CONTROL

MAX_ANSWER_BYTES = 5_500_000
"""Lambda's 6 MB, with room for headers. Measured as Lambda sends it: the body is a JSON string inside a JSON object."""

LARGEST_GROWTH = 12
"""Bytes that one character of a body may become there: a surrogate pair as two \\u escapes."""


def success(service: str, request_id: str, document: dict[str, Any] | None) -> dict[str, Any]:
    """`document` None is an operation without output: 200 with an empty body.

    Raises:
        InvalidInput: the answer is too large for the way back.
        ValueError: a number is not finite, which no caller can be blamed for.
    """
    body = "" if document is None else json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    if len(body) * LARGEST_GROWTH > MAX_ANSWER_BYTES and len(json.dumps(body)) > MAX_ANSWER_BYTES:
        raise InvalidInput(
            f"the answer is larger than {MAX_ANSWER_BYTES} bytes: ask for less, such as fewer metadataColumns, "
            "numResults or maxResults"
        )
    return _response(200, service, {"x-amzn-RequestId": request_id}, body)


def failure(service: str, request_id: str, fault: Fault) -> dict[str, Any]:
    body = json.dumps({"__type": fault.code, "message": fault.message}, separators=(",", ":"))
    headers = {"x-amzn-RequestId": request_id, "x-amzn-ErrorType": fault.code}
    return _response(int(fault.status), service, headers, body)


def _response(status: int, service: str, headers: dict[str, str], body: str) -> dict[str, Any]:
    content_type = "application/x-amz-json-1.1" if service == CONTROL else "application/json"
    return {
        "statusCode": status,
        "headers": {"Content-Type": content_type, **headers},
        "body": body,
        "isBase64Encoded": False,
    }
