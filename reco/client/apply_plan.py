"""What has to be done so that the account is as a file says: one step for each resource of the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from reco.arns import Kind
from reco.client.apply_account import JOBS, Account, Found, failed_to_begin, leaving, status_of
from reco.client.apply_comparison import NOT_YET, Difference, differences
from reco.client.apply_configuration import Configuration, Wanted
from reco.client.apply_kinds import operations_on
from reco.jobs.status import (
    CREATE_IN_PROGRESS,
    CREATE_PENDING,
    IN_PROGRESS_ALONE,
    INACTIVE,
    PENDING,
    START_IN_PROGRESS,
    START_PENDING,
    STOP_IN_PROGRESS,
    STOP_PENDING,
    UPDATE_IN_PROGRESS,
    UPDATE_PENDING,
)

_ON_THE_WAY = frozenset(
    {
        CREATE_PENDING,
        CREATE_IN_PROGRESS,
        UPDATE_PENDING,
        UPDATE_IN_PROGRESS,
        START_PENDING,
        START_IN_PROGRESS,
        PENDING,
        IN_PROGRESS_ALONE,
    }
)
_GROUP = "datasetGroupArn"
_STOPPED = frozenset({STOP_PENDING, STOP_IN_PROGRESS, INACTIVE})


class Action(StrEnum):
    """What a step does."""

    KEEP = "keep"
    WAIT = "wait"
    """It is on its way: created, updated or started."""
    CREATE = "create"
    REPLACE = "replace"
    """Its creation failed, so it holds nothing: it is deleted and created again."""
    UPDATE = "update"
    BLOCKED = "must be recreated"
    """Nothing can change what differs: a person has to delete it first, or give it another name."""


@dataclass(frozen=True)
class Step:
    """One resource of the file, and what is to be done about it."""

    wanted: Wanted
    action: Action
    found: Found | None
    parameters: Mapping[str, Any]
    """What the file gives, links filled in."""
    differences: tuple[Difference, ...] = ()
    tags: Mapping[str, str] | None = None
    """Those that are missing in the account or have another value there."""
    note: str = ""
    advice: str = ""
    """For a blocked step: what a person can do."""

    @property
    def arn(self) -> str | None:
        return self.found.arn if self.found and self.action is not Action.REPLACE else None


def plan(configuration: Configuration, account: Account) -> list[Step]:
    """A step for each resource of the file, in an order in which they can be done. Changes nothing."""
    arns: dict[str, str | None] = {}
    steps = []
    for wanted in configuration.resources:
        step = plan_one(wanted, arns, account)
        arns[wanted.path] = step.arn
        steps.append(step)
    return steps


def plan_one(wanted: Wanted, arns: Mapping[str, str | None], account: Account) -> Step:
    """The step for one resource.

    Args:
        arns: by place in the file; None where there is nothing yet.
    """
    parameters = dict(wanted.given)
    for member, link in wanted.links.items():
        arn = arns.get(link.path)
        parameters[member] = f"{arn}{link.suffix}" if arn else NOT_YET
    found = account.find(wanted, parameters)
    if found is None or leaving(found):
        return Step(wanted, Action.CREATE, found, parameters, note="once the old one is gone" if found else "")
    if failed_to_begin(found):
        reason = found.described.get("failureReason")
        note = "its creation failed" + (f": {reason}" if reason else "")
        return Step(wanted, Action.REPLACE, found, parameters, note=note)
    apart = tuple(differences(wanted, parameters, found.described))
    status = status_of(wanted.kind, found)
    if advice := _advice(wanted.kind, found.arn, status, apart):
        return Step(wanted, Action.BLOCKED, found, parameters, apart, advice=advice)
    if status in _ON_THE_WAY:
        return Step(wanted, Action.WAIT, found, parameters, apart, note=f"it is {status}")
    tags = _missing_tags(wanted, found, account)
    note = f"it is {status}, and stays so" if status in _STOPPED else ""
    return Step(wanted, Action.UPDATE if apart or tags else Action.KEEP, found, parameters, apart, tags, note)


def changes(steps: Iterable[Step]) -> list[Step]:
    """The steps that are more than keeping what is there."""
    return [step for step in steps if step.action is not Action.KEEP]


def _advice(kind: Kind, arn: str, status: str | None, apart: tuple[Difference, ...]) -> str:
    """What a person can do about differences that no operation takes away; empty where one does."""
    fixed = dict.fromkeys(each.member for each in apart if not each.updatable)
    members, operations = ", ".join(fixed), operations_on(kind)
    if not fixed:
        if apart and status in _STOPPED:
            return f"{arn} is {status}, and only an ACTIVE one is updated: start it, and apply again"
        return ""
    if kind in JOBS:
        return f"{operations.one} cannot change ({members}): give it another jobName"
    if kind is Kind.SCHEMA:
        return (
            f"{operations.one} cannot change ({members}): give it another name in the file; a dataset of users or "
            "items takes the new one where it only adds fields that may be null"
        )
    if _GROUP in fixed:
        group = next(each.actual for each in apart if each.member == _GROUP)
        return f"{arn} is of another group, {group}: give yours another name in the file"
    if members == "name":
        return (
            f"the group has {operations.one} already, {arn}, and no operation gives it another name: name it in the "
            "file as it is named, or delete it and apply again"
        )
    return (
        f"no operation changes {members} of {operations.one}: delete {arn}, with what depends on it, and apply again, "
        "or give it another name in the file"
    )


def _missing_tags(wanted: Wanted, found: Found, account: Account) -> dict[str, str] | None:
    given = {each["tagKey"]: each["tagValue"] for each in wanted.given.get("tags", ())}
    if not given or (wanted.kind is Kind.SOLUTION_VERSION and not wanted.name):
        return None
    there = account.tags(found.arn)
    return {key: value for key, value in given.items() if there.get(key) != value} or None
