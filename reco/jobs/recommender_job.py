"""The recommender's job: train a model of its use case, then serve it.

    begin    attempt; CREATE IN_PROGRESS, or that of its latest update or retraining, or START IN_PROGRESS
    plan     what to train and where; nothing, when the model that is kept will do
    adopt    the model that the container left becomes the attempt's own
    check    the deployment function tries it (reco.jobs.trial)
    commit   the pointer switches. Who served nothing before is ACTIVE in the same write
    settle   after pointer_cache_s: the update or retraining is ACTIVE, its model the one that is kept
    fail     CREATE FAILED, of the recommender or of that; a start that fails leaves it INACTIVE, with the reason

Training is a solution version's, serving is a campaign's; the difference is that one resource does both, so that the
model has no resource of its own: an attempt carries it until it serves. A recommender is trained anew for other columns
than its model was trained on, and when its week is over; other settings, and a start, deploy the model that is kept
(docs/adr/0020, 0022).
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from reco.arns import Kind
from reco.errors import StaleAttempt
from reco.jobs import serving
from reco.jobs.attempt import Attempt, JobContext, NotNow, attempt_of, claim, require, with_attempt, write_as
from reco.jobs.plan import no_training, settle_plan, settled_plan
from reco.jobs.referred import arn_beside, referred
from reco.jobs.status import (
    ACTIVE,
    CREATE_IN_PROGRESS,
    INACTIVE,
    START_IN_PROGRESS,
    START_PENDING,
)
from reco.jobs.target import (
    COLUMNS,
    MODEL,
    RETRAINING,
    TRAINS,
    UPDATE,
    is_retraining,
    latest_status,
    open_update,
    target_of,
)
from reco.jobs.training import machine_for, result_of, snapshots_of, specification_for
from reco.storage.resources import Resource

KIND = Kind.RECOMMENDER
UPDATED_MEMBERS = ("recommender_config",)
"""What an update brings; it becomes the recommender's when it is ACTIVE."""
STARTING = frozenset({START_PENDING, START_IN_PROGRESS})


def begin(context: JobContext, recommender_id: str, execution: str) -> str:
    """Claims the recommender for its creation, its latest update, its retraining or its start; returns the attempt.

    Raises:
        NotNow: it serves what it should, is stopped, gone, or in other hands.
    """
    carried = (serving.REPLACED,)
    record = attempt_of(claim(context, KIND, recommender_id, execution, _mark_in_progress, carried=carried))
    assert record is not None  # noqa: S101  claim() wrote it
    return record.attempt


def plan(context: JobContext, recommender_id: str, attempt: str) -> dict[str, Any]:
    """Pins the snapshots to train on, chooses the tier and writes the specification, where there is one to train.

    Raises:
        UserFault: more data than one machine holds, or the dataset group is gone.
        StaleAttempt: the attempt was replaced.
    """
    recommender = _recommender(context, recommender_id)
    made = settled_plan(require(recommender, attempt))
    if made:
        return made
    if not _trains(recommender):
        return no_training(context, recommender, attempt, "the recommender goes on with the model it has")
    group = referred(context, recommender.body["dataset_group_arn"])
    snapshots = snapshots_of(context, group)
    recipe_arn = recommender.body["recipe_arn"]
    choice = machine_for(context, snapshots.get("INTERACTIONS"), [recipe_arn])
    specification = specification_for(context, recommender, attempt, group, snapshots)(
        arn=arn_beside(recommender.body["dataset_group_arn"], KIND, recommender_id),
        recipe_arn=recipe_arn,
        hyperparameters={},
        feature_parameters={},
        event_type=None,
        event_value_threshold=None,
        included_columns=_wanted_columns(recommender),
    )
    return settle_plan(context, recommender, attempt, choice, specification)


def adopt(context: JobContext, recommender_id: str, attempt: str) -> dict[str, Any]:
    """Notes the model that the container left, for the steps that follow.

    Returns:
        summary: the artefact's address, users, items and interactions, for the execution's output.

    Raises:
        StaleAttempt: the attempt was replaced, or has failed.
        AlgorithmFault: the container left no result.
    """
    recommender = _recommender(context, recommender_id)
    began_at = require(recommender, attempt).started_at
    result = result_of(context, recommender, attempt)
    model = {
        "uri": result.artefact_uri,
        "digest": result.artefact_digest,
        "result": asdict(result),
        "began_at": began_at,
    }

    def note(current: Resource, mine: Attempt) -> Resource | None:
        if mine.outcome == "failed":
            raise StaleAttempt(f"attempt {attempt} has failed already")
        return None if MODEL in mine.facts else with_attempt(current, mine.with_fact(MODEL, model))

    write_as(context, KIND, recommender_id, attempt, note)
    counts = {"users": result.users, "items": result.items, "interactions": result.interactions}
    return {"summary": {"artefact": result.artefact_uri, **counts}}


