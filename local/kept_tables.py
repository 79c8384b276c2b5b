"""DynamoDB items on disk: after each request that may have written, the items it names are kept as they now are."""

from __future__ import annotations

import gc
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from local import plain_requests
from local.deployer import ACCOUNT
from local.journal import Journal
from local.patching import patched

Key = dict[str, Any]
"""A primary key as DynamoDB's JSON has it."""

WHOLE_TABLE_ACTIONS = frozenset({"ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"})
"""PartiQL: what it wrote cannot be told from the request, so every table is looked through."""


def restore(journal: Journal, region: str) -> None:
    """Puts the kept items back; those of a table that is no longer there are left out."""
    from moto.dynamodb.models import dynamodb_backends
    from moto.dynamodb.models.dynamo_type import DynamoType, Item

    tables: Mapping[str, Any] = dynamodb_backends[ACCOUNT][region].tables
    # Nothing made here is garbage; looking for some takes half the time.
    gc.disable()
    try:
        for name, attributes in journal.items():
            table = tables.get(name)
            if table is None:
                continue
            partition = DynamoType(attributes[table.hash_key_attr])
            position = DynamoType(attributes[table.range_key_attr]) if table.range_key_attr else None
            item = Item(partition, position, {})
            # Past the check of an item's size, which was made when it was written.
            dict.update(item.attrs, {name: DynamoType(value) for name, value in attributes.items()})
            if position is None:
                table.items[partition] = item
            else:
                table.items[partition][position] = item
    finally:
        gc.enable()


@contextmanager
def keeping(journal: Journal, region: str) -> Iterator[None]:
    """Keeps every write to a table while the block runs. Requests to DynamoDB take turns already (`local.tables`)."""
    from moto.dynamodb.models import dynamodb_backends
    from moto.dynamodb.responses import DynamoHandler

    tables = dynamodb_backends[ACCOUNT][region].tables
    call_action, answer_plainly = DynamoHandler.call_action, plain_requests.answer_plainly

    def keep(table_name: str, keys: Iterable[Key]) -> None:
        name = table_name.rpartition("/")[2]
        table = tables.get(name)
        if table is not None:
            journal.write_items(name, [(_key_text(table, key), _current(table, key)) for key in keys])

    def call_and_keep(self: Any) -> Any:
        answer = call_action(self)
        action = self._get_action()
        for table_name, keys in _written(action, self.body, tables).items():
            keep(table_name, keys)
        if action == "DeleteTable":
            journal.forget_table(self.body["TableName"].rpartition("/")[2])
        if action in WHOLE_TABLE_ACTIONS:
            for name, table in tables.items():
                _keep_whole(journal, name, table)
        return answer

    def answer_and_keep(action: str, request: Mapping[str, Any], present: Mapping[str, Any]) -> dict[str, Any] | None:
        answer = answer_plainly(action, request, present)
        if answer is not None:
            for table_name, keys in _written(action, request, tables).items():
                keep(table_name, keys)
        return answer

    with (
        patched(DynamoHandler, call_action=call_and_keep),
        patched(plain_requests, answer_plainly=answer_and_keep),
    ):
        yield


def _written(action: str, request: Mapping[str, Any], tables: Mapping[str, Any]) -> dict[str, list[Key]]:
    """Keys that a request may have written, by table name as the request gives it."""
    if action in ("DeleteItem", "UpdateItem"):
        return {request["TableName"]: [request["Key"]]}
    if action == "PutItem":
        return {request["TableName"]: [request["Item"]]}
    written: dict[str, list[Key]] = defaultdict(list)
    if action == "BatchWriteItem":
        for table, entries in request["RequestItems"].items():
            for entry in entries:
                written[table].append(entry["PutRequest"]["Item"] if "PutRequest" in entry else _deleted(entry))
    elif action == "TransactWriteItems":
        for entry in request["TransactItems"]:
            for kind, change in entry.items():
                if kind in ("Put", "Update", "Delete"):
                    written[change["TableName"]].append(change["Item"] if kind == "Put" else change["Key"])
    return written


def _deleted(entry: Mapping[str, Any]) -> Key:
    key: Key = entry["DeleteRequest"]["Key"]
    return key


def _key_text(table: Any, item: Key) -> str:
    """The item's primary key as text; one key has one text."""
    names = [table.hash_key_attr, *([table.range_key_attr] if table.range_key_attr else [])]
    return json.dumps([item[name] for name in names], separators=(",", ":"), default=bytes.hex)


def _current(table: Any, key: Key) -> dict[str, Any] | None:
    from moto.dynamodb.models.dynamo_type import DynamoType

    partition = DynamoType(key[table.hash_key_attr])
    position = DynamoType(key[table.range_key_attr]) if table.range_key_attr else None
    item = table.get_item(partition, position)
    return _attributes(item) if item else None


def _attributes(item: Any) -> dict[str, Any]:
    return {name: value.to_regular_json() for name, value in item.attrs.items()}


def _keep_whole(journal: Journal, name: str, table: Any) -> None:
    journal.forget_table(name)
    items = [_attributes(item) for item in table.all_items()]
    journal.write_items(name, [(_key_text(table, item), item) for item in items])
