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

    `kms_key_arn` encrypts what lies in S3 of this group; `role_arn` is kept and shown, and the deployment's roles use
    the key themselves (docs/adr/0024).
    """
    asked = call.parameters
    _check_key(registry, asked.get("kms_key_arn"), asked.get("role_arn"))
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


def _check_key(registry: Registry, key_arn: str | None, role_arn: str | None) -> None:
    """Source: control-plane reference, sections B.2 and K."""
    if key_arn is None and role_arn is None:
        return
    if key_arn is None:
        raise InvalidInput("roleArn is for the key in kmsKeyArn, which is not given; give both or neither.")
    if role_arn is None:
        raise InvalidInput("kmsKeyArn needs roleArn, the role that may use the key; give both or neither.")
    mine = f"arn:{registry.owner.partition}:iam::{registry.owner.account}:role/"
    if not role_arn.startswith(mine):
        raise InvalidInput(f"roleArn must be the ARN of a role of this account, {mine}NAME; it is {role_arn}.")
    registry.keys.require_usable(key_arn, registry.owner)
