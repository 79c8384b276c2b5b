"""A DynamoDB client without DynamoDB, for a million requests in minutes: the calls that the resources table makes.

It answers as the real one does to the expressions of `reco.storage`, and to no others. `tests/control/test_fuzz.py`
sends the same requests to this one and to moto and compares the answers. Unlike moto it refuses keys that DynamoDB
refuses: empty ones and those that are too long.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NoReturn

from botocore.exceptions import ClientError

Item = dict[str, Any]
LONGEST_KEY = {"pk": 2048, "sk": 1024}
"""Bytes, as DynamoDB has it."""

_ALONE = re.compile(r"(\w+) = (:\w+)|attribute_not_exists\((\w+)\)")


class MemoryTable:
    """One table by partition and sort key, whatever name it is called by; items are taken and given as they are."""

    def __init__(self) -> None:
        self._partitions: dict[str, dict[str, Item]] = {}

    def put_item(self, *, Item: Item, **asked: Any) -> dict[str, Any]:
        pk, sk = _key(Item, "PutItem")
        self._require("PutItem", self._partitions.get(pk, {}).get(sk), asked)
        self._partitions.setdefault(pk, {})[sk] = Item
        return {}

    def get_item(self, *, Key: Item, **_: Any) -> dict[str, Any]:
        pk, sk = _key(Key, "GetItem")
        item = self._partitions.get(pk, {}).get(sk)
        return {} if item is None else {"Item": item}

    def delete_item(self, *, Key: Item, **asked: Any) -> dict[str, Any]:
        pk, sk = _key(Key, "DeleteItem")
        partition = self._partitions.get(pk, {})
        self._require("DeleteItem", partition.get(sk), asked)
        partition.pop(sk, None)
        return {}

    def batch_write_item(self, *, RequestItems: Mapping[str, Any]) -> dict[str, Any]:
        for entries in RequestItems.values():
            written = [entry["PutRequest"]["Item"] if "PutRequest" in entry else None for entry in entries]
            keys = [
                _key(item or entry["DeleteRequest"]["Key"], "BatchWriteItem")
                for item, entry in zip(written, entries, strict=True)
            ]
            assert len(set(keys)) == len(keys) <= 25
            for item, (pk, sk) in zip(written, keys, strict=True):
                if item:
                    self._partitions.setdefault(pk, {})[sk] = item
                else:
                    self._partitions.get(pk, {}).pop(sk, None)
        return {"UnprocessedItems": {}}

    def update_item(self, *, Key: Item, UpdateExpression: str, **asked: Any) -> dict[str, Any]:
        assert UpdateExpression == "ADD revision :one"
        pk, sk = _key(Key, "UpdateItem")
        item = self._partitions.get(pk, {}).get(sk)
        self._require("UpdateItem", item, asked)
        assert item is not None, "a condition that an absent item meets"
        revision = int(item["revision"]["N"]) + int(asked["ExpressionAttributeValues"][":one"]["N"])
        self._partitions[pk][sk] = {**item, "revision": {"N": str(revision)}}
        return {}

    def query(self, *, KeyConditionExpression: str, Limit: int, **asked: Any) -> dict[str, Any]:
        assert KeyConditionExpression == "pk = :pk"
        pk = asked["ExpressionAttributeValues"][":pk"]["S"]
        forward = asked.get("ScanIndexForward", True)
        start = _key(asked["ExclusiveStartKey"], "Query")[1] if "ExclusiveStartKey" in asked else None
        keys = sorted(self._partitions.get(pk, {}), reverse=not forward)
        if start is not None:
            keys = [sk for sk in keys if (sk > start if forward else sk < start)]
        # As DynamoDB does it: who has read as many as the limit does not know that there is no more.
        more = {"LastEvaluatedKey": {"pk": {"S": pk}, "sk": {"S": keys[Limit - 1]}}} if len(keys) >= Limit else {}
        counted = {"Count": len(keys[:Limit]), **more}
        if asked.get("Select") == "COUNT":
            return counted
        return {**counted, "Items": [self._partitions[pk][sk] for sk in keys[:Limit]]}

    def batch_get_item(self, *, RequestItems: Mapping[str, Any]) -> dict[str, Any]:
        found = {}
        for table, asked in RequestItems.items():
            keys = [_key(key, "BatchGetItem") for key in asked["Keys"]]
            assert len(set(keys)) == len(keys) <= 100
            found[table] = [self._partitions[pk][sk] for pk, sk in keys if sk in self._partitions.get(pk, {})]
        return {"Responses": found}

    def scan(self, **_: Any) -> dict[str, Any]:
        return {"Items": [item for partition in self._partitions.values() for item in partition.values()]}

    def fill(self, items: list[Item]) -> None:
        """Makes these all there is."""
        self._partitions = {}
        for item in items:
            self.put_item(Item=item)

    def _require(self, operation: str, item: Item | None, asked: Mapping[str, Any]) -> None:
        condition = asked.get("ConditionExpression")
        values = asked.get("ExpressionAttributeValues", {})
        if condition and not all(_holds(each, item or {}, values) for each in condition.split(" AND ")):
            _refuse(operation, "ConditionalCheckFailedException", "The conditional request failed")


def _holds(condition: str, item: Item, values: Mapping[str, Any]) -> bool:
    parts = _ALONE.fullmatch(condition)
    assert parts is not None, condition
    name, value, absent = parts.groups()
    return absent not in item if absent else item.get(name) == values[value]


def _key(item: Item, operation: str) -> tuple[str, str]:
    for name, longest in LONGEST_KEY.items():
        if not 1 <= len(item[name]["S"].encode()) <= longest:
            _refuse(operation, "ValidationException", f"The key {name} has no length that DynamoDB takes")
    return item["pk"]["S"], item["sk"]["S"]


def _refuse(operation: str, code: str, message: str) -> NoReturn:
    raise ClientError({"Error": {"Code": code, "Message": message}}, operation)
