"""Firing the schedules of automatic training by hand: what a deployment without a clock, such as the laptop's, needs.

It does what EventBridge Scheduler does, with the very schedules that the control function made, and on AWS it does no
harm beside Scheduler: a time that was looked at before is not looked at again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from reco.client.stacks import outputs_of
from reco.errors import InvalidInput, RecoError
from reco.jobs.schedules import ARRANGE, FIRST, SCHEDULED_TIME, TASK


class CallFailed(RecoError):
    """The control function ended with an error, such as that it cannot do just now what it was asked for."""


@dataclass(frozen=True)
class Fired:
    """One schedule that was due."""

    arn: str
    """Of the solution or recommender that it trains."""
    due: datetime
    said: str
    """What the control function made of it, or why it could not."""
    failed: bool = False


@dataclass(frozen=True)
class Deployment:
    """Where a deployment's schedules lie, and who makes them."""

    group: str
    control_function: str


def find_deployment(cloudformation: Any, stack: str) -> Deployment:
    """
    Raises:
        InvalidInput: no such stack, it is not the one that has the API, or AWS cannot be asked.
    """
    outputs = outputs_of(cloudformation, stack, ", or give --stack")
    if not {"ScheduleGroup", "ControlFunction"} <= outputs.keys():
        raise InvalidInput(f"The stack {stack} has no schedules of automatic training; name the one that has the API.")
    return Deployment(outputs["ScheduleGroup"], outputs["ControlFunction"])


def arrange(functions: Any, deployment: Deployment) -> str:
    """Has every schedule made as it should be, since those of a laptop are gone with its process.

    Raises:
        CallFailed: the function could not.
    """
    return _call(functions, deployment.control_function, {TASK: ARRANGE})


def fire_due(scheduler: Any, functions: Any, group: str, now: datetime) -> Iterator[Fired]:
    """Calls what each schedule of the group calls, for the latest of its times that is not after `now`.

    Args:
        scheduler, functions: clients of EventBridge Scheduler and of Lambda.
    """
    for page in scheduler.get_paginator("list_schedules").paginate(GroupName=group):
        for summary in page["Schedules"]:
            schedule = scheduler.get_schedule(GroupName=group, Name=summary["Name"])
            said = json.loads(schedule["Target"]["Input"])[TASK]
            if schedule["State"] != "ENABLED" or not isinstance(said, dict):
                continue
            due = latest_due(schedule, said, now)
            if due is not None:
                yield _fired(functions, schedule["Target"], said, due)


def _fired(functions: Any, target: dict[str, Any], said: dict[str, Any], due: datetime) -> Fired:
    arn = next(said[kind] for kind in ("solution", "recommender") if kind in said)
    event = json.loads(target["Input"].replace(SCHEDULED_TIME, due.strftime("%Y-%m-%dT%H:%M:%SZ")))
    try:
        return Fired(arn, due, _call(functions, target["Arn"], event))
    except CallFailed as fault:
        return Fired(arn, due, fault.message, failed=True)


def latest_due(schedule: dict[str, Any], said: dict[str, Any], now: datetime) -> datetime | None:
    """The latest of its times that is not after `now`; None before the first.

    A schedule begins with a time that lay ahead when it was made, or made anew; those before count as well.
    """
    hours = re.fullmatch(r"rate\((\d+) hours\)", schedule["ScheduleExpression"])
    if hours is None:
        raise InvalidInput(f"{schedule['Name']} is no schedule of automatic training: {schedule['ScheduleExpression']}")
    start = schedule["StartDate"].astimezone(UTC).replace(microsecond=0)
    period = timedelta(hours=int(hours[1]))
    due: datetime = start + (now - start) // period * period
    first = datetime.fromtimestamp(said.get(FIRST, start.timestamp()), UTC).replace(microsecond=0)
    return due if due >= first else None


def _call(functions: Any, function: str, event: dict[str, Any]) -> str:
    answer = functions.invoke(FunctionName=function, Payload=json.dumps(event).encode())
    payload = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise CallFailed(f"The control function failed: {payload.get('errorMessage', payload)}")
    return str(payload["said"])
