"""What there is to wait for, read from the service model, and botocore's waiters made of it.

Amazon Personalize ships no waiters. Everything a waiter needs is in the model of the service: which operation describes
a kind of resource, the member that takes its ARN, where its status lies, and whether it has a latest update with a
status of its own. Statuses: control-plane reference, section B.1. Nothing here depends on who answers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from botocore import xform_name
from botocore.model import OperationModel, ServiceModel
from botocore.waiter import WaiterModel

from reco.errors import InvalidInput
from reco.jobs.status import (
    ACTIVE,
    COMPLETED,
    CREATE_FAILED,
    CREATE_STOPPED,
    DELETE_IN_PROGRESS,
    DELETE_PENDING,
    FAILED,
    INACTIVE,
    UPDATE_FAILED,
)

Goal = Literal["active", "deleted", "stopped"]

DELAY_S = 15
MOST_ATTEMPTS = 720
"""A waiter made without a WaiterConfig looks every 15 s for 3 hours, which is how long a training may well take."""

_GOOD = (ACTIVE, COMPLETED)
_BAD = (
    CREATE_FAILED,
    UPDATE_FAILED,
    FAILED,
    CREATE_STOPPED,
    INACTIVE,
    DELETE_PENDING,
    DELETE_IN_PROGRESS,
)
"""From none of these does a resource become ACTIVE without another request."""

_UPDATE_COUNTS = (ACTIVE, CREATE_FAILED)
"""While the resource itself says one of these, the status of its latest update, where there is one, is the news."""

_STOPPED = {"Recommender": INACTIVE, "SolutionVersion": CREATE_STOPPED}
_GOALS_WITH_STATUS: tuple[Goal, ...] = ("active", "deleted")


@dataclass(frozen=True)
class Waitable:
    """A kind of resource, as a waiter must know it."""

    name: str
    """As in the operation's name: `SolutionVersion`."""
    operation: str
    """Such as `DescribeSolutionVersion`."""
    arn_member: str
    """The operation's one parameter."""
    root: str
    """The member of the answer that is the resource."""
    update: str | None
    """The member that has the latest update: `latestCampaignUpdate`; None for kinds without."""
    has_status: bool
    """False for schemas and algorithms, which are usable as soon as they are there."""

    @property
    def status_expression(self) -> str:
        """JMESPath of the status that counts.

        The update's while the resource itself is settled, else the resource's own: a campaign whose update is ACTIVE
        may be on its way out all the same, and a recommender may be stopping.
        """
        own = f"{self.root}.status"
        if self.update is None:
            return own
        return f"(contains(`{json.dumps(_UPDATE_COUNTS)}`, {own}) && {self.root}.{self.update}.status) || {own}"

    def describe(self, client: Any, arn: str) -> Mapping[str, Any]:
        """The resource as it is now."""
        described: Mapping[str, Any] = getattr(client, xform_name(self.operation))(**{self.arn_member: arn})[self.root]
        return described


@dataclass(frozen=True)
class Condition:
    """How a resource stands: the status that counts, and why where it is a failure."""

    status: str | None
    """None for a kind that has none."""
    reason: str | None = None


def condition_of(waitable: Waitable, described: Mapping[str, Any]) -> Condition:
    """The same choice as `status_expression`, with the reason that belongs to it."""
    update = described.get(waitable.update, {}) if waitable.update else {}
    speaking = update if update.get("status") and described.get("status") in _UPDATE_COUNTS else described
    return Condition(speaking.get("status"), speaking.get("failureReason"))


@lru_cache(maxsize=4)
def waitables(model: ServiceModel) -> dict[str, Waitable]:
    """Every kind that can be described, by name."""
    described = (name for name in model.operation_names if name.startswith("Describe"))
    return {made.name: made for made in (_waitable(model.operation_model(name)) for name in described)}


def _waitable(operation: OperationModel) -> Waitable:
    (root, shape), *_ = operation.output_shape.members.items()
    updates = [name for name in shape.members if name.startswith("latest") and name.endswith("Update")]
    return Waitable(
        name=operation.name.removeprefix("Describe"),
        operation=operation.name,
        arn_member=operation.input_shape.required_members[0],
        root=root,
        update=updates[0] if updates else None,
        has_status="status" in shape.members,
    )


def waitable_for(model: ServiceModel, arn: str) -> Waitable:
    """The kind of the resource that an ARN names.

    Raises:
        InvalidInput: it is no ARN of Personalize's, or of a kind that no operation describes.
    """
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or parts[2] != "personalize" or "/" not in parts[5]:
        raise InvalidInput(f"{arn!r} is not the ARN of a resource, such as arn:aws:personalize:REGION:ACCOUNT:KIND/ID.")
    word, _, rest = parts[5].partition("/")
    name = "".join(part.capitalize() for part in word.split("-"))
    if name == "Solution" and "/" in rest:
        name = "SolutionVersion"
    try:
        return waitables(model)[name]
    except KeyError:
        raise InvalidInput(f"{arn!r}: nothing describes a {word!r}, so there is nothing to wait for.") from None


def waiter_name(waitable: Waitable, goal: Goal) -> str:
    """Such as `CampaignActive`.

    Raises:
        InvalidInput: resources of this kind do not stop.
    """
    if goal == "stopped" and waitable.name not in _STOPPED:
        raise InvalidInput("Only recommenders, and solution versions in training, can be stopped.")
    return f"{waitable.name}{goal.capitalize()}"


@lru_cache(maxsize=4)
def waiter_model(model: ServiceModel) -> WaiterModel:
    """botocore's model of all waiters: NAMEActive and NAMEDeleted of each kind, NAMEStopped of the two that stop."""
    made = {}
    for waitable in waitables(model).values():
        goals = (*_GOALS_WITH_STATUS, "stopped") if waitable.name in _STOPPED else _GOALS_WITH_STATUS
        for goal in goals:
            made[waiter_name(waitable, goal)] = {
                "operation": waitable.operation,
                "delay": DELAY_S,
                "maxAttempts": MOST_ATTEMPTS,
                "acceptors": [*_acceptors(waitable, goal), _error("ThrottlingException", "retry")],
            }
    return WaiterModel({"version": 2, "waiters": made})


def _acceptors(waitable: Waitable, goal: str) -> list[dict[str, Any]]:
    gone = _error("ResourceNotFoundException", "success" if goal == "deleted" else "failure")
    if goal == "deleted":
        return [gone]
    if not waitable.has_status:
        return [{"matcher": "status", "expected": 200, "state": "success"}, gone]
    if goal == "stopped":
        end = _STOPPED[waitable.name]
        others = [status for status in (*_GOOD, *_BAD) if status != end]
        return [_own(waitable, end, "success"), *(_own(waitable, other, "failure") for other in others), gone]
    good = [_path(waitable.status_expression, status, "success") for status in _GOOD]
    return [*good, *(_path(waitable.status_expression, status, "failure") for status in _BAD), gone]


def _own(waitable: Waitable, status: str, state: str) -> dict[str, Any]:
    return _path(f"{waitable.root}.status", status, state)


def _path(expression: str, status: str, state: str) -> dict[str, Any]:
    return {"matcher": "path", "argument": expression, "expected": status, "state": state}


def _error(code: str, state: str) -> dict[str, Any]:
    return {"matcher": "error", "expected": code, "state": state}
