"""The datasets of a group and their schemas, for whatever is checked against the data it will work on."""

from __future__ import annotations

from reco.arns import Kind
from reco.control.registry import Registry
from reco.datasets.schemas import Schema, parse_schema
from reco.errors import ResourceInUse, ResourceNotFound
from reco.storage.resources import Resource


def datasets_in(registry: Registry, group_arn: str) -> dict[str, Resource]:
    """The group's datasets by type; one that is being deleted is there no more."""
    return {
        dataset.body["dataset_type"]: dataset
        for dataset in registry.children(Kind.DATASET, group_arn)
        if dataset.deleting_since is None
    }


def schema_of(registry: Registry, dataset: Resource) -> Schema:
    """The schema that a dataset has.

    Raises:
        ResourceInUse: it has been given another one since it was read.
    """
    try:
        schema = registry.find(Kind.SCHEMA, dataset.body["schema_arn"], "schemaArn")
    except ResourceNotFound as error:
        # A schema is deleted only after its last dataset has taken another, which happened after the dataset was read.
        raise ResourceInUse(f"{registry.arn(dataset)} has just been given another schema; try again.") from error
    return parse_schema(schema.body["schema"])
