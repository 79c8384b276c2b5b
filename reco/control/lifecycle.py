"""Every status a resource passes through, as a function of what is stored and of the time (docs/adr/0003).

    no machine, creating    CREATE PENDING, CREATE IN_PROGRESS, each for transition_s, then as COURSES says: ACTIVE
                            for most, a failure with its reason for a job whose work is not there yet
    no machine, updating    UPDATE PENDING, UPDATE IN_PROGRESS, each for transition_s, then as COURSES says
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
    FAILED,
    IN_PROGRESS_ALONE,
    PENDING,
    UPDATE_FAILED,
    UPDATE_IN_PROGRESS,
    UPDATE_PENDING,
)
from reco.storage.resources import Resource

MACHINES: Mapping[Kind, str] = {
    Kind.DATASET_IMPORT_JOB: "import",
    Kind.SOLUTION_VERSION: "train",
    Kind.CAMPAIGN: "deploy",
}
"""The state machine that moves each kind that has one."""

IN_PROGRESS = frozenset(
    {CREATE_PENDING, CREATE_IN_PROGRESS, UPDATE_PENDING, UPDATE_IN_PROGRESS, PENDING, IN_PROGRESS_ALONE}
)
FINAL = frozenset({ACTIVE, CREATE_FAILED})

UPDATING = "updating_since"
"""Key of `inner`: when the latest update of a resource without a machine was asked for, seconds since the epoch."""


@dataclass(frozen=True)
class Passage:
    """Two passing statuses, each for transition_s, and the last one."""

    pending: str
    in_progress: str
    end: str


@dataclass(frozen=True)
class Course:
    """How a kind without a machine is created and updated."""

    creation: Passage = Passage(CREATE_PENDING, CREATE_IN_PROGRESS, ACTIVE)
    update: Passage = Passage(UPDATE_PENDING, UPDATE_IN_PROGRESS, ACTIVE)
    failure_reason: str | None = None
    """What the last status is explained with; None for a course that ends well."""


def _without_work(what: str, pending: str = CREATE_PENDING, in_progress: str = CREATE_IN_PROGRESS) -> Course:
    return Course(
        Passage(pending, in_progress, FAILED if pending == PENDING else CREATE_FAILED),
        Passage(UPDATE_PENDING, UPDATE_IN_PROGRESS, UPDATE_FAILED),
        f"{what} not available in this version. Nothing was read or written.",
    )


COURSES: Mapping[Kind, Course] = {
    Kind.BATCH_INFERENCE_JOB: _without_work("Batch inference is"),
    Kind.BATCH_SEGMENT_JOB: _without_work("Batch segmentation is"),
    Kind.DATASET_EXPORT_JOB: _without_work("Exporting a dataset is"),
    Kind.DATA_DELETION_JOB: _without_work("Deleting users' data is", PENDING, IN_PROGRESS_ALONE),
    Kind.METRIC_ATTRIBUTION: _without_work("Reporting the metrics of an attribution is"),
}
"""Kinds that do not simply become ACTIVE. A job whose work is not there yet ends in failure and says so; once its
work is there, the kind moves to MACHINES."""
_PLAIN = Course()

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
    failure_reason: str | None = None
    """Why, where the course itself ends in failure; a machine's reason is stored with the resource."""


def standing_at(resource: Resource, now: float, timing: Timing) -> Standing | None:
    """How the resource stands at `now`; None once a delete is complete. Schemas stand ACTIVE, which nobody shows."""
    if resource.deleting_since is not None:
        return _deletion(resource, now, timing)
    if resource.status is not None:
        return Standing(resource.status, resource.updated_at)
    if resource.kind is Kind.SCHEMA:
        return Standing(ACTIVE, resource.updated_at)
    return _passing(resource, now, timing.transition_s)


def _passing(resource: Resource, now: float, transition_s: float) -> Standing:
    course = COURSES.get(resource.kind, _PLAIN)
    updating: float | None = resource.inner.get(UPDATING)
    passage, asked = (course.creation, resource.created_at) if updating is None else (course.update, updating)
    started = asked + transition_s
    ended = started + transition_s
    if now < started:
        return Standing(passage.pending, resource.updated_at)
    if now < ended:
        return Standing(passage.in_progress, max(started, resource.updated_at))
    return Standing(passage.end, max(ended, resource.updated_at), course.failure_reason)


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
