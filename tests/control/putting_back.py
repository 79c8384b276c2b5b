"""A control plane put back as it was, so that many requests can be tried in one world."""

from __future__ import annotations

from typing import Any

from tests.control.conftest import Bench

_WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem")

Key = tuple[str, str]


def stored_items(bench: Bench) -> list[dict[str, Any]]:
    """Everything that the table holds."""
    items: list[dict[str, Any]] = bench.table.client.scan(TableName=bench.table.name)["Items"]
    return items


class Kept:
    """What a bench's table holds, and the keys that have been written to since.

    Looking at the writes costs nothing; reading a whole table takes moto long.
    """

    def __init__(self, bench: Bench) -> None:
        self.written: set[Key] = set()
        """Keys of all writes that were tried since `put_back`, also of those that came to nothing."""
        self._bench = bench
        self.items = {_key_of(item): item for item in stored_items(bench)}
        """As they were, and will be again."""
        for write in _WRITES:
            bench.table.client.meta.events.register(f"provide-client-params.dynamodb.{write}", self._note)

    def _note(self, params: dict[str, Any], **_: object) -> None:
        name = self._bench.table.name
        if "RequestItems" in params:
            entries = params["RequestItems"].get(name, [])
            self.written |= {
                _key_of(written.get("Item") or written["Key"]) for each in entries for written in each.values()
            }
        elif params["TableName"] == name:
            self.written.add(_key_of(params.get("Item") or params["Key"]))

    def put_back(self) -> None:
        table = self._bench.table
        for pk, sk in sorted(self.written):
            item = self.items.get((pk, sk))
            if item:
                table.client.put_item(TableName=table.name, Item=item)
            else:
                table.client.delete_item(TableName=table.name, Key={"pk": {"S": pk}, "sk": {"S": sk}})
        self.written.clear()


def _key_of(item: dict[str, Any]) -> Key:
    return item["pk"]["S"], item["sk"]["S"]
