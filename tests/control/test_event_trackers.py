"""Event trackers: one in a group, and its tracking id takes events exactly as long as it should."""

from __future__ import annotations

import uuid

import pytest

from reco.arns import Kind, Owner
from reco.control.event_trackers import create_event_tracker
from reco.storage.resources import ResourceTable
from reco.storage.tracking import find_tracking
from reco.wire.call import Call
from tests.control.conftest import Bench, refused
from tests.control.interleaving import Stage
from tests.faults import Faults, Killed, Repeated
from tests.wire.clients import ACCOUNT, REGION

OWNER = Owner(ACCOUNT, REGION)


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


def test_a_request_that_the_sdk_sends_again_is_answered_with_the_first_tracker(bench: Bench) -> None:
    group = bench.group()
    asked = {"name": "t", "datasetGroupArn": group}
    with Faults() as faults:
        faults.add(bench.client, "CreateEventTracker", Repeated())
        answer = bench.client.create_event_tracker(**asked)
        assert faults.count() == 1
    (listed,) = bench.client.list_event_trackers(datasetGroupArn=group)["eventTrackers"]
    shown = bench.client.describe_event_tracker(eventTrackerArn=listed["eventTrackerArn"])["eventTracker"]
    assert (answer["eventTrackerArn"], answer["trackingId"]) == (shown["eventTrackerArn"], shown["trackingId"])
    assert find_tracking(bench.table.client, bench.table.name, answer["trackingId"]) is not None
    refused("LimitExceededException", bench.client.create_event_tracker, **asked)


def test_a_create_that_dies_anywhere_and_is_sent_again_makes_one_tracker(bench: Bench) -> None:
    """Kills the first one before each of its calls to DynamoDB in turn."""
    for number in range(40):
        group = bench.group(f"g{number}")
        asked = {"name": "t", "dataset_group_arn": group}
        call = Call("CreateEventTracker", asked, OWNER, None, "request", bench.now, invocation=f"call-{number}")
        stage = Stage(bench.table.client)
        first = bench.registries_over(ResourceTable(stage, bench.table.name))(bench.now, OWNER)
        caller = stage.enter(lambda first=first, call=call: create_event_tracker(first, call))
        for _ in range(number):
            caller.step()
        caller.kill()
        answer = create_event_tracker(bench.registry_at(bench.now, OWNER), call)
        (listed,) = bench.client.list_event_trackers(datasetGroupArn=group)["eventTrackers"]
        assert listed["eventTrackerArn"] == answer["event_tracker_arn"]
        assert find_tracking(bench.table.client, bench.table.name, answer["tracking_id"]) is not None
        if not isinstance(caller.outcome, Killed):
            assert caller.outcome == answer
            break
    else:
        pytest.fail("a call has fewer steps than this")
    assert number > 6
