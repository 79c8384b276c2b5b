"""Filters: expressions that are checked once, when they are created, and stored with the tree that was made of them.

Source: control-plane reference, sections B.2, B.3 and J.5; runtime reference, section C2.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from reco.arns import Kind
from reco.control.claims import claim_on
from reco.control.group_data import datasets_in, schema_of
from reco.control.lifecycle import IN_PROGRESS
from reco.control.listing import list_resources
from reco.control.registry import Registry, fresh
from reco.control.tags import tags_of
from reco.errors import InvalidInput, LimitExceeded, ResourceInUse
from reco.filters.checks import CheckedFilter, check, datasets_of
from reco.filters.stored import checked_filter, document
from reco.storage.resources import Resource
from reco.wire.call import Call

GROUP_COLUMNS_LIMIT = 20
"""Different columns of datasets that all filters of one dataset group use together."""

_DOCUMENT = "filter"
_BATCH_JOBS = (Kind.BATCH_INFERENCE_JOB, Kind.BATCH_SEGMENT_JOB)


def create_filter(registry: Registry, call: Call) -> dict[str, Any]:
    """Stores the expression as it was sent, and the checked tree beside it."""
    # The parser's library is loaded by those who create filters, and by nobody else.
    from reco.filters.parsing import parse

    asked = call.parameters
    tags = tags_of(asked.get("tags"))
    group = registry.find(Kind.DATASET_GROUP, asked["dataset_group_arn"], "datasetGroupArn")
    tree = parse(asked["filter_expression"])
    body = {name: asked[name] for name in ("name", "dataset_group_arn", "filter_expression")}
    try:
        registry.require_active(group)
        named = datasets_of(tree)
        found = datasets_in(registry, asked["dataset_group_arn"])
        datasets = {dataset_type: dataset for dataset_type, dataset in found.items() if dataset_type in named}
        checked = check(tree, {each: schema_of(registry, dataset) for each, dataset in datasets.items()})
        _check_columns(registry, asked["dataset_group_arn"], checked)
        created = fresh(Kind.FILTER, asked["name"], body, call.now, tags=tags, parent=asked["dataset_group_arn"])
        claims = [claim_on(group), *(claim_on(dataset) for dataset in datasets.values())]
        stored = registry.create(replace(created, inner={_DOCUMENT: document(checked)}), claims)
    except ResourceInUse as error:
        # CreateFilter has no ResourceInUseException: what is not ready yet is no valid input.
        raise InvalidInput(error.message) from error
    return {"filter_arn": registry.arn(stored)}


def describe_filter(registry: Registry, call: Call) -> dict[str, Any]:
    return {"filter": registry.view(registry.find(Kind.FILTER, call.parameters["filter_arn"], "filterArn"))}


def list_filters(registry: Registry, call: Call) -> dict[str, Any]:
    parent = (Kind.DATASET_GROUP, "dataset_group_arn", "datasetGroupArn")
    return list_resources(registry, call, Kind.FILTER, "filters", parent)


def delete_filter(registry: Registry, call: Call) -> None:
    """Deletes the filter, unless a batch job is at work with it."""
    found = registry.find(Kind.FILTER, call.parameters["filter_arn"], "filterArn")

    def refuse(current: Resource) -> None:
        arn = registry.arn(current)
        for job in (job for kind in _BATCH_JOBS for job in registry.children(kind, arn)):
            status = registry.status(job)
            if status in IN_PROGRESS:
                raise ResourceInUse(f"{arn} is in use by {registry.arn(job)}, which is {status}; wait until it ends.")

    registry.delete(found, refuse)


def checked_in(resource: Resource) -> CheckedFilter:
    """The tree of a stored filter, with the types of its columns: what an answer to a request evaluates."""
    return checked_filter(resource.inner[_DOCUMENT])


def _check_columns(registry: Registry, group_arn: str, checked: CheckedFilter) -> None:
    """Counts the columns of this filter and of all that the group has; two creators at once do not see each other's.

    Raises:
        LimitExceeded: too many columns in all of them.
    """
    others = (each for each in registry.children(Kind.FILTER, group_arn) if each.deleting_since is None)
    columns = set(checked.types).union(*(checked_in(each).types for each in others))
    if len(columns) > GROUP_COLUMNS_LIMIT:
        raise LimitExceeded(
            f"All filters of a dataset group use at most {GROUP_COLUMNS_LIMIT} different columns of its datasets; "
            f"this one would make {len(columns)}. Delete one that uses others first."
        )
