"""moto's DynamoDB, made to answer from one partition and to take one request at a time.

Stock Query filters the whole table; TransactWriteItems copies every table it touches; a condition and the write it
guards are two steps that another thread may come between. Here Query sees its partition only and requests to
DynamoDB take turns, which costs nothing under one interpreter lock.
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
    from moto.dynamodb.models.table import Table
    from moto.dynamodb.responses import DynamoHandler

    lock = threading.RLock()
    query, call_action = Table.query, DynamoHandler.call_action

    def query_partition(self: Any, hash_key: Any, *arguments: Any, **named: Any) -> Any:
        if named.get("index_name"):
            return query(self, hash_key, *arguments, **named)
        view = copy.copy(self)
        partition = self.items.get(hash_key)
        view.items = {} if partition is None else {hash_key: partition}
        return query(view, hash_key, *arguments, **named)

    def one_at_a_time(self: Any) -> Any:
        with lock:
            return call_action(self)

    with patched(Table, query=query_partition), patched(DynamoHandler, call_action=one_at_a_time):
        yield lock