def commit(context: JobContext, recommender_id: str, attempt: str) -> dict[str, Any]:
    """Switches the recommender's pointer to the attempt's model, or to the one that is kept.

    Returns:
        settle_s: seconds to wait before `settle`; 0 when the recommender (or its update) is ACTIVE already.
        summary: the artefact's address, for the execution's output.

    Raises:
        StaleAttempt: the attempt was replaced or has failed; nothing was written.
        UserFault: there is no model.
    """
    target = target_of(context.table, KIND, recommender_id, attempt)
    pointer = {"uri": target.uri, "digest": target.digest}
    wait_s = serving.switch(context, KIND, recommender_id, attempt, pointer, _activated)
    return {"settle_s": wait_s, "summary": {"artefact": target.uri}}


def settle(context: JobContext, recommender_id: str, attempt: str) -> None:
    """Makes the update ACTIVE.

    Raises:
        StaleAttempt: the attempt was replaced, has failed, or has switched no pointer.
    """
    serving.settle(context, KIND, recommender_id, attempt, _activated)


def fail(context: JobContext, recommender_id: str, attempt: str, reason: str) -> str:
    """Marks what was to be done as failed; what served before serves again. Returns the status.

    Raises:
        StaleAttempt: the attempt was replaced.
    """
    written = serving.give_up(context, KIND, recommender_id, attempt, reason, _failed)
    return INACTIVE if written.status == INACTIVE else latest_status(written)


def _mark_in_progress(recommender: Resource, fresh: Attempt) -> Resource:
    if recommender.status in STARTING:
        return replace(recommender, status=START_IN_PROGRESS)
    if recommender.status == INACTIVE:
        raise NotNow("the recommender is stopped")
    begun = serving.with_update_begun(recommender, fresh.started_at, _beside(recommender))
    if begun is not None:
        return begun
    if recommender.status == ACTIVE:
        raise NotNow("the recommender serves what it should")
    return replace(recommender, status=CREATE_IN_PROGRESS, failure_reason=None)


def _beside(recommender: Resource) -> str:
    """Which record the attempt is about, where it is about one; a retraining goes before an update that failed."""
    return RETRAINING if is_retraining(recommender) else UPDATE


def _work(recommender: Resource) -> dict[str, Any] | None:
    """The update, or retraining, that the attempt is about; None while it is about the creation or a start."""
    return None if recommender.status in STARTING else open_update(recommender, _beside(recommender))


def _wanted_columns(recommender: Resource) -> dict[str, list[str]]:
    """By dataset type. A retraining learns from those that the present model was trained on."""
    columns: dict[str, list[str]] = (_work(recommender) or {}).get(COLUMNS) or recommender.inner[COLUMNS]
    return columns


def _trains(recommender: Resource) -> bool:
    """Whether the model that is kept will not do: there is none, it knows other columns, or a new one is asked for."""
    asked_for = (_work(recommender) or {}).get(TRAINS, False)
    return asked_for or MODEL not in recommender.inner or _wanted_columns(recommender) != recommender.inner[COLUMNS]


def _activated(recommender: Resource, mine: Attempt, now: float) -> Resource:
    """The recommender ACTIVE, with what its update brings, and the attempt's model as the one that is kept."""
    update = _work(recommender)
    done = recommender
    if update is not None:
        done = serving.with_update_in_service(recommender, UPDATED_MEMBERS, now, _beside(recommender))
        done = replace(done, inner={**done.inner, COLUMNS: _wanted_columns(recommender)})
    if MODEL in mine.facts:
        done = replace(done, inner={**done.inner, MODEL: mine.facts[MODEL]})
    return replace(done, status=ACTIVE, failure_reason=None, updated_at=now)


def _failed(recommender: Resource, reason: str, now: float) -> Resource:
    if recommender.status in STARTING:
        return replace(recommender, status=INACTIVE, failure_reason=reason, updated_at=now)
    return serving.with_failure(recommender, reason, now, _beside(recommender))


def _recommender(context: JobContext, recommender_id: str) -> Resource:
    recommender = context.table.get(KIND, recommender_id)
    if recommender is None:
        raise StaleAttempt(f"recommender {recommender_id} is gone")
    return recommender
