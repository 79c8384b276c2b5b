"""Dataset groups: what datasets, event trackers and solutions belong to."""

from __future__ import annotations

from typing import Any

from reco.arns import Kind
from reco.control.listing import list_resources
from reco.control.registry import Registry, fresh
from reco.control.tags import tags_of
from reco.errors import InvalidInput, ResourceInUse
from reco.storage.resources import Resource
from reco.wire.call import Call

_CHILDREN = (Kind.DATASET, Kind.EVENT_TRACKER, Kind.SOLUTION)


def create_dataset_group(registry: Registry, call: Call) -> dict[str, Any]:
    if "role_arn" in call.parameters:
        raise InvalidInput("roleArn is for the key in kmsKeyArn, which is not given; leave roleArn out.")
    name = call.parameters["name"]
    tags = tags_of(call.parameters.get("tags"))
    group = registry.create(fresh(Kind.DATASET_GROUP, name, {"name": name}, call.now, tags=tags), [])
    return {"dataset_group_arn": registry.arn(group)}


def describe_dataset_group(registry: Registry, call: Call) -> dict[str, Any]:
    group = registry.find(Kind.DATASET_GROUP, call.parameters["dataset_group_arn"], "datasetGroupArn")
    return {"dataset_group": registry.view(group)}


def list_dataset_groups(registry: Registry, call: Call) -> dict[str, Any]:
    return list_resources(registry, call, Kind.DATASET_GROUP, "dataset_groups")


def delete_dataset_group(registry: Registry, call: Call) -> None:
    group = registry.find(Kind.DATASET_GROUP, call.parameters["dataset_group_arn"], "datasetGroupArn")

    def refuse(current: Resource) -> None:
        for kind in _CHILDREN:
            child = next(registry.children(kind, registry.arn(current)), None)
            if child:
                raise ResourceInUse(f"{registry.arn(current)} still holds {registry.arn(child)}; delete that first.")

    registry.delete(group, refuse)
