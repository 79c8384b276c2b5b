"""Event trackers: one in a group, and its tracking id takes events exactly as long as it should."""

from __future__ import annotations

import uuid

from reco.arns import Kind
from reco.storage.tracking import find_tracking
from tests.control.conftest import Bench, refused
from tests.wire.clients import ACCOUNT


def test_a_tracking_id_leads_to_its_group_from_the_answer_to_the_delete(bench: Bench) -> None:
    group = bench.group()
    created = bench.client.create_event_tracker(name="t", datasetGroupArn=group)
    tracking_id = created["trackingId"]

    assert uuid.UUID(tracking_id).version == 4
    found = find_tracking(bench.table.client, bench.table.name, tracking_id)
    assert found is not None
    assert (found.group, found.group_incarnation) == (group, bench.stored(Kind.DATASET_GROUP, "g").incarnation)
    tracker = bench.client.describe_event_tracker(eventTrackerArn=created["eventTrackerArn"])["eventTracker"]
    assert (tracker["accountId"], tracker["trackingId"], tracker["status"]) == (ACCOUNT, tracking_id, "CREATE PENDING")
    assert created["eventTrackerArn"].endswith(f"event-tracker/{found.tracker_id}")

    bench.settle()
    bench.client.delete_event_tracker(eventTrackerArn=created["eventTrackerArn"])
    assert find_tracking(bench.table.client, bench.table.name, tracking_id) is None


def test_a_group_has_one_tracker_until_that_is_gone(bench: Bench) -> None:
    group = bench.group()
    arn = bench.client.create_event_tracker(name="t", datasetGroupArn=group)["eventTrackerArn"]
    second = {"name": "u", "datasetGroupArn": group}

    refused("LimitExceededException", bench.client.create_event_tracker, **second)
    assert len(bench.client.list_event_trackers(datasetGroupArn=group)["eventTrackers"]) == 1
    bench.settle()
    bench.client.delete_event_tracker(eventTrackerArn=arn)
    refused("LimitExceededException", bench.client.create_event_tracker, **second)
    refused("ResourceInUseException", bench.client.delete_dataset_group, datasetGroupArn=group)
    bench.settle()
    bench.client.create_event_tracker(**second)
