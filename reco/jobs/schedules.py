"""Schedules of automatic trainings: one of EventBridge Scheduler for each solution and recommender, while it wants one.

A schedule is named after its resource's incarnation and calls the control function. What it calls with names the
arrangement that it was made for and the time that it was due, so a call that comes twice, or from a schedule that
should be gone, is known for what it is (docs/adr/0022).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from botocore.exceptions import ClientError

TASK = "automatic_training"
"""Member of the control function's internal events that says what they are about."""
ARRANGE = "arrange"
"""Every schedule is to be made once more: they may be gone, whatever is noted of them."""
MEND = "mend"
"""Every schedule is to be made that is not noted as made in the present group."""
DUE_AT = "due_at"
"""Member of the event that holds the time at which it was due, as Scheduler writes it: 2026-11-22T06:30:00Z."""
SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
"""What Scheduler replaces by that time."""
FIRST = "first"
"""Member of what an event says of automatic training: the first of the schedule's times, seconds since the epoch. A
schedule that was made late begins with a later one."""
DAY_S = 86_400

RETRIES = {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 10}
"""A call that could not be made is made within the hour, or not before the next time."""


class TrainingSchedules(Protocol):
    """What control needs of the schedules."""

    @property
    def group(self) -> str:
        """The group that they lie in, which is another one after the stack was made anew."""

    def put(self, name: str, first: float, days: int, event: Mapping[str, Any]) -> None:
        """Sees to it that the function is called with `event` at `first` and every so many days from then on."""

    def remove(self, name: str) -> None:
        """Sees to it that there is no such schedule."""


@dataclass(frozen=True)
class SchedulerSchedules:
    """Schedules of EventBridge Scheduler."""

    connect: Callable[[], Any]
    """Hands out the client, made when it is first needed: few calls need it, and a cold start would wait for it."""
    group: str
    function: str
    """ARN of the function that is called."""
    role: str
    """ARN of the role as which Scheduler calls it."""

    def put(self, name: str, first: float, days: int, event: Mapping[str, Any]) -> None:
        schedule = {
            "Name": name,
            "GroupName": self.group,
            # In hours: a rate of one day and a rate of more days are spelled differently, hours are always so.
            "ScheduleExpression": f"rate({24 * days} hours)",
            "StartDate": datetime.fromtimestamp(first, UTC),
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "State": "ENABLED",
            "Target": {
                "Arn": self.function,
                "RoleArn": self.role,
                "Input": json.dumps({**event, DUE_AT: SCHEDULED_TIME}),
                "RetryPolicy": dict(RETRIES),
            },
        }
        try:
            self.connect().create_schedule(**schedule)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConflictException":
                raise
            self.connect().update_schedule(**schedule)

    def remove(self, name: str) -> None:
        try:
            self.connect().delete_schedule(GroupName=self.group, Name=name)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise


def schedules_for(connect: Callable[[], Any], settings: Any) -> SchedulerSchedules:
    """The schedules of a deployment, which call the function that asks.

    From the settings schedule_group, schedule_role, function_name and region.
    """
    _, partition, _, _, account, _ = settings.schedule_role.split(":", 5)
    function = f"arn:{partition}:lambda:{settings.region}:{account}:function:{settings.function_name}"
    return SchedulerSchedules(connect, settings.schedule_group, function, settings.schedule_role)
