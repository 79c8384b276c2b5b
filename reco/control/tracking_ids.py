"""What goes with an event tracker outside its own item: the tracking id that PutEvents looks up."""

from __future__ import annotations

from reco.arns import Kind
from reco.control.claims import Claim
from reco.storage.resources import Resource, ResourceTable
from reco.storage.tracking import Tracking, delete_tracking, put_tracking


def announce(table: ResourceTable, resource: Resource, claims: list[Claim]) -> None:
    """Makes an event tracker's tracking id known, before the tracker is seen; nothing for other kinds."""
    if resource.kind is not Kind.EVENT_TRACKER:
        return
    group = next(claim for claim in claims if claim.kind is Kind.DATASET_GROUP)
    tracking = Tracking(
        tracking_id=resource.body["tracking_id"],
        tracker_id=resource.id,
        group=resource.body["dataset_group_arn"],
        group_incarnation=group.incarnation,
    )
    put_tracking(table.client, table.name, tracking)


def retract(table: ResourceTable, resource: Resource) -> None:
    """Makes it unknown again, as soon as the tracker's delete is accepted; nothing for other kinds."""
    if resource.kind is Kind.EVENT_TRACKER:
        delete_tracking(table.client, table.name, resource.body["tracking_id"])
