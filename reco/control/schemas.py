"""Schemas: immutable, usable at once, deleted at once unless a dataset refers to them."""

from __future__ import annotations

from typing import Any

from reco.arns import Kind
from reco.control.listing import list_resources
from reco.control.registry import Registry, fresh
from reco.datasets.schemas import parse_schema
from reco.errors import ResourceInUse
from reco.storage.resources import Resource
from reco.wire.call import Call


def create_schema(registry: Registry, call: Call) -> dict[str, Any]:
    """Stores the text as it was sent, once it has been read."""
    parse_schema(call.parameters["schema"])
    body = {"name": call.parameters["name"], "schema": call.parameters["schema"]}
    schema = registry.create(fresh(Kind.SCHEMA, body["name"], body, call.now), [])
    return {"schema_arn": registry.arn(schema)}


def describe_schema(registry: Registry, call: Call) -> dict[str, Any]:
    return {"schema": registry.view(registry.find(Kind.SCHEMA, call.parameters["schema_arn"], "schemaArn"))}


def list_schemas(registry: Registry, call: Call) -> dict[str, Any]:
    return list_resources(registry, call, Kind.SCHEMA, "schemas")


def delete_schema(registry: Registry, call: Call) -> None:
    schema = registry.find(Kind.SCHEMA, call.parameters["schema_arn"], "schemaArn")

    def refuse(current: Resource) -> None:
        dataset = next(registry.children(Kind.DATASET, registry.arn(current)), None)
        if dataset:
            raise ResourceInUse(f"{registry.arn(current)} is the schema of {registry.arn(dataset)}; delete that first.")

    registry.delete(schema, refuse)
