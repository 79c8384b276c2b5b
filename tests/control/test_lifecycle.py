"""The lifecycle as a function of time: what holds for every resource at every moment."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from reco.arns import Kind
from reco.control.lifecycle import (
    COURSES,
    IN_PROGRESS,
    MACHINES,
    STOPPING,
    UPDATING,
    Standing,
    Timing,
    gone_at,
    standing_at,
)
from reco.control.registry import fresh
from reco.jobs.status import INACTIVE
from reco.storage.resources import Resource

TIMING = Timing(transition_s=10.0, pointer_cache_s=25.0)
WITHOUT_MACHINE = [Kind.DATASET_GROUP, Kind.DATASET, Kind.EVENT_TRACKER, Kind.SOLUTION]
CREATION = ["CREATE PENDING", "CREATE IN_PROGRESS", "ACTIVE"]
DELETION = ["DELETE PENDING", "DELETE IN_PROGRESS", None]

moments = st.floats(0, 100, allow_nan=False)


def status_at(resource: Resource, now: float, timing: Timing) -> str | None:
    """The status alone; None once a delete is complete."""
    standing = standing_at(resource, now, timing)
    return standing.status if standing else None


@given(kind=st.sampled_from(WITHOUT_MACHINE), times=st.lists(moments, min_size=2).map(sorted))
def test_creation_only_goes_forward(kind: Kind, times: list[float]) -> None:
    resource = fresh(kind, "x", {}, 0.0)
    stages = [CREATION.index(status_at(resource, now, TIMING) or "") for now in times]
    assert stages == sorted(stages)


@given(kind=st.sampled_from(list(Kind)), times=st.lists(moments, min_size=2).map(sorted))
def test_deletion_only_goes_forward_and_ends(kind: Kind, times: list[float]) -> None:
    status = CREATION[2] if kind in MACHINES else None
    resource = replace(fresh(kind, "x", {}, -100.0, status=status), deleting_since=0.0)
    stages = [DELETION.index(status_at(resource, now, TIMING)) for now in times]
    assert stages == sorted(stages)
    assert status_at(resource, gone_at(resource, TIMING), TIMING) is None


@given(kind=st.sampled_from(WITHOUT_MACHINE), now=moments, deleted=st.none() | moments)
def test_a_standing_began_before_now_and_after_what_was_asked(kind: Kind, now: float, deleted: float | None) -> None:
    resource = replace(fresh(kind, "x", {}, 0.0), deleting_since=deleted, updated_at=deleted or 0.0)
    standing = standing_at(resource, max(now, deleted or 0.0), TIMING)
    if standing:
        assert (deleted or 0.0) <= standing.since <= max(now, deleted or 0.0)


@given(now=moments)
def test_without_transitions_everything_is_at_once_what_it_becomes(now: float) -> None:
    instant = Timing(transition_s=0.0, pointer_cache_s=0.0)
    for kind in WITHOUT_MACHINE:
        resource = fresh(kind, "x", {}, 0.0)
        assert status_at(resource, now, instant) == "ACTIVE"
        assert status_at(replace(resource, deleting_since=0.0), now, instant) is None


@given(kind=st.sampled_from(list(MACHINES)), status=st.sampled_from([*CREATION, "CREATE FAILED"]), now=moments)
def test_a_machine_decides_alone(kind: Kind, status: str, now: float) -> None:
    assert status_at(fresh(kind, "x", {}, 0.0, status=status), now, TIMING) == status


STOP = ["STOP PENDING", "STOP IN_PROGRESS", "INACTIVE"]


@given(times=st.lists(moments, min_size=2).map(sorted), transition_s=moments, pointer_cache_s=moments)
def test_a_stop_only_goes_forward_and_ends_when_no_sandbox_can_serve_any_more(
    times: list[float], transition_s: float, pointer_cache_s: float
) -> None:
    timing = Timing(transition_s, pointer_cache_s)
    stopped = replace(fresh(Kind.RECOMMENDER, "x", {}, -100.0, status=INACTIVE), inner={STOPPING: 0.0}, updated_at=0.0)
    stages = [STOP.index(status_at(stopped, now, timing) or "") for now in times]
    assert stages == sorted(stages)
    end = max(2 * transition_s, pointer_cache_s)
    assert all((stage == 2) == (now >= end) for stage, now in zip(stages, times, strict=True))
    assert standing_at(stopped, end, timing) == Standing(INACTIVE, end)
    # A start that failed says since when it is stopped again.
    assert standing_at(replace(stopped, updated_at=end + 7), end + 8, timing) == Standing(INACTIVE, end + 7)


@given(
    kind=st.sampled_from(list(COURSES)), updated=st.none() | moments, times=st.lists(moments, min_size=2).map(sorted)
)
def test_a_course_only_goes_forward_and_explains_its_end_alone(
    kind: Kind, updated: float | None, times: list[float]
) -> None:
    course = COURSES[kind]
    resource = fresh(kind, "x", {}, 0.0)
    passage, asked = course.creation, 0.0
    if updated is not None:
        resource = replace(resource, inner={UPDATING: updated}, updated_at=updated)
        passage, asked = course.update, updated
    words = [passage.pending, passage.in_progress, passage.end]
    standings = [standing_at(resource, asked + time, TIMING) for time in times]

    stages = [words.index(standing.status) for standing in standings if standing]
    assert stages == sorted(stages)
    for standing in standings:
        assert standing and (standing.failure_reason is not None) == (standing.status == passage.end)


def test_a_job_without_work_never_ends_well_and_never_hangs() -> None:
    for kind, course in COURSES.items():
        for passage in (course.creation, course.update):
            assert passage.end.endswith("FAILED"), kind
            assert {passage.pending, passage.in_progress} <= IN_PROGRESS
        assert kind not in MACHINES
