"""A resource, and the items that stand for it in DynamoDB: its document, and its entries in lists.

pk                       sk                          what
resource#KIND#ID         resource                    the resource
list#KIND                CREATED_MS#INCARNATION      entry of the account-wide list
list#KIND#PARENT         CREATED_MS#INCARNATION      entry of its parent's list, and of each `also_under`
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from reco.arns import Kind
from reco.storage.tables import PARTITION_KEY, SORT_KEY


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
    """Owners of further lists in which it is found: ARNs, such as a dataset's schema and those it had before, and the
    list of those at work (reco.control.quotas)."""
    tags: dict[str, str] = field(default_factory=dict)
    inner: dict[str, Any] = field(default_factory=dict)
    """What the API never shows: snapshot pointers, attempts, artefact addresses."""
    revision: int = 0


def resource_key(kind: Kind, resource_id: str) -> dict[str, Any]:
    return {PARTITION_KEY: {"S": f"resource#{kind}#{resource_id}"}, SORT_KEY: {"S": "resource"}}


def list_keys(resource: Resource) -> list[dict[str, Any]]:
    """Of all its entries, each once."""
    owners = dict.fromkeys((None, *([resource.parent] if resource.parent else []), *resource.also_under))
    return [list_key(resource, owner) for owner in owners]


def list_entry(resource: Resource, key: dict[str, Any]) -> dict[str, Any]:
    """The item of the entry that has this key."""
    return {**key, "id": {"S": resource.id}}


def list_key(resource: Resource, owner: str | None) -> dict[str, Any]:
    position = f"{int(resource.created_at * 1000):013d}#{resource.incarnation}"
    return {PARTITION_KEY: {"S": list_partition(resource.kind, owner)}, SORT_KEY: {"S": position}}


def list_partition(kind: Kind, owner: str | None) -> str:
    """Where the entries of a list lie; `owner` None is the whole account."""
    return f"list#{kind}" + (f"#{owner}" if owner else "")


def to_item(resource: Resource) -> dict[str, Any]:
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
        **resource_key(resource.kind, resource.id),
        "kind": {"S": resource.kind.value},
        "id": {"S": resource.id},
        "incarnation": {"S": resource.incarnation},
        "revision": {"N": str(resource.revision)},
        "document": {"S": text},
        **({"deleting": {"BOOL": True}} if resource.deleting_since is not None else {}),
    }


def from_item(item: dict[str, Any]) -> Resource:
    document = json.loads(item["document"]["S"])
    return Resource(
        kind=Kind(item["kind"]["S"]),
        id=item["id"]["S"],
        incarnation=item["incarnation"]["S"],
        revision=int(item["revision"]["N"]),
        **{**document, "also_under": tuple(document.get("also_under", ()))},
    )
