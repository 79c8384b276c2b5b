"""Schedules through a real client of Scheduler: made, made again, changed, removed twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from reco.jobs.schedules import DUE_AT, SCHEDULED_TIME, SchedulerSchedules, schedules_for
from tests.aws import REGION, SESSION, in_moto

ROLE = "arn:aws-cn:iam::123456789012:role/schedules"


@pytest.fixture
def schedules(monkeypatch: pytest.MonkeyPatch) -> Iterator[SchedulerSchedules]:
    with in_moto(monkeypatch):
        client = SESSION.client("scheduler")
        client.create_schedule_group(Name="group")
        settings = SimpleNamespace(schedule_group="group", schedule_role=ROLE, region=REGION, function_name="Control")
        yield schedules_for(lambda: client, settings)


def test_a_schedule_calls_the_function_with_the_event_and_its_own_time(schedules: SchedulerSchedules) -> None:
    schedules.put("name", 1_700_000_000.0, 1, {"automatic_training": {"solution": "arn"}})
    found = schedules.connect().get_schedule(GroupName="group", Name="name")
    assert found["ScheduleExpression"] == "rate(24 hours)"
    assert found["StartDate"].timestamp() == 1_700_000_000.0
    assert found["Target"]["Arn"] == f"arn:aws-cn:lambda:{REGION}:123456789012:function:Control"
    assert found["Target"]["RoleArn"] == ROLE
    event = json.loads(found["Target"]["Input"])
    assert event == {"automatic_training": {"solution": "arn"}, DUE_AT: SCHEDULED_TIME}


def test_a_schedule_that_is_there_is_changed(schedules: SchedulerSchedules) -> None:
    for days in (7, 7, 30):
        schedules.put("name", 1_700_000_000.0 + days, days, {"automatic_training": {}})
    found = schedules.connect().get_schedule(GroupName="group", Name="name")
    assert (found["ScheduleExpression"], found["StartDate"].timestamp()) == ("rate(720 hours)", 1_700_000_030.0)
    assert len(schedules.connect().list_schedules(GroupName="group")["Schedules"]) == 1


def test_removing_what_is_not_there_is_no_fault(schedules: SchedulerSchedules) -> None:
    schedules.put("name", 1_700_000_000.0, 7, {"automatic_training": {}})
    schedules.remove("name")
    schedules.remove("name")
    assert schedules.connect().list_schedules(GroupName="group")["Schedules"] == []
