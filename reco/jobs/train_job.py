"""The training job: from a dataset group's data to a solution version's artefact and metrics.

Only the solution version is written, so each step is one compare-and-set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from reco.arns import Kind, in_partition
from reco.errors import StaleAttempt
from reco.jobs import tuning
from reco.jobs.attempt import Attempt, JobContext, NotNow, attempt_of, claim, require, with_attempt, write_as
from reco.jobs.plan import settle_plan, settled_plan
from reco.jobs.referred import arn_beside, referred
from reco.jobs.specification import SnapshotReference, to_json
from reco.jobs.status import ACTIVE, CREATE_FAILED, CREATE_IN_PROGRESS, CREATE_STOPPED, CREATE_STOPPING
from reco.jobs.training import machine_for, result_of, snapshots_of, specification_for, without_added
from reco.jobs.trials import SearchReport
from reco.recipes.training_columns import column_choice
from reco.storage.resources import Resource

KIND = Kind.SOLUTION_VERSION


def begin(context: JobContext, version_id: str, execution: str) -> str:
    """Claims the version; returns the attempt.

    Raises:
        NotNow: it is trained, stopped, gone, or in other hands.
    """
    record = attempt_of(claim(context, KIND, version_id, execution, _mark_in_progress))
    assert record is not None  # noqa: S101  claim() wrote it
    return record.attempt


def plan(context: JobContext, version_id: str, attempt: str) -> dict[str, Any]:
    """Pins the snapshots to train on, chooses the tier and writes the specification.

    Raises:
        UserFault: more data than one machine holds, or the dataset group is gone.
        StaleAttempt: the attempt was replaced.
    """
    version = _version(context, version_id)
    made = settled_plan(require(version, attempt))
    if made:
        return made
    solution = referred(context, version.body["solution_arn"])
    wishes = {**solution.body, **version.body}
    group = referred(context, wishes["dataset_group_arn"])
    snapshots = snapshots_of(context, group)
    # AutoML looks at no other part of the configuration than its own.
    config = {} if wishes.get("perform_auto_ml") else wishes.get("solution_config") or {}
    threshold = config.get("event_value_threshold")
    search = tuning.wanted_search(wishes, snapshots, seed=0)
    recipes = [each.recipe_arn for each in search.candidates] if search else [wishes["recipe_arn"]]
    choice = machine_for(context, snapshots.get("INTERACTIONS"), recipes)
    folder = tuning.search_uri(context, version, attempt)
    excluded, included = column_choice(config.get("training_data_config"))
    previous = version.inner.get("previous")
    tuned = (version.body.get("tuned_hpo_params") or {}).get("algorithm_hyper_parameters", {})
    specification = specification_for(context, version, attempt, group, snapshots)(
        arn=arn_beside(version.body["solution_arn"], KIND, version_id),
        recipe_arn=wishes.get("recipe_arn") or recipes[0],
        hyperparameters={**(config.get("algorithm_hyper_parameters") or {}), **tuned},
        feature_parameters=dict(config.get("feature_transformation_parameters") or {}),
        event_type=wishes.get("event_type"),
        event_value_threshold=float(threshold) if threshold not in (None, "") else None,
        events_config=config.get("events_config"),
        optimization_objective=config.get("optimization_objective") or None,
        excluded_columns=without_added(context, group, solution.created_at, excluded),
        included_columns=included,
        previous=SnapshotReference(previous["uri"], previous["digest"], 0) if previous else None,
        search=folder + tuning.REPORT if search else None,
    )
    if search:
        context.home.under(specification.kms_key_arn).write_text(folder + tuning.SEARCH, to_json(search))
    return settle_plan(context, version, attempt, choice, specification)


def search(context: JobContext, version_id: str, attempt: str, ran: list[str]) -> dict[str, Any]:
    """What is left to run of the search before the training; see `reco.jobs.tuning.advance`."""
    return tuning.advance(context, _version(context, version_id), attempt, ran)


def note_failure(
    context: JobContext, version_id: str, attempt: str, run: str, error: Mapping[str, Any]
) -> dict[str, Any]:
    """Writes down that a run of the search failed; see `reco.jobs.tuning.note_failure`."""
    return tuning.note_failure(context, _version(context, version_id), attempt, run, error)


def commit(context: JobContext, version_id: str, attempt: str) -> dict[str, Any]:
    """Gives the version its artefact, metrics and training hours, and makes it ACTIVE.

    Returns:
        settle_s: 0.
        summary: the artefact's address, users, items and interactions, and what a search found, for the execution's
            output.

    Raises:
        StaleAttempt: the attempt was replaced, has failed, or the training was stopped; nothing was written.
        AlgorithmFault: the container left no result.
    """
    version = _version(context, version_id)
    require(version, attempt)
    result = result_of(context, version, attempt)
    report = tuning.report_of(context, version, attempt)

    def mark(current: Resource, mine: Attempt) -> Resource | None:
        if mine.outcome == "done":
            return None
        if mine.outcome == "failed" or current.status != CREATE_IN_PROGRESS:
            raise StaleAttempt(f"solution version {version_id} is {current.status}")
        inner = {
            **current.inner,
            "artefact": {"uri": result.artefact_uri, "digest": result.artefact_digest},
            "metrics": result.metrics,
            "result": asdict(result),
            **({"search": report.summary()} if report else {}),
        }
        seconds = result.training_seconds + sum(each.seconds for each in (report.trials if report else ()))
        body = {**current.body, **_chosen(report, current), "training_hours": round(seconds / 3600, 4)}
        done = replace(current, body=body, inner=inner, status=ACTIVE, failure_reason=None, updated_at=context.clock())
        return with_attempt(done, replace(mine, outcome="done"))

    write_as(context, KIND, version_id, attempt, mark)
    summary = {
        "artefact": result.artefact_uri,
        "users": result.users,
        "items": result.items,
        "interactions": result.interactions,
        **({"search": report.summary()} if report else {}),
    }
    return {"settle_s": 0, "summary": summary}


def _chosen(report: SearchReport | None, version: Resource) -> dict[str, Any]:
    """What a search decided of a version, as it is shown; a recipe that the caller named stays as it was written."""
    if report is None:
        return {}
    best = report.chosen().trial
    tuned = {name: best.hyperparameters[name] for name in best.searched}
    partition = version.body["solution_arn"].split(":")[1]
    recipe_arn = version.body.get("recipe_arn") or in_partition(best.recipe_arn, partition)
    return {"recipe_arn": recipe_arn, "tuned_hpo_params": {"algorithm_hyper_parameters": tuned}}


def fail(context: JobContext, version_id: str, attempt: str, reason: str) -> str:
    """Marks the version CREATE FAILED, or CREATE STOPPED where it was being stopped; returns the status.

    Raises:
        StaleAttempt: the attempt was replaced.
    """

    def mark(current: Resource, mine: Attempt) -> Resource | None:
        if mine.outcome:
            return None
        stopped = current.status == CREATE_STOPPING
        ended = replace(
            current,
            status=CREATE_STOPPED if stopped else CREATE_FAILED,
            failure_reason=None if stopped else reason,
            updated_at=context.clock(),
        )
        return with_attempt(ended, replace(mine, outcome="failed"))

    return write_as(context, KIND, version_id, attempt, mark).status or CREATE_FAILED


def _mark_in_progress(version: Resource, _: Attempt) -> Resource:
    if version.status in (ACTIVE, CREATE_STOPPED, CREATE_STOPPING):
        raise NotNow(f"the solution version is {version.status}")
    return replace(version, status=CREATE_IN_PROGRESS, failure_reason=None)


def _version(context: JobContext, version_id: str) -> Resource:
    version = context.table.get(KIND, version_id)
    if version is None:
        raise StaleAttempt(f"solution version {version_id} is gone")
    return version
