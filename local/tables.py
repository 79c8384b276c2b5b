"""moto's DynamoDB, made to answer from one partition, to write its answers quickly, and to take one request at a time.

Stock Query filters the whole table, and sorts it by keys that it reads anew at each comparison; whether two keys are
the same is found out by six methods; an attribute of an answer is looked up under many names, which costs more than all
else that a read does; TransactWriteItems copies every table it touches; a condition and the write it guards are two
steps that another thread may come between. Here Query sees its partition only, texts are compared at once, plain
attributes are copied, and requests to DynamoDB take turns, which costs nothing under one interpreter lock. What a
client in this process asks plainly is answered without moto's engines (local.plain_requests).
"""

from __future__ import annotations

import binascii
import copy
import json
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local import plain_requests
from local.patching import patched

_ADDRESS = re.compile(r"https://dynamodb\.([a-z0-9-]+)\.amazonaws\.com/?")
_TARGET = "DynamoDB_20120810."


@contextmanager
def quick() -> Iterator[threading.RLock]:
    """The patches while the block runs; yields the lock that every request to DynamoDB holds."""
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.core.botocore_stubber import BotocoreStubber
    from moto.core.serialize import JSONSerializer
    from moto.dynamodb.models import dynamodb_backends
    from moto.dynamodb.models.dynamo_type import DynamoType
    from moto.dynamodb.models.table import Table
    from moto.dynamodb.responses import DynamoHandler

    lock = threading.RLock()
    query, call_action = Table.query, DynamoHandler.call_action
    structure = JSONSerializer._serialize_type_structure
    process_request = BotocoreStubber.process_request
    equal, hash_of = DynamoType.__eq__, DynamoType.__hash__

    def query_partition(self: Any, hash_key: Any, *arguments: Any, **named: Any) -> Any:
        if named.get("index_name"):
            return query(self, hash_key, *arguments, **named)
        view = copy.copy(self)
        partition = self.items.get(hash_key)
        view.items = {} if partition is None else {hash_key: partition}
        view.all_items = lambda: sorted((partition or {}).values(), key=lambda item: item.range_key.cast_value)
        return query(view, hash_key, *arguments, **named)

    def one_at_a_time(self: Any) -> Any:
        with lock:
            return call_action(self)

    def same(self: Any, other: Any) -> bool:
        if self.type == "S":
            return bool(other.type == "S" and self.value == other.value)
        return bool(equal(self, other))

    def hashed(self: Any) -> int:
        return hash(("S", self.value)) if self.type == "S" else int(hash_of(self))

    def answered_plainly(self: Any, request: Any) -> Any:
        address = _ADDRESS.fullmatch(request.url)
        target = _text(request.headers.get("X-Amz-Target", ""))
        if address is None or not target.startswith(_TARGET) or "x-moto-account-id" in request.headers:
            return process_request(self, request)
        with lock:
            tables = dynamodb_backends[DEFAULT_ACCOUNT_ID][address[1]].tables
            asked = json.loads(request.body)
            answer = plain_requests.answer_plainly(target.removeprefix(_TARGET), asked, tables)
        body = b"" if answer is None else json.dumps(answer).encode()
        return _response(body) if 0 < len(body) <= plain_requests.LARGEST_PAGE else process_request(self, request)

    def serialize_structure(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if shape.name == "AttributeValue" and key and _is_plain(value):
            self._default_serialize(serialized, dict(value), shape, key)
        else:
            structure(self, serialized, value, shape, key)

    with (
        patched(Table, query=query_partition),
        patched(JSONSerializer, _serialize_type_structure=serialize_structure),
        patched(DynamoHandler, call_action=one_at_a_time),
        patched(BotocoreStubber, process_request=answered_plainly),
        patched(DynamoType, __eq__=same, __hash__=hashed),
    ):
        yield lock


def _is_plain(value: Any) -> bool:
    """Whether an attribute is a text, a number or a truth value: those are the same on the wire."""
    if type(value) is not dict or len(value) != 1:
        return False
    ((kind, inner),) = value.items()
    return (kind in ("S", "N") and type(inner) is str) or (kind == "BOOL" and type(inner) is bool)


def _text(header: str | bytes) -> str:
    return header.decode() if isinstance(header, bytes) else header


def _response(body: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body as DynamoDB sends them."""
    headers = {
        "content-type": "application/x-amz-json-1.0",
        "x-amzn-requestid": secrets.token_hex(26).upper(),
        "x-amz-crc32": str(binascii.crc32(body)),
    }
    return 200, headers, body
