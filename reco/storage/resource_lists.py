"""Lists of resources: entries in order of creation, each followed to the resource it points at.

An entry whose resource is gone, or is another incarnation of the name, is dropped. Every read is strongly consistent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from reco.arns import Kind
from reco.storage.resource_items import Resource, from_item, list_partition, resource_key
from reco.storage.tables import PARTITION_KEY, SORT_KEY

_BATCH = 100
"""Keys that one BatchGetItem may ask for."""


_LONGEST_POSITION = 1024
"""Bytes that DynamoDB takes in a sort key."""


def can_be_position(text: str) -> bool:
    """Whether a page may begin behind this: DynamoDB takes any text that is a key, whether an entry has it or not."""
    return 1 <= len(text.encode()) <= _LONGEST_POSITION


@dataclass(frozen=True)
class Page:
    """Some resources in the order asked for, and where the next page starts; None at the end."""

    resources: list[Resource]
    next_position: str | None


class ResourceLists:
    """Reads the lists of one table."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    @property
    def client(self) -> Any:
        """The DynamoDB client, for what else lies in this table (reco.storage.tracking)."""
        return self._client

    @property
    def name(self) -> str:
        return self._table

    def page(
        self, kind: Kind, parent: str | None, after: str | None, limit: int, *, newest_first: bool = False
    ) -> Page:
        """At most `limit` resources, oldest first unless told otherwise, beginning behind position `after`.

        Positions stay valid while others are created and deleted. `parent` None lists the whole account.
        """
        found: list[Resource] = []
        position = after
        while True:
            wanted = limit - len(found)
            # One more than is wanted tells whether there is another page; it is not followed.
            answer = self._entries(kind, parent, position, wanted + 1, forward=not newest_first)
            entries = answer["Items"][:wanted]
            found += (resource for resource in self._followed(kind, entries) if resource)
            if len(answer["Items"]) > wanted:
                position = entries[-1][SORT_KEY]["S"] if entries else position
                if len(found) == limit:
                    return Page(found, position)
                continue
            if "LastEvaluatedKey" not in answer:
                return Page(found, None)
            position = answer["LastEvaluatedKey"][SORT_KEY]["S"]

    def count(self, kind: Kind, parent: str | None, most: int) -> int:
        """Entries of a list, at most `most` of them; reads no resource.

        An entry whose resource is gone counts (a kill between two writes leaves one): never fewer than there are.
        """
        counted, start = 0, None
        while counted < most:
            answer = self._entries(kind, parent, start, most - counted, forward=True, count_only=True)
            counted += answer["Count"]
            if "LastEvaluatedKey" not in answer:
                break
            start = answer["LastEvaluatedKey"][SORT_KEY]["S"]
        return counted

    def all(self, kind: Kind, parent: str | None = None) -> Iterator[Resource]:
        """Every resource of a kind, oldest first, fetched page by page."""
        position: str | None = None
        while True:
            page = self.page(kind, parent, position, _BATCH)
            yield from page.resources
            if page.next_position is None:
                return
            position = page.next_position

    def newest_first(self, kind: Kind, parent: str) -> Iterator[Resource]:
        """Every resource of a parent, newest first, a few at a time: for who wants only the first that fits."""
        position: str | None = None
        while True:
            answer = self._entries(kind, parent, position, 5, forward=False)
            yield from (resource for resource in self._followed(kind, answer["Items"]) if resource)
            if "LastEvaluatedKey" not in answer:
                return
            position = answer["LastEvaluatedKey"][SORT_KEY]["S"]

    def fetch(self, kind: Kind, ids: Iterable[str]) -> dict[str, Resource]:
        """Resources by id; an absent one is left out. Cost: one BatchGetItem for each hundred of them."""
        each = list(dict.fromkeys(ids))
        found: dict[str, Resource] = {}
        for start in range(0, len(each), _BATCH):
            found.update(self._fetched(kind, each[start : start + _BATCH]))
        return found

    def _entries(
        self, kind: Kind, parent: str | None, after: str | None, limit: int, forward: bool, count_only: bool = False
    ) -> dict[str, Any]:
        """DynamoDB's answer with some list entries behind `after`, or with their number alone."""
        partition = list_partition(kind, parent)
        start = {} if after is None else {PARTITION_KEY: {"S": partition}, SORT_KEY: {"S": after}}
        answer: dict[str, Any] = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
            ConsistentRead=True,
            ScanIndexForward=forward,
            Limit=limit,
            **({"ExclusiveStartKey": start} if start else {}),
            **({"Select": "COUNT"} if count_only else {}),
        )
        return answer

    def _followed(self, kind: Kind, entries: list[dict[str, Any]]) -> list[Resource | None]:
        """The resource of each entry; None where it is gone or another incarnation has its name."""
        stored = self.fetch(kind, [entry["id"]["S"] for entry in entries])
        return [
            resource
            if (resource := stored.get(entry["id"]["S"]))
            and resource.incarnation == entry[SORT_KEY]["S"].partition("#")[2]
            else None
            for entry in entries
        ]

    def _fetched(self, kind: Kind, ids: list[str]) -> dict[str, Resource]:
        """Resources by id, read consistently; an absent one is left out. At most 100 ids."""
        asked: dict[str, Any] = {
            self._table: {"Keys": [resource_key(kind, each) for each in ids], "ConsistentRead": True}
        }
        found: dict[str, Resource] = {}
        # An answer holds 16 MB at most; DynamoDB hands back the keys it did not get to.
        while asked:
            answer = self._client.batch_get_item(RequestItems=asked)
            for item in answer["Responses"].get(self._table, []):
                found[item["id"]["S"]] = from_item(item)
            asked = answer.get("UnprocessedKeys") or {}
        return found
