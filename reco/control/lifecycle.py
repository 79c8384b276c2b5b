"""Every status a resource passes through, as a function of what is stored and of the time (docs/adr/0003).

    no machine, creating    CREATE PENDING, CREATE IN_PROGRESS, each for transition_s, then as COURSES says: ACTIVE
                            for most, a failure with its reason for a job whose work is not there yet
    no machine, updating    UPDATE PENDING, UPDATE IN_PROGRESS, each for transition_s, then as COURSES says
    no machine, an update   as a creation, in a record of its own: the resource stays ACTIVE
      beside the resource
    with a machine          what the machine wrote
    stopping                STOP PENDING, STOP IN_PROGRESS, then INACTIVE; not before the runtime's memory has expired
    deleting, any kind      DELETE PENDING, DELETE IN_PROGRESS, then gone; a dataset group says DELETE PENDING alone

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
    CREATE_STOPPING,
    DELETE_IN_PROGRESS,
    DELETE_PENDING,
    FAILED,
    IN_PROGRESS_ALONE,
    INACTIVE,
    PENDING,
    START_IN_PROGRESS,
    START_PENDING,
    STOP_IN_PROGRESS,
    STOP_PENDING,
    UPDATE_FAILED,
    UPDATE_IN_PROGRESS,
    UPDATE_PENDING,
)
from reco.jobs.target import pending_update
from reco.storage.resources import Resource

MACHINES: Mapping[Kind, str] = {
    Kind.DATASET_IMPORT_JOB: "import",
    Kind.SOLUTION_VERSION: "train",
    Kind.CAMPAIGN: "deploy",
    Kind.RECOMMENDER: "recommender",
}
"""The state machine that moves each kind that has one."""

IN_PROGRESS = frozenset(
    {CREATE_PENDING, CREATE_IN_PROGRESS, UPDATE_PENDING, UPDATE_IN_PROGRESS, PENDING, IN_PROGRESS_ALONE}
    | {STOP_PENDING, STOP_IN_PROGRESS, START_PENDING, START_IN_PROGRESS}
)
FINAL = frozenset({ACTIVE, CREATE_FAILED})

UPDATING = "updating_since"
"""Key of `inner`: when the latest update of a resource without a machine was asked for, seconds since the epoch."""
BESIDE = "update"
"""Key of `inner`: the latest update beside a resource without a machine, with `asked_at`, seconds since the epoch."""
STOPPING = "stopping_since"
"""Key of `inner`: when the latest stop was asked for. What is stopped is stored INACTIVE: its pointer is gone."""
SERVING = frozenset({Kind.CAMPAIGN, Kind.RECOMMENDER})
"""Kinds whose pointers the runtime believes for some seconds after they are gone."""


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
    if resource.status == INACTIVE:
        return _stopping(resource, now, timing)
    if resource.status is not None:
        return Standing(resource.status, resource.updated_at)
    if resource.kind is Kind.SCHEMA:
        return Standing(ACTIVE, resource.updated_at)
    return _passing(resource, now, timing.transition_s)


def _passing(resource: Resource, now: float, transition_s: float) -> Standing:
    course = COURSES.get(resource.kind, _PLAIN)
    updating: float | None = resource.inner.get(UPDATING)
    passage, asked = (course.creation, resource.created_at) if updating is None else (course.update, updating)
    along = _along(passage, asked, now, transition_s)
    reason = course.failure_reason if along.status == passage.end else None
    return Standing(along.status, max(along.since, _changed(resource, now, transition_s)), reason)


def _changed(resource: Resource, now: float, transition_s: float) -> float:
    """When what the resource shows changed last: an update beside it changes nothing before it is ACTIVE."""
    asked: float | None = resource.inner.get(BESIDE, {}).get("asked_at")
    update = None if asked is None else _along(_PLAIN.creation, asked, now, transition_s)
    return update.since if update and update.status == ACTIVE else resource.updated_at


def _along(passage: Passage, asked: float, now: float, transition_s: float) -> Standing:
    """Where on a passage that began then something is."""
    started = asked + transition_s
    ended = started + transition_s
    if now < started:
        return Standing(passage.pending, asked)
    if now < ended:
        return Standing(passage.in_progress, started)
    return Standing(passage.end, ended)


def update_standing(asked: float, now: float, timing: Timing) -> Standing:
    """How an update stands that was asked for then, and that leaves its resource ACTIVE, as a solution's does."""
    return _along(_PLAIN.creation, asked, now, timing.transition_s)


def active_from(asked: float, timing: Timing) -> float:
    """When what was asked for then, a creation or an update without work, is ACTIVE."""
    return asked + 2 * timing.transition_s


def _stopping(resource: Resource, now: float, timing: Timing) -> Standing:
    asked: float = resource.inner.get(STOPPING, resource.updated_at)
    started = asked + timing.transition_s
    ended = asked + _forgotten_after(resource, timing)
    if now < started:
        return Standing(STOP_PENDING, asked)
    if now < ended:
        return Standing(STOP_IN_PROGRESS, started)
    # A start that failed has written since.
    return Standing(INACTIVE, max(ended, resource.updated_at))


def _deletion(resource: Resource, now: float, timing: Timing) -> Standing | None:
    asked = resource.deleting_since or 0.0
    started = asked + timing.transition_s
    if resource.kind is Kind.SCHEMA or now >= gone_at(resource, timing):
        return None
    if now < started or resource.kind is Kind.DATASET_GROUP:
        return Standing(DELETE_PENDING, asked)
    return Standing(DELETE_IN_PROGRESS, started)


def gone_at(resource: Resource, timing: Timing) -> float:
    """When a resource that is being deleted is gone; what serves not before every sandbox has forgotten it."""
    return (resource.deleting_since or 0.0) + _forgotten_after(resource, timing)


def _forgotten_after(resource: Resource, timing: Timing) -> float:
    """Seconds that two passing statuses last, and that sandboxes may go on serving by a pointer that is gone."""
    lasting = 2 * timing.transition_s
    return max(lasting, timing.pointer_cache_s) if resource.kind in SERVING else lasting


def awaits_machine(resource: Resource, now: float) -> bool:
    """Its machine, for whatever it is to do, should have begun long ago and has not."""
    if resource.kind not in MACHINES or resource.deleting_since is not None:
        return False
    update = pending_update(resource)
    if update:
        return bool(now - update["updated_at"] > RESTART_AFTER_S)
    return resource.status in (CREATE_PENDING, START_PENDING) and now - resource.updated_at > RESTART_AFTER_S


def awaits_stop(resource: Resource, now: float) -> bool:
    """Its machine should have been stopped, and have said so, long ago."""
    return resource.status == CREATE_STOPPING and now - resource.updated_at > RESTART_AFTER_S
