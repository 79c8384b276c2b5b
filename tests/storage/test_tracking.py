"""From a tracking id to its group."""

from __future__ import annotations

from reco.storage.resources import ResourceTable
from reco.storage.tracking import Tracking, delete_tracking, find_tracking, put_tracking

TRACKING = Tracking("6f1c", "0a1b2c3d", "arn:aws:personalize:eu-west-1:123456789012:dataset-group/g", "feed")


def test_a_tracking_is_found_until_it_is_deleted_and_each_step_may_be_repeated(table: ResourceTable) -> None:
    for _ in range(2):
        put_tracking(table.client, table.name, TRACKING)
    assert find_tracking(table.client, table.name, "6f1c") == TRACKING
    assert find_tracking(table.client, table.name, "6f1") is None
    for _ in range(2):
        delete_tracking(table.client, table.name, "6f1c")
    assert find_tracking(table.client, table.name, "6f1c") is None
