"""Every status a resource passes through, as a function of what is stored and of the time (docs/adr/0003).

    no machine, creating    CREATE PENDING, CREATE IN_PROGRESS, each for transition_s, then ACTIVE
    with a machine          what the machine wrote
    deleting, any kind      DELETE PENDING, DELETE IN_PROGRESS, then gone

Nothing here writes: whoever reads a resource past its time removes it (reco.control.registry).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reco.arns import Kind
from reco.jobs.status import (
    ACTIVE,
    CREATE_FAILED,
    CREATE_IN_PROGRESS,
    CREATE_PENDING,
    DELETE_IN_PROGRESS,
    DELETE_PENDING,
)
from reco.storage.resources import Resource

MACHINES: Mapping[Kind, str] = {
    Kind.DATASET_IMPORT_JOB: "import",
    Kind.SOLUTION_VERSION: "train",
    Kind.CAMPAIGN: "deploy",
}
"""The state machine that moves each kind that has one."""

IN_PROGRESS = frozenset({CREATE_PENDING, CREATE_IN_PROGRESS})
FINAL = frozenset({ACTIVE, CREATE_FAILED})

RESTART_AFTER_S = 60.0
"""A resource that no machine has taken up for so long has its machine started again by who reads it."""


@dataclass(frozen=True)
class Timing:
    """How long statuses last, in seconds."""

    transition_s: float
    """Each passing status of a resource without a machine."""
    pointer_cache_s: float
    """How long the runtime may still serve a campaign from memory after its pointer is gone."""


@dataclass(frozen=True)
class Standing:
    """A status and since when it holds, seconds since the epoch."""

    status: str
    since: float


def standing_at(resource: Resource, now: float, timing: Timing) -> Standing | None:
    """How the resource stands at `now`; None once a delete is complete. Schemas stand ACTIVE, which nobody shows."""
    if resource.deleting_since is not None:
        return _deletion(resource, now, timing)
    if resource.status is not None:
        return Standing(resource.status, resource.updated_at)
    if resource.kind is Kind.SCHEMA:
        return Standing(ACTIVE, resource.updated_at)
    return _creation(resource, now, timing.transition_s)


def _creation(resource: Resource, now: float, transition_s: float) -> Standing:
    started = resource.created_at + transition_s
    ready = started + transition_s
    if now < started:
        return Standing(CREATE_PENDING, resource.updated_at)
    if now < ready:
        return Standing(CREATE_IN_PROGRESS, max(started, resource.updated_at))
    return Standing(ACTIVE, max(ready, resource.updated_at))


def _deletion(resource: Resource, now: float, timing: Timing) -> Standing | None:
    asked = resource.deleting_since or 0.0
    started = asked + timing.transition_s
    if resource.kind is Kind.SCHEMA or now >= gone_at(resource, timing):
        return None
    return Standing(DELETE_PENDING, asked) if now < started else Standing(DELETE_IN_PROGRESS, started)


def gone_at(resource: Resource, timing: Timing) -> float:
    """When a resource that is being deleted is gone; a campaign not before every sandbox has forgotten it."""
    lasting = 2 * timing.transition_s
    if resource.kind is Kind.CAMPAIGN:
        lasting = max(lasting, timing.pointer_cache_s)
    return (resource.deleting_since or 0.0) + lasting


def awaits_machine(resource: Resource, now: float) -> bool:
    """Its machine, or the machine of its latest update, should have begun long ago and has not."""
    if resource.kind not in MACHINES or resource.deleting_since is not None:
        return False
    update = resource.inner.get("update")
    if update and update["status"] == CREATE_PENDING:
        return bool(now - update["updated_at"] > RESTART_AFTER_S)
    return resource.status == CREATE_PENDING and now - resource.updated_at > RESTART_AFTER_S
