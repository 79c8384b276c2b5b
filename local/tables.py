"""moto's DynamoDB, made to answer from one partition, to write its answers quickly, and to take one request at a time.

Stock Query filters the whole table, and sorts it by keys that it reads anew at each comparison; an attribute of an
answer is looked up under many names, which costs more than all else that a read does; TransactWriteItems copies every
table it touches; a condition and the write it guards are two steps that another thread may come between. Here Query
sees its partition only, plain attributes are copied, and requests to DynamoDB take turns, which costs nothing under
one interpreter lock.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local.patching import patched


@contextmanager
def quick() -> Iterator[threading.RLock]:
    """The patches while the block runs; yields the lock that every request to DynamoDB holds."""
    from moto.core.serialize import JSONSerializer
    from moto.dynamodb.models.table import Table
    from moto.dynamodb.responses import DynamoHandler

    lock = threading.RLock()
    query, call_action = Table.query, DynamoHandler.call_action
    structure = JSONSerializer._serialize_type_structure

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

    def serialize_structure(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if shape.name == "AttributeValue" and key and _is_plain(value):
            self._default_serialize(serialized, dict(value), shape, key)
        else:
            structure(self, serialized, value, shape, key)

    with (
        patched(Table, query=query_partition),
        patched(JSONSerializer, _serialize_type_structure=serialize_structure),
        patched(DynamoHandler, call_action=one_at_a_time),
    ):
        yield lock


def _is_plain(value: Any) -> bool:
    """Whether an attribute is a text, a number or a truth value: those are the same on the wire."""
    if type(value) is not dict or len(value) != 1:
        return False
    ((kind, inner),) = value.items()
    return (kind in ("S", "N") and type(inner) is str) or (kind == "BOOL" and type(inner) is bool)
