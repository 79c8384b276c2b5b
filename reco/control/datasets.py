"""Datasets: one of each type in a group, each with a schema of its type and of the group's domain."""

from __future__ import annotations

import uuid
from typing import Any

from reco.arns import Kind
from reco.control.claims import claim_on
from reco.control.dataset_updates import latest_update
from reco.control.lifecycle import IN_PROGRESS
from reco.control.listing import list_resources
from reco.control.registry import Registry, fresh
from reco.control.tags import tags_of
from reco.control.update_records import updating
from reco.datasets.schemas import CUSTOM_ONLY, RULES, parse_schema
from reco.errors import InvalidInput, ResourceInUse
from reco.storage.resources import Resource
from reco.wire.call import Call

_READERS = (Kind.DATASET_IMPORT_JOB, Kind.DATASET_EXPORT_JOB)
"""Jobs that work on one dataset."""
_LEARNERS = (Kind.SOLUTION_VERSION, Kind.RECOMMENDER)
"""What is trained on all datasets of its group."""


def create_dataset(registry: Registry, call: Call) -> dict[str, Any]:
    """An Action_Interactions dataset gets the tracking id that PutActionInteractions names."""
    asked = call.parameters
    dataset_type = _dataset_type(asked["dataset_type"])
    tags = tags_of(asked.get("tags"))
    group = registry.find(Kind.DATASET_GROUP, asked["dataset_group_arn"], "datasetGroupArn")
    schema = registry.find(Kind.SCHEMA, asked["schema_arn"], "schemaArn")
    _check_fit(dataset_type, group, schema)
    registry.require_active(group)
    body = {
        "name": asked["name"],
        "dataset_group_arn": asked["dataset_group_arn"],
        "dataset_type": dataset_type,
        "schema_arn": asked["schema_arn"],
        "tracking_id": str(uuid.uuid4()) if dataset_type == "ACTION_INTERACTIONS" else None,
    }
    dataset = fresh(
        Kind.DATASET,
        f"{group.id}/{dataset_type}",
        body,
        call.now,
        tags=tags,
        parent=asked["dataset_group_arn"],
        also_under=(asked["schema_arn"],),
    )
    return {"dataset_arn": registry.arn(registry.create(dataset, [claim_on(group), claim_on(schema)]))}


def describe_dataset(registry: Registry, call: Call) -> dict[str, Any]:
    dataset = registry.find(Kind.DATASET, call.parameters["dataset_arn"], "datasetArn")
    return {"dataset": {**registry.view(dataset), "latest_dataset_update": latest_update(registry, dataset)}}


def list_datasets(registry: Registry, call: Call) -> dict[str, Any]:
    parent = (Kind.DATASET_GROUP, "dataset_group_arn", "datasetGroupArn")
    return list_resources(registry, call, Kind.DATASET, "datasets", parent)


def delete_dataset(registry: Registry, call: Call) -> None:
    """Deletes the dataset and its import and export jobs; models trained on it stay."""
    dataset = registry.find(Kind.DATASET, call.parameters["dataset_arn"], "datasetArn")

    def refuse(current: Resource) -> None:
        arn = registry.arn(current)
        jobs = [job for kind in _READERS for job in registry.children(kind, arn)]
        group_arn = current.body["dataset_group_arn"]
        trained = [each for kind in _LEARNERS for each in registry.children(kind, group_arn)]
        for reader in (*jobs, *trained):
            status = registry.status(reader)
            if status in IN_PROGRESS:
                raise ResourceInUse(f"{arn} is in use by {registry.arn(reader)}, which is {status}.")
            if updating(reader):
                raise ResourceInUse(f"{arn} is in use by {registry.arn(reader)}, which is being updated.")

    registry.delete(dataset, refuse)


def _dataset_type(given: str) -> str:
    """The type in upper case, however the caller wrote it."""
    dataset_type = given.upper()
    if dataset_type not in RULES:
        raise InvalidInput(f"datasetType must be one of {', '.join(RULES)}; it is {given[:60]}.")
    return dataset_type


def _check_fit(dataset_type: str, group: Resource, schema: Resource) -> None:
    described = parse_schema(schema.body["schema"]).dataset_type
    if described != dataset_type:
        raise InvalidInput(f"schemaArn: the schema describes {described}, but datasetType is {dataset_type}.")
    domain = group.body.get("domain")
    if domain and dataset_type in CUSTOM_ONLY:
        raise InvalidInput(
            f"datasetType: {dataset_type} is for custom dataset groups, and the domain of this group is {domain}."
        )
    if schema.body.get("domain") != domain:
        raise InvalidInput(
            f"schemaArn: {_domain(schema)}, and the dataset group's is {domain or 'none'}; they must be the same."
        )


def _domain(schema: Resource) -> str:
    return f"the domain of the schema is {schema.body.get('domain') or 'none'}"
