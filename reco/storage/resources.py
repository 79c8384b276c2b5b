"""Resources in DynamoDB: one item each, and list entries that keep the order of creation.

No transaction: the entries are written first, then the resource, on the condition that its name is free. A reader
follows an entry to the resource and drops it unless the incarnation agrees, so a kill between the writes leaves only
an entry that nobody sees. Every later change is a compare-and-set on `revision`, or a `touch` (docs/adr/0002).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from reco.arns import Kind
from reco.errors import InvalidInput, StaleAttempt, Throttled
from reco.storage.batches import write_all
from reco.storage.resource_items import Resource, from_item, list_entry, list_key, list_keys, resource_key, to_item
from reco.storage.resource_lists import ResourceLists
from reco.storage.retries import Retries

DOCUMENT_LIMIT = 256 * 1024
"""Bytes of a resource's document. DynamoDB's item may have 400 KB; the rest is room for what jobs add later."""


_WRITE = "write"
"""Attribute of a resource's item: drawn for each replacing write, by which its writer knows it again."""


class NameTaken(Exception):
    """A resource of this kind and id exists."""


class RevisionConflict(Exception):
    """The resource changed, or went, since it was read."""


class ResourceTable(ResourceLists):
    """Reads and writes resources; every read is strongly consistent."""

    def __init__(self, client: Any, table: str, retries: Retries | None = None) -> None:
        """`retries` is for list entries of which DynamoDB took a part."""
        super().__init__(client, table)
        self._retries = retries or Retries()

    def create(self, resource: Resource) -> Resource:
        """Stores a new resource.

        Raises:
            NameTaken: the id is in use; nothing remains of the attempt.
            InvalidInput: the document is too large for an item.
            Throttled: DynamoDB does not take the list entries just now; nobody sees those it took.
        """
        item = to_item(resource)
        size = len(item["document"]["S"].encode())
        if size > DOCUMENT_LIMIT:
            raise InvalidInput(f"The {resource.kind} holds {size} bytes; at most {DOCUMENT_LIMIT} are allowed.")
        entries = list_keys(resource)
        self._write([{"PutRequest": {"Item": list_entry(resource, key)}} for key in entries])
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
            self._remove(entries)
            raise NameTaken(resource.id) from error
        return resource

    def enter(self, resource: Resource, owner: str) -> None:
        """Writes the resource's entry under one more ARN, which is or will be in its `also_under`; repeatable."""
        self._client.put_item(TableName=self._table, Item=list_entry(resource, list_key(resource, owner)))

    def leave(self, resources: Iterable[Resource], owner: str) -> None:
        """Removes the resources' entries under this owner; repeatable. Cost: a write for every 25 of them."""
        self._remove([list_key(resource, owner) for resource in resources])

    def get(self, kind: Kind, resource_id: str) -> Resource | None:
        answer = self._client.get_item(TableName=self._table, Key=resource_key(kind, resource_id), ConsistentRead=True)
        return from_item(answer["Item"]) if "Item" in answer else None

    def replace(self, changed: Resource) -> Resource:
        """Writes a resource read before, if nobody changed it since; returns it with its new revision.

        Raises:
            RevisionConflict: read it again and decide again.
        """
        written, mark = replace(changed, revision=changed.revision + 1), {"S": secrets.token_hex(8)}
        try:
            self._client.put_item(
                TableName=self._table,
                Item={**to_item(written), _WRITE: mark},
                ConditionExpression="incarnation = :incarnation AND revision = :revision",
                ExpressionAttributeValues={
                    ":incarnation": {"S": changed.incarnation},
                    ":revision": {"N": str(changed.revision)},
                },
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            # A retry whose first answer was lost meets its own write; others may have touched the resource since.
            key = resource_key(changed.kind, changed.id)
            stored = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item", {})
            if stored.get(_WRITE) == mark:
                return from_item(stored)
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
                Key=resource_key(kind, resource_id),
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
                Key=resource_key(resource.kind, resource.id),
                ConditionExpression="incarnation = :incarnation",
                ExpressionAttributeValues={":incarnation": {"S": resource.incarnation}},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
        self._remove(list_keys(resource))

    def withdraw(self, resource: Resource) -> bool:
        """Removes a resource that is still as it was read, and its list entries; says whether it is gone.

        One that another has changed since stays as it is; repeating it is harmless.
        """
        try:
            self._client.delete_item(
                TableName=self._table,
                Key=resource_key(resource.kind, resource.id),
                ConditionExpression="incarnation = :incarnation AND revision = :revision",
                ExpressionAttributeValues={
                    ":incarnation": {"S": resource.incarnation},
                    ":revision": {"N": str(resource.revision)},
                },
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            stored = self.get(resource.kind, resource.id)
            if stored and stored.incarnation == resource.incarnation:
                return False
        self._remove(list_keys(resource))
        return True

    def _remove(self, entries: list[dict[str, Any]]) -> None:
        self._write([{"DeleteRequest": {"Key": key}} for key in entries])

    def _write(self, entries: list[dict[str, Any]]) -> None:
        """Puts and deletes of list entries, in no order, each of which may be repeated.

        Raises:
            Throttled: DynamoDB kept leaving some undone.
        """
        if not write_all(self._client, self._table, entries, self._retries):
            raise Throttled("too many requests just now; send this one again in a moment")
