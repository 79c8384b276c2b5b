"""Event trackers: one in a dataset group; its tracking id is what PutEvents names."""

from __future__ import annotations

import uuid
from typing import Any

from reco.arns import Kind
from reco.control.claims import claim_on
from reco.control.listing import list_resources
from reco.control.registry import Registry, fresh
from reco.control.tags import tags_of
from reco.control.unchosen_ids import unchosen_id
from reco.errors import ResourceAlreadyExists
from reco.storage.resources import Resource
from reco.wire.call import Call


def create_event_tracker(registry: Registry, call: Call) -> dict[str, Any]:
    """The tracking id takes events as soon as it is answered, while the status still says CREATE PENDING.

    A request that an SDK sends again, since the first answer was lost, is answered with the tracker that it made; the
    group's second tracker is refused.
    """
    asked = call.parameters
    tags = tags_of(asked.get("tags"))
    group = registry.find(Kind.DATASET_GROUP, asked["dataset_group_arn"], "datasetGroupArn")
    registry.require_active(group)
    body = {
        "name": asked["name"],
        "dataset_group_arn": asked["dataset_group_arn"],
        "tracking_id": str(uuid.uuid4()),
        "account_id": registry.owner.account,
    }
    tracker = fresh(
        Kind.EVENT_TRACKER,
        unchosen_id(group, call.invocation),
        body,
        call.now,
        tags=tags,
        parent=asked["dataset_group_arn"],
    )
    try:
        created = registry.create(tracker, [claim_on(group, slot="event_tracker")])
    except ResourceAlreadyExists:
        first = registry.named(Kind.EVENT_TRACKER, tracker.id)
        if call.invocation is None or first is None or first.parent != tracker.parent:
            raise
        created = first
    return {"event_tracker_arn": registry.arn(created), "tracking_id": created.body["tracking_id"]}


def describe_event_tracker(registry: Registry, call: Call) -> dict[str, Any]:
    tracker = registry.find(Kind.EVENT_TRACKER, call.parameters["event_tracker_arn"], "eventTrackerArn")
    return {"event_tracker": registry.view(tracker)}


def list_event_trackers(registry: Registry, call: Call) -> dict[str, Any]:
    parent = (Kind.DATASET_GROUP, "dataset_group_arn", "datasetGroupArn")
    return list_resources(registry, call, Kind.EVENT_TRACKER, "event_trackers", parent)


def delete_event_tracker(registry: Registry, call: Call) -> None:
    """Ends the taking of events at once; events taken before stay with the group."""
    tracker = registry.find(Kind.EVENT_TRACKER, call.parameters["event_tracker_arn"], "eventTrackerArn")

    def refuse(current: Resource) -> None:
        """Nothing depends on an event tracker."""

    registry.delete(tracker, refuse)
