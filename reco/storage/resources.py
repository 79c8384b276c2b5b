"""Resources in DynamoDB: one item each, and list entries that keep the order of creation.

Items of the resources table:

    pk                       sk                          what
    resource#KIND#ID         resource                    the resource
    list#KIND                CREATED_MS#INCARNATION      entry of the account-wide list
    list#KIND#PARENT         CREATED_MS#INCARNATION      entry of its parent's list, and of each `also_under`

No transaction: the entries are written first, then the resource, on the condition that its name is free. A reader
follows an entry to the resource and drops it unless the incarnation agrees, so a kill between the writes leaves only
an entry that nobody sees. Every later change is a compare-and-set on `revision`, or a `touch` (docs/adr/0002).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import ClientError

from reco.arns import Kind
from reco.errors import InvalidInput, StaleAttempt
from reco.storage.tables import PARTITION_KEY, SORT_KEY

DOCUMENT_LIMIT = 256 * 1024
"""Bytes of a resource's document. DynamoDB's item may have 400 KB; the rest is room for what jobs add later."""

_BATCH = 100
"""Keys that one BatchGetItem may ask for."""


@dataclass(frozen=True)
class Resource:
    """One resource as stored. Times are seconds since the epoch."""

    kind: Kind
    id: str
    """What follows the kind in its ARN."""
    incarnation: str
    """Random, drawn at creation: tells this resource from an earlier one of the same name."""
    body: dict[str, Any]
    """The members the API describes, in snake case, exactly as the caller sent them, without computed ones."""
    created_at: float
    updated_at: float
    status: str | None = None
    """Stored only for what a state machine moves; else None, and the lifecycle derives it from the times."""
    failure_reason: str | None = None
    deleting_since: float | None = None
    parent: str | None = None
    """ARN of the parent whose list it is in; None for schemas and dataset groups."""
    also_under: tuple[str, ...] = ()
    """ARNs of further resources under which it is found, such as a dataset's schema and those it had before."""
    tags: dict[str, str] = field(default_factory=dict)
    inner: dict[str, Any] = field(default_factory=dict)
    """What the API never shows: snapshot pointers, attempts, artefact addresses."""
    revision: int = 0


class NameTaken(Exception):
    """A resource of this kind and id exists."""


class RevisionConflict(Exception):
    """The resource changed, or went, since it was read."""


def _resource_key(kind: Kind, resource_id: str) -> dict[str, Any]:
    return {PARTITION_KEY: {"S": f"resource#{kind}#{resource_id}"}, SORT_KEY: {"S": "resource"}}


def _list_keys(resource: Resource) -> list[dict[str, Any]]:
    owners = [None, *([resource.parent] if resource.parent else []), *resource.also_under]
    return [_list_key(resource, owner) for owner in owners]


def _list_key(resource: Resource, owner: str | None) -> dict[str, Any]:
    """Of its entry in a list; `owner` None is the whole account's."""
    partition = f"list#{resource.kind}" + (f"#{owner}" if owner else "")
    position = f"{int(resource.created_at * 1000):013d}#{resource.incarnation}"
    return {PARTITION_KEY: {"S": partition}, SORT_KEY: {"S": position}}


def _to_item(resource: Resource) -> dict[str, Any]:
    """The resource as DynamoDB keeps it; `deleting` repeats a fact of the document where a condition can see it."""
    document = {
        "body": resource.body,
        "created_at": resource.created_at,
        "updated_at": resource.updated_at,
        "status": resource.status,
        "failure_reason": resource.failure_reason,
        "deleting_since": resource.deleting_since,
        "parent": resource.parent,
        "also_under": resource.also_under,
        "tags": resource.tags,
        "inner": resource.inner,
    }
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    return {
        **_resource_key(resource.kind, resource.id),
        "kind": {"S": resource.kind.value},
        "id": {"S": resource.id},
        "incarnation": {"S": resource.incarnation},
        "revision": {"N": str(resource.revision)},
        "document": {"S": text},
        **({"deleting": {"BOOL": True}} if resource.deleting_since is not None else {}),
    }


def _from_item(item: dict[str, Any]) -> Resource:
    document = json.loads(item["document"]["S"])
    return Resource(
        kind=Kind(item["kind"]["S"]),
        id=item["id"]["S"],
        incarnation=item["incarnation"]["S"],
        revision=int(item["revision"]["N"]),
        **{**document, "also_under": tuple(document.get("also_under", ()))},
    )


@dataclass(frozen=True)
class Page:
    """Some resources in the order asked for, and where the next page starts; None at the end."""

    resources: list[Resource]
    next_position: str | None


