"""Page tokens: where a listing goes on, sealed with what it was a listing of.

The seal refuses a token that is cut, altered, or made by another operation or for other parameters. It is a checksum,
not a secret: a caller could forge one, but a position only says where in the caller's own listing to go on, and who
reads it must treat it as input.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from reco.errors import InvalidNextToken, MalformedRequest
from reco.wire.request import read_json

MAX_TOKEN_CHARACTERS = 1500
"""The shape NextToken."""

PAGING_PARAMETERS = frozenset({"next_token", "max_results"})
"""These may differ from page to page."""

_FORMAT = "1"
_SEAL_BYTES = 9


def encode(operation: str, parameters: Mapping[str, Any], position: Any) -> str:
    """The token that goes on at `position` (any JSON value, well under 1000 bytes).

    Raises:
        ValueError: the position is too large for a token.
    """
    payload = json.dumps(position, separators=(",", ":")).encode()
    token = base64.urlsafe_b64encode(_seal(operation, parameters, payload) + payload).decode()
    if len(token) > MAX_TOKEN_CHARACTERS:
        raise ValueError(f"a page token of {len(token)} characters; the most is {MAX_TOKEN_CHARACTERS}")
    return token


def decode(operation: str, parameters: Mapping[str, Any], token: str) -> Any:
    """The position that `encode` was given with the same operation and, paging apart, the same parameters.

    Raises:
        InvalidNextToken: it was not.
    """
    refusal = InvalidNextToken(f"nextToken: was not made by {operation} with these parameters; begin without a token")
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
        seal, payload = raw[:_SEAL_BYTES], raw[_SEAL_BYTES:]
        spelled = base64.urlsafe_b64encode(raw).decode()
        if seal != _seal(operation, parameters, payload) or spelled != token:
            raise refusal
        return read_json(payload, "nextToken")
    except (binascii.Error, ValueError, MalformedRequest) as error:
        raise refusal from error


def _seal(operation: str, parameters: Mapping[str, Any], payload: bytes) -> bytes:
    basis = {name: value for name, value in parameters.items() if name not in PAGING_PARAMETERS}
    text = json.dumps([_FORMAT, operation, basis], sort_keys=True)
    return hashlib.blake2b(payload, digest_size=_SEAL_BYTES, key=hashlib.sha256(text.encode()).digest()).digest()
