"""UpdateDataset: another schema for a dataset, whose rows stay as they are. Source: control-plane reference, E.4."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from reco.arns import Kind
from reco.control.lifecycle import IN_PROGRESS, UPDATING, standing_at
from reco.control.registry import Registry
from reco.control.schema_switch import is_switching, settle_switch, switching
from reco.datasets.schemas import check_replacement, parse_schema
from reco.errors import InvalidInput, ResourceInUse
from reco.storage.resources import Resource
from reco.wire.call import Call


def update_dataset(registry: Registry, call: Call) -> dict[str, Any]:
    """The new schema counts at once, for what is imported and shown; the status says UPDATE for a while.

    Snapshots keep the schema they were imported with: rows that are there have null in new columns until they are
    imported again. Solutions that are there do not learn from new columns, whatever is imported
    (reco.jobs.training.without_added).

    Raises:
        InvalidInput: the new schema does not fit the rows of the old one.
        ResourceInUse: the dataset is being made, updated, imported to or deleted, or the schema is being deleted.
    """
    asked = call.parameters
    dataset = registry.find(Kind.DATASET, asked["dataset_arn"], "datasetArn")
    schema = registry.find(Kind.SCHEMA, asked["schema_arn"], "schemaArn")

    def updated(current: Resource) -> Resource:
        added = _added(registry, current, schema)
        _refuse_busy(registry, current)
        return switching(current, schema, registry.arn(schema), added, call.now)

    ended = settle_switch(registry.table, registry.change(dataset, updated))
    if ended.dataset and is_switching(ended.dataset):
        raise ResourceInUse(f"{registry.arn(dataset)} is being changed by others; try again.")
    if not ended.switched:
        gone = registry.arn(schema if ended.dataset and ended.dataset.deleting_since is None else dataset)
        raise ResourceInUse(f"{gone} is being deleted.")
    return {"dataset_arn": registry.arn(dataset)}


def latest_update(registry: Registry, dataset: Resource) -> dict[str, Any] | None:
    """DescribeDataset's `latestDatasetUpdate`; None before the first update."""
    since: float | None = dataset.inner.get(UPDATING)
    if since is None:
        return None
    # As it stands apart from a delete, of which the update knows nothing.
    standing = standing_at(replace(dataset, deleting_since=None, updated_at=since), registry.now, registry.timing)
    return {
        "schema_arn": dataset.body["schema_arn"],
        "status": standing and standing.status,
        "creation_date_time": since,
        "last_updated_date_time": standing and standing.since,
    }


def _added(registry: Registry, dataset: Resource, schema: Resource) -> list[str]:
    """The columns that the schema would add.

    Raises:
        InvalidInput: it may not replace the present one.
    """
    present = registry.find(Kind.SCHEMA, dataset.body["schema_arn"], "schemaArn")
    old, new = parse_schema(present.body["schema"]), parse_schema(schema.body["schema"])
    check_replacement(old, new)
    domain, asked = present.body.get("domain"), schema.body.get("domain")
    if domain != asked:
        raise InvalidInput(
            f"schemaArn: the domain of the schema is {asked or 'none'}, and the dataset group's is {domain or 'none'}; "
            "they must be the same."
        )
    return [name for name in new.names if name not in old.names]


def _refuse_busy(registry: Registry, dataset: Resource) -> None:
    registry.require_active(dataset)
    arn = registry.arn(dataset)
    if is_switching(dataset):
        raise ResourceInUse(f"{arn} is being updated already; wait until latestDatasetUpdate has ended.")
    for job in registry.children(Kind.DATASET_IMPORT_JOB, arn):
        if registry.status(job) in IN_PROGRESS:
            raise ResourceInUse(f"{arn} is being imported to by {registry.arn(job)}; wait until that has ended.")
