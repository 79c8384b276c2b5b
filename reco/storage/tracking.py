"""From a tracking id to its dataset group, in one read: what PutEvents asks first.

    pk                       sk          what
    tracking#TRACKING_ID     tracking    the event tracker and its group

It lies in the resources table. The event tracker's life decides: the item is written before the tracker is seen, and
removed when its delete is accepted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reco.storage.tables import PARTITION_KEY, SORT_KEY


@dataclass(frozen=True)
class Tracking:
    """Whose events a tracking id takes."""

    tracking_id: str
    tracker_id: str
    """Resource id of the event tracker."""
    group: str
    """ARN of the dataset group."""
    group_incarnation: str
    """Events are kept under it: a group made anew under an old name does not see the old one's."""


def _key(tracking_id: str) -> dict[str, Any]:
    return {PARTITION_KEY: {"S": f"tracking#{tracking_id}"}, SORT_KEY: {"S": "tracking"}}


def put_tracking(client: Any, table: str, tracking: Tracking) -> None:
    """Writes the item; repeating it changes nothing."""
    client.put_item(
        TableName=table,
        Item={
            **_key(tracking.tracking_id),
            "tracker_id": {"S": tracking.tracker_id},
            "group": {"S": tracking.group},
            "group_incarnation": {"S": tracking.group_incarnation},
        },
    )


def find_tracking(client: Any, table: str, tracking_id: str) -> Tracking | None:
    """The tracking of this id, read consistently; None when no event tracker has it."""
    answer = client.get_item(TableName=table, Key=_key(tracking_id), ConsistentRead=True)
    if "Item" not in answer:
        return None
    item = answer["Item"]
    return Tracking(
        tracking_id=tracking_id,
        tracker_id=item["tracker_id"]["S"],
        group=item["group"]["S"],
        group_incarnation=item["group_incarnation"]["S"],
    )


def delete_tracking(client: Any, table: str, tracking_id: str) -> None:
    """Removes the item; repeating it changes nothing."""
    client.delete_item(TableName=table, Key=_key(tracking_id))
