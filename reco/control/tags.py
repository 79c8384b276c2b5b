"""Tags: set when a resource is created or later, shown only by ListTagsForResource."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from reco.arns import Kind, parse_arn
from reco.control.registry import Registry, said
from reco.errors import InvalidInput, ResourceInUse, ResourceNotFound, TooManyTagKeys, TooManyTags
from reco.storage.resources import Resource
from reco.wire.call import Call

TAG_LIMIT = 50
"""Tags of one resource."""

TAGGABLE = frozenset(Kind) - {Kind.SCHEMA, Kind.METRIC_ATTRIBUTION}


def tags_of(entries: Sequence[Mapping[str, str]] | None) -> dict[str, str]:
    """The tags in a request by key.

    Raises:
        InvalidInput: a key is reserved or given twice.
        TooManyTags: more than a resource may carry.
    """
    tags: dict[str, str] = {}
    for entry in entries or ():
        key = entry["tag_key"]
        if key.lower().startswith("aws:"):
            raise InvalidInput(f"tags: the key {key} begins with aws:, which is reserved.")
        if key in tags:
            raise InvalidInput(f"tags: the key {key} is given twice.")
        tags[key] = entry["tag_value"]
    _check_count(tags)
    return tags


def tag_resource(registry: Registry, call: Call) -> dict[str, Any]:
    """Adds tags, and overwrites those whose keys are there already."""
    added = tags_of(call.parameters["tags"])

    def tagged(resource: Resource) -> Resource:
        _refuse_deleting(registry, resource)
        tags = {**resource.tags, **added}
        _check_count(tags)
        return replace(resource, tags=tags)

    registry.change(_taggable(registry, call.parameters["resource_arn"]), tagged)
    return {}


def untag_resource(registry: Registry, call: Call) -> dict[str, Any]:
    """Removes tags by key; a key that is not there is no fault."""
    keys = call.parameters["tag_keys"]
    if len(keys) > TAG_LIMIT:
        raise TooManyTagKeys(f"tagKeys: at most {TAG_LIMIT} keys may be given; there are {len(keys)}.")

    def untagged(resource: Resource) -> Resource:
        _refuse_deleting(registry, resource)
        return replace(resource, tags={key: value for key, value in resource.tags.items() if key not in keys})

    registry.change(_taggable(registry, call.parameters["resource_arn"]), untagged)
    return {}


def list_tags(registry: Registry, call: Call) -> dict[str, Any]:
    """Every tag of a resource, in the order in which they were added."""
    resource = _taggable(registry, call.parameters["resource_arn"])
    return {"tags": [{"tag_key": key, "tag_value": value} for key, value in resource.tags.items()]}


def _taggable(registry: Registry, arn: str) -> Resource:
    name = parse_arn(arn)
    if name is None or name.kind not in TAGGABLE:
        kinds = ", ".join(sorted(said(kind) for kind in TAGGABLE))
        raise InvalidInput(f"resourceArn: {arn} cannot carry tags; these can: {kinds}.")
    if name.owner != registry.owner:
        raise ResourceNotFound(arn)
    return registry.find(name.kind, arn, "resourceArn")


def _check_count(tags: Mapping[str, str]) -> None:
    if len(tags) > TAG_LIMIT:
        raise TooManyTags(f"tags: a resource may carry at most {TAG_LIMIT} tags; this would make {len(tags)}.")


def _refuse_deleting(registry: Registry, resource: Resource) -> None:
    if resource.deleting_since is not None:
        raise ResourceInUse(f"{registry.arn(resource)} is being deleted.")
