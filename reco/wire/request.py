"""An HTTP request as API Gateway's HTTP API hands it to Lambda (payload format 2.0), and the JSON object in its body.

Sizes: API Gateway takes 10 MB, but Lambda takes an event of 6 MB, in which a body of this protocol is base64
(`application/x-amz-json-1.1` counts as binary there): 4.5 MB. The largest sensible request, ten items of PutItems with
32,000 characters each written as \\u escapes, is 3.9 MB.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from reco.errors import InvalidInput, MalformedRequest

MAX_BODY_BYTES = 4_500_000

CONTENT_TYPES = frozenset({"application/x-amz-json-1.1", "application/x-amz-json-1.0", "application/json"})
"""Taken by every operation. The SDKs send the first or the last; none at all is taken too."""


@dataclass(frozen=True)
class Request:
    """The parts of the event that the protocol looks at. The body is raw: base64 where the event says so."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str
    body_is_base64: bool
    account: str
    caller_arn: str | None
    request_id: str


def read_event(event: Mapping[str, Any]) -> Request:
    """Never fails: what a stray caller leaves out of the event is empty."""
    context = event.get("requestContext") or {}
    http = context.get("http") or {}
    iam = (context.get("authorizer") or {}).get("iam") or {}
    return Request(
        method=http.get("method") or "",
        path=event.get("rawPath") or "/",
        headers=event.get("headers") or {},
        body=event.get("body") or "",
        body_is_base64=bool(event.get("isBase64Encoded")),
        account=context.get("accountId") or "",
        caller_arn=iam.get("userArn"),
        request_id=context.get("requestId") or "",
    )


def read_document(request: Request) -> dict[str, Any]:
    """The JSON object in the body; an empty body counts as `{}`.

    Raises:
        MalformedRequest: another content type, no UTF-8, no JSON, or JSON that is not an object.
        InvalidInput: the body is too large.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type and content_type not in CONTENT_TYPES:
        raise MalformedRequest(f"Content-Type: must be one of {', '.join(sorted(CONTENT_TYPES))}")
    body = read_body(request)
    if len(body) > MAX_BODY_BYTES:
        raise InvalidInput(f"body: must be at most {MAX_BODY_BYTES} bytes, has {len(body)}")
    if not body:
        return {}
    document = read_json(body)
    if not isinstance(document, dict):
        raise MalformedRequest(f"body: must be a JSON object, is {json_type(document)}")
    return document


def read_body(request: Request) -> bytes:
    if not request.body_is_base64:
        return request.body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(request.body)
    except binascii.Error as error:
        raise MalformedRequest("body: the event says base64, but it is not") from error


def read_json(text: bytes | str, place: str = "body") -> Any:
    """Strict JSON: UTF-8, no NaN or Infinity, no half of a surrogate pair (no store could keep it).

    `place` names the text in messages; members that hold JSON as a string can be read with this too.

    Raises:
        MalformedRequest: anything else; the message says where.
    """
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        if text.startswith("\ufeff"):
            raise MalformedRequest(f"{place}: begins with a byte-order mark; send UTF-8 without one")
        document = _DECODER.decode(text)
        if "\\u" in text:
            json.dumps(document, ensure_ascii=False).encode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedRequest(f"{place}: is not UTF-8 at byte {error.start}") from error
    except UnicodeEncodeError as error:
        raise MalformedRequest(f"{place}: has half of a surrogate pair (\\ud800 to \\udfff)") from error
    except json.JSONDecodeError as error:
        where = f"at line {error.lineno} column {error.colno}"
        raise MalformedRequest(f"{place}: is not JSON: {error.msg} {where}") from error
    except NotANumberError as error:
        raise MalformedRequest(f"{place}: is not JSON: {error}") from error
    except (ValueError, RecursionError) as error:
        raise MalformedRequest(f"{place}: is not JSON that can be read: a number or a nesting has no end") from error
    return document


def json_type(value: object) -> str:
    """What JSON calls it, with its article where a sentence needs one."""
    return _JSON_TYPES[type(value)]


class NotANumberError(ValueError):
    """Python reads NaN and Infinity where JSON has no such words."""


def _refuse_constant(name: str) -> NoReturn:
    raise NotANumberError(name)


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)

_JSON_TYPES: Mapping[type, str] = {
    dict: "an object",
    list: "an array",
    str: "a string",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    type(None): "null",
}
