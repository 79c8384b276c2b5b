"""Dataset groups: what datasets, event trackers, filters, solutions and recommenders belong to."""

from __future__ import annotations

from typing import Any

from reco.arns import Kind
from reco.control.lifecycle import IN_PROGRESS
from reco.control.listing import list_resources
from reco.control.registry import Registry, fresh
from reco.control.tags import tags_of
from reco.errors import InvalidInput, ResourceInUse
from reco.storage.resources import Resource
from reco.wire.call import Call

CHILDREN = (
    Kind.DATASET,
    Kind.EVENT_TRACKER,
    Kind.FILTER,
    Kind.SOLUTION,
    Kind.RECOMMENDER,
    Kind.METRIC_ATTRIBUTION,
)
"""What must be deleted before its group; the group's data deletion jobs go with it, once they have ended."""


def create_dataset_group(registry: Registry, call: Call) -> dict[str, Any]:
    """A group of a domain, or a custom one when `domain` is not given.

    `kms_key_arn` is the deployment's own key or none: it encrypts the tables, the bucket and the event stream whole,
    and no group alone (docs/adr/0010). `role_arn` is kept and shown; the deployment's roles use the key themselves.
    """
    asked = call.parameters
    _check_key(registry.customer_key, asked.get("kms_key_arn"), asked.get("role_arn"))
    tags = tags_of(asked.get("tags"))
    body = {member: asked.get(member) for member in ("name", "role_arn", "kms_key_arn", "domain")}
    group = registry.create(fresh(Kind.DATASET_GROUP, asked["name"], body, call.now, tags=tags), [])
    return {"dataset_group_arn": registry.arn(group), "domain": asked.get("domain")}


def describe_dataset_group(registry: Registry, call: Call) -> dict[str, Any]:
    group = registry.find(Kind.DATASET_GROUP, call.parameters["dataset_group_arn"], "datasetGroupArn")
    return {"dataset_group": registry.view(group)}


def list_dataset_groups(registry: Registry, call: Call) -> dict[str, Any]:
    return list_resources(registry, call, Kind.DATASET_GROUP, "dataset_groups")


def delete_dataset_group(registry: Registry, call: Call) -> None:
    group = registry.find(Kind.DATASET_GROUP, call.parameters["dataset_group_arn"], "datasetGroupArn")

    def refuse(current: Resource) -> None:
        arn = registry.arn(current)
        for kind in CHILDREN:
            child = next(registry.children(kind, arn), None)
            if child:
                raise ResourceInUse(f"{arn} still holds {registry.arn(child)}; delete that first.")
        for job in registry.children(Kind.DATA_DELETION_JOB, arn):
            status = registry.status(job)
            if status in IN_PROGRESS:
                raise ResourceInUse(f"{arn} is in use by {registry.arn(job)}, which is {status}; wait until it ends.")

    registry.delete(group, refuse)


def _check_key(own: str | None, key_arn: str | None, role_arn: str | None) -> None:
    if key_arn is None and role_arn is not None:
        raise InvalidInput("roleArn is for the key in kmsKeyArn, which is not given; give both or neither.")
    if key_arn is not None and role_arn is None:
        raise InvalidInput("kmsKeyArn needs roleArn, the role that may use the key; give both or neither.")
    if key_arn is not None and own is None:
        raise InvalidInput(
            f"kmsKeyArn: this deployment keeps everything under keys that AWS owns, and can use no other; it is "
            f"{key_arn}. Deploy with -c customerKey=true, and give that key, or leave kmsKeyArn and roleArn out."
        )
    if key_arn is not None and key_arn != own:
        raise InvalidInput(
            f"kmsKeyArn must be {own}, the key under which this deployment keeps everything; it is {key_arn}."
        )