class ResourceTable:
    """Reads and writes resources; every read is strongly consistent."""

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

    def create(self, resource: Resource) -> Resource:
        """Stores a new resource.

        Raises:
            NameTaken: the id is in use; nothing remains of the attempt.
            InvalidInput: the document is too large for an item.
        """
        item = _to_item(resource)
        size = len(item["document"]["S"].encode())
        if size > DOCUMENT_LIMIT:
            raise InvalidInput(f"The {resource.kind} holds {size} bytes; at most {DOCUMENT_LIMIT} are allowed.")
        entries = _list_keys(resource)
        for key in entries:
            self._client.put_item(TableName=self._table, Item={**key, "id": {"S": resource.id}})
        try:
            self._client.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression="attribute_not_exists(pk)",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            # A retry whose first answer was lost meets its own write: same incarnation, so it is done.
            stored = self.get(resource.kind, resource.id)
            if stored and stored.incarnation == resource.incarnation:
                return stored
            for key in entries:
                self._client.delete_item(TableName=self._table, Key=key)
            raise NameTaken(resource.id) from error
        return resource

    def enter(self, resource: Resource, owner: str) -> None:
        """Writes the resource's entry under one more ARN, which is or will be in its `also_under`; repeatable."""
        self._client.put_item(TableName=self._table, Item={**_list_key(resource, owner), "id": {"S": resource.id}})

    def get(self, kind: Kind, resource_id: str) -> Resource | None:
        answer = self._client.get_item(TableName=self._table, Key=_resource_key(kind, resource_id), ConsistentRead=True)
        return _from_item(answer["Item"]) if "Item" in answer else None

    def replace(self, changed: Resource) -> Resource:
        """Writes a resource read before, if nobody changed it since; returns it with its new revision.

        Raises:
            RevisionConflict: read it again and decide again.
        """
        written = replace(changed, revision=changed.revision + 1)
        try:
            self._client.put_item(
                TableName=self._table,
                Item=_to_item(written),
                ConditionExpression="incarnation = :incarnation AND revision = :revision",
                ExpressionAttributeValues={
                    ":incarnation": {"S": changed.incarnation},
                    ":revision": {"N": str(changed.revision)},
                },
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            raise RevisionConflict(changed.id) from error
        return written

    def update(
        self, kind: Kind, resource_id: str, change: Callable[[Resource], Resource | None], attempts: int = 20
    ) -> Resource:
        """Applies `change` to the resource as it now is, again and again until no one else wrote meanwhile.

        `change` returns the resource to write, or None to leave it; it may raise to refuse.

        Raises:
            StaleAttempt: the resource is gone, or others kept winning.
        """
        for _ in range(attempts):
            current = self.get(kind, resource_id)
            if current is None:
                raise StaleAttempt(f"{kind} {resource_id} is gone")
            changed = change(current)
            if changed is None:
                return current
            try:
                return self.replace(changed)
            except RevisionConflict:
                continue
        raise StaleAttempt(f"{kind} {resource_id} changes too often")

    def touch(self, kind: Kind, resource_id: str, incarnation: str) -> bool:
        """Moves the revision on, if the resource is this incarnation and is not being deleted; says whether it was.

        Whoever read the resource before and meant to replace it must read again: a delete that looked for children
        before the touch cannot take place after it.
        """
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_resource_key(kind, resource_id),
                UpdateExpression="ADD revision :one",
                ConditionExpression="incarnation = :incarnation AND attribute_not_exists(deleting)",
                ExpressionAttributeValues={":incarnation": {"S": incarnation}, ":one": {"N": "1"}},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def delete(self, resource: Resource) -> None:
        """Removes the resource and its list entries, if it still is this incarnation; repeating it is harmless."""
        try:
            self._client.delete_item(
                TableName=self._table,
                Key=_resource_key(resource.kind, resource.id),
                ConditionExpression="incarnation = :incarnation",
                ExpressionAttributeValues={":incarnation": {"S": resource.incarnation}},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
        for key in _list_keys(resource):
            self._client.delete_item(TableName=self._table, Key=key)

    def page(
        self, kind: Kind, parent: str | None, after: str | None, limit: int, *, newest_first: bool = False
    ) -> Page:
        """At most `limit` resources, oldest first unless told otherwise, beginning behind position `after`.

        Positions stay valid while others are created and deleted. `parent` None lists the whole account.
        """
        found: list[Resource] = []
        position = after
        while True:
            answer = self._entries(kind, parent, position, limit - len(found) + 1, forward=not newest_first)
            resources = self._followed(kind, answer["Items"])
            for entry, resource in zip(answer["Items"], resources, strict=True):
                if len(found) == limit:
                    return Page(found, position)
                position = entry[SORT_KEY]["S"]
                if resource:
                    found.append(resource)
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

    def _entries(
        self, kind: Kind, parent: str | None, after: str | None, limit: int, forward: bool, count_only: bool = False
    ) -> dict[str, Any]:
        """DynamoDB's answer with some list entries behind `after`, or with their number alone."""
        partition = f"list#{kind}" + (f"#{parent}" if parent else "")
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
        ids = list(dict.fromkeys(entry["id"]["S"] for entry in entries))
        stored: dict[str, Resource] = {}
        for start in range(0, len(ids), _BATCH):
            stored.update(self._fetched(kind, ids[start : start + _BATCH]))
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
            self._table: {"Keys": [_resource_key(kind, each) for each in ids], "ConsistentRead": True}
        }
        found: dict[str, Resource] = {}
        # An answer holds 16 MB at most; DynamoDB hands back the keys it did not get to.
        while asked:
            answer = self._client.batch_get_item(RequestItems=asked)
            for item in answer["Responses"].get(self._table, []):
                found[item["id"]["S"]] = _from_item(item)
            asked = answer.get("UnprocessedKeys") or {}
        return found
