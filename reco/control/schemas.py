"""Schemas: immutable, usable at once, deleted at once unless a dataset refers to them."""

from __future__ import annotations

from typing import Any

from reco.arns import Kind
from reco.control.listing import list_resources
from reco.control.registry import Registry, fresh
from reco.datasets.schemas import check_schema, parse_schema
from reco.errors import ResourceInUse
from reco.storage.resources import Resource
from reco.wire.call import Call


def create_schema(registry: Registry, call: Call) -> dict[str, Any]:
    """Stores the text as it was sent, once it has been read and fits its domain."""
    asked = call.parameters
    check_schema(parse_schema(asked["schema"]), asked.get("domain"))
    body = {"name": asked["name"], "schema": asked["schema"], "domain": asked.get("domain")}
    schema = registry.create(fresh(Kind.SCHEMA, body["name"], body, call.now), [])
    return {"schema_arn": registry.arn(schema)}


def describe_schema(registry: Registry, call: Call) -> dict[str, Any]:
    return {"schema": registry.view(registry.find(Kind.SCHEMA, call.parameters["schema_arn"], "schemaArn"))}


def list_schemas(registry: Registry, call: Call) -> dict[str, Any]:
    return list_resources(registry, call, Kind.SCHEMA, "schemas")


def delete_schema(registry: Registry, call: Call) -> None:
    schema = registry.find(Kind.SCHEMA, call.parameters["schema_arn"], "schemaArn")

    def refuse(current: Resource) -> None:
        arn = registry.arn(current)
        # Datasets that once had this schema are found under it too (reco.control.dataset_updates).
        for dataset in registry.children(Kind.DATASET, arn):
            if dataset.body["schema_arn"] == arn:
                raise ResourceInUse(f"{arn} is the schema of {registry.arn(dataset)}; delete that first.")

    registry.delete(schema, refuse)
