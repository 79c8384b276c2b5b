"""The import job: from a caller's file to the dataset's committed snapshot.

Two resources are written, the job and its dataset, and no transaction joins them. The dataset is where everything is
decided: `begin` puts the attempt's token there as a fence, `commit` switches the snapshot pointer only while the fence
is its own, and the pointer says which job made it. Whoever finds the pointer made by the job completes the job.

    begin    job: attempt, CREATE IN_PROGRESS     dataset: fence
    commit   dataset: pointer, fence gone         job: result, ACTIVE
    fail     dataset: fence gone                  job: CREATE FAILED, unless the pointer says that it succeeded
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from reco.arns import Kind, parse_arn
from reco.errors import AlgorithmFault, StaleAttempt, UserFault
from reco.jobs.attempt import Attempt, JobContext, NotNow, attempt_of, claim, require, with_attempt, write_as
from reco.jobs.plan import REPORT, RESULT, attempt_uri, settle_plan, settled_plan
from reco.jobs.referred import arn_beside, referred
from reco.jobs.specification import ImportSpecification, SnapshotReference, import_result_from_json
from reco.jobs.status import ACTIVE, CREATE_FAILED, CREATE_IN_PROGRESS
from reco.jobs.tiers import choose, import_need
from reco.storage.access import measure
from reco.storage.layout import snapshot_prefix, uri
from reco.storage.resources import Resource

KIND = Kind.DATASET_IMPORT_JOB


def begin(context: JobContext, job_id: str, execution: str) -> str:
    """Claims the job and fences its dataset; returns the attempt.

    Raises:
        NotNow: the job is done, gone, or in other hands.
        UserFault: the dataset is gone, or another import of it is at work.
    """
    job = claim(context, KIND, job_id, execution, _mark_in_progress)
    attempt = _attempt(job)

    def fence(dataset: Resource) -> Resource | None:
        maker = dataset.inner.get("snapshot", {}).get("made_by", {})
        if maker.get("job") == job.incarnation:
            raise _Made(maker["attempt"])
        held = dataset.inner.get("import")
        if held and held["job"] != job.incarnation and context.is_at_work(held["execution"]):
            raise UserFault("Another import of this dataset is at work. Start this one again when it has ended.")
        mine = {"job": job.incarnation, "attempt": attempt, "execution": execution}
        return None if held == mine else replace(dataset, inner={**dataset.inner, "import": mine})

    try:
        _update_dataset(context, job, fence)
    except _Made as made:
        _complete(context, job, attempt, made.attempt)
        raise NotNow("the snapshot was committed already; the job is complete") from made
    return attempt


def plan(context: JobContext, job_id: str, attempt: str) -> dict[str, Any]:
    """Sizes the input with the caller's rights, chooses the tier and writes the specification.

    Raises:
        UserFault: the input cannot be read, is too large, or INCREMENTAL has nothing to add to.
        StaleAttempt: the attempt was replaced.
    """
    job = _job(context, job_id)
    made = settled_plan(require(job, attempt))
    if made:
        return made
    dataset = _dataset(context, job)
    group, schema = _group(context, dataset), _schema(context, dataset)
    snapshot = dataset.inner.get("snapshot")
    mode = job.body.get("import_mode", "FULL")
    if mode == "INCREMENTAL" and not snapshot:
        raise UserFault("importMode INCREMENTAL adds to imported data, and this dataset has none. Import with FULL.")
    previous = _reference(snapshot) if snapshot and mode == "INCREMENTAL" else None
    location = job.body["data_source"]["data_location"]
    asked = job.body.get("role_arn")
    role = context.callers.role_for(asked, location)
    not_taken = asked if role is None else None
    size = measure(context.callers.objects(role, not_taken=not_taken), location)
    need = import_need(size.bytes, size.compressed_bytes, previous.rows if previous else 0)
    choice = choose(need, context.settings.function_memory_mb, context.settings.instance_type)
    dataset_type = dataset.body["dataset_type"].upper()
    specification = ImportSpecification(
        job_arn=arn_beside(job.body["dataset_arn"], KIND, job_id),
        attempt=attempt,
        attempt_uri=attempt_uri(context, job, attempt),
        source_uri=location,
        role_arn=role,
        external_id=context.callers.external_id,
        dataset_type=dataset_type,
        schema=schema.body["schema"],
        mode=mode,
        previous=previous,
        snapshot_uri=uri(context.settings.data_bucket, snapshot_prefix(group.incarnation, dataset_type, attempt)),
        bad_row_share=context.settings.bad_row_share,
        minimum_rows=context.settings.minimum_interactions if dataset_type == "INTERACTIONS" else 1,
        role_not_taken=not_taken,
        kms_key_arn=group.body.get("kms_key_arn"),
    )
    return settle_plan(context, job, attempt, choice, specification)


def commit(context: JobContext, job_id: str, attempt: str) -> dict[str, Any]:
    """Makes the attempt's snapshot the dataset's, then the job ACTIVE.

    Returns:
        settle_s: 0.
        summary: rows, rows_rejected and the report's address, for the execution's output.

    Raises:
        StaleAttempt: the attempt was replaced or has failed; nothing was written.
        AlgorithmFault: the container left no result.
    """
    job = _job(context, job_id)
    mine = require(job, attempt)
    if mine.outcome == "done":
        return {"settle_s": 0, "summary": _summary(job)}
    if mine.outcome == "failed":
        raise StaleAttempt(f"attempt {attempt} has failed already")
    text = context.home.read_text(attempt_uri(context, job, attempt) + RESULT)
    if text is None:
        raise AlgorithmFault("The import ended without a result.")
    snapshot = import_result_from_json(text).snapshot

    def switch(dataset: Resource) -> Resource | None:
        maker = {"job": job.incarnation, "attempt": attempt}
        if dataset.inner.get("snapshot", {}).get("made_by") == maker:
            return None
        if dataset.inner.get("import", {}).get("attempt") != attempt:
            raise StaleAttempt(f"dataset {dataset.id} is fenced by another import")
        pointer = {**asdict(snapshot), "made_by": maker}
        kept = {name: value for name, value in dataset.inner.items() if name != "import"}
        return replace(dataset, inner={**kept, "snapshot": pointer})

    _update_dataset(context, job, switch)
    return {"settle_s": 0, "summary": _summary(_complete(context, job, attempt, attempt))}


def fail(context: JobContext, job_id: str, attempt: str, reason: str) -> str:
    """Marks the job CREATE FAILED, unless its snapshot turns out to be committed; returns the status.

    Raises:
        StaleAttempt: the attempt was replaced.
    """
    job = _job(context, job_id)
    require(job, attempt)

    def lift(dataset: Resource) -> Resource | None:
        maker = dataset.inner.get("snapshot", {}).get("made_by", {})
        if maker.get("job") == job.incarnation:
            raise _Made(maker["attempt"])
        if dataset.inner.get("import", {}).get("attempt") != attempt:
            return None
        return replace(dataset, inner={name: value for name, value in dataset.inner.items() if name != "import"})

    try:
        # First the fence, so that a commit that is still on its way cannot succeed after the job has failed.
        _update_dataset(context, job, lift)
    except _Made as made:
        _complete(context, job, attempt, made.attempt)
        return ACTIVE
    except (UserFault, StaleAttempt):
        pass  # the dataset is gone, and its fence with it

    def mark(current: Resource, mine: Attempt) -> Resource | None:
        if mine.outcome:
            return None
        failed = replace(current, status=CREATE_FAILED, failure_reason=reason, updated_at=context.clock())
        return with_attempt(failed, replace(mine, outcome="failed"))

    return write_as(context, KIND, job_id, attempt, mark).status or CREATE_FAILED


def subject(job: Resource) -> str:
    """The dataset's type as its records are called, for the beginning of a failure's text: Interactions."""
    return str(job.body["dataset_arn"]).rpartition("/")[2].capitalize()


class _Made(Exception):
    """The dataset's pointer was made by this job, in the attempt named."""

    def __init__(self, attempt: str) -> None:
        super().__init__(attempt)
        self.attempt = attempt


def _mark_in_progress(job: Resource, _: Attempt) -> Resource:
    if job.status == ACTIVE:
        raise NotNow("the import is complete")
    return replace(job, status=CREATE_IN_PROGRESS, failure_reason=None)


def _complete(context: JobContext, job: Resource, attempt: str, maker: str) -> Resource:
    """Marks the job ACTIVE with the result of the attempt that made the snapshot; returns the job."""
    try:
        text = context.home.read_text(attempt_uri(context, job, maker) + RESULT)
    except UserFault:
        # The group's key cannot be used any more. What counts is decided, so the job is done without its counts.
        text = None
    result = asdict(import_result_from_json(text)) if text else {}

    def mark(current: Resource, mine: Attempt) -> Resource | None:
        if mine.outcome == "done":
            return None
        done = replace(current, status=ACTIVE, failure_reason=None, updated_at=context.clock())
        done = replace(done, inner={**done.inner, "result": result})
        return with_attempt(done, replace(mine, outcome="done"))

    return write_as(context, KIND, job.id, attempt, mark)


def _summary(job: Resource) -> dict[str, Any]:
    result = job.inner["result"]
    if not result:
        return {}  # the attempt that made the snapshot had no files any more, or none to be read, at the end
    return {
        "rows": result["rows_read"],
        "rows_rejected": result["rows_rejected"],
        "report": result["report_uri"] + REPORT,
    }


def _attempt(resource: Resource) -> str:
    record = attempt_of(resource)
    assert record is not None  # noqa: S101  claim() wrote it
    return record.attempt


def _job(context: JobContext, job_id: str) -> Resource:
    job = context.table.get(KIND, job_id)
    if job is None:
        raise StaleAttempt(f"import job {job_id} is gone")
    return job


def _dataset(context: JobContext, job: Resource) -> Resource:
    name = parse_arn(job.body["dataset_arn"])
    dataset = context.table.get(Kind.DATASET, name.resource_id) if name else None
    if dataset is None or dataset.deleting_since is not None:
        raise UserFault(f"The dataset {job.body['dataset_arn']} is gone.")
    return dataset


def _update_dataset(context: JobContext, job: Resource, change: Callable[[Resource], Resource | None]) -> None:
    """Compare-and-set on the dataset. A later one of the same name has no fence of ours, so it is never switched."""

    def guarded(current: Resource) -> Resource | None:
        if current.deleting_since is not None:
            raise StaleAttempt(f"dataset {current.id} is being deleted")
        return change(current)

    context.table.update(Kind.DATASET, _dataset(context, job).id, guarded)


def _group(context: JobContext, dataset: Resource) -> Resource:
    return referred(context, dataset.body["dataset_group_arn"])


def _schema(context: JobContext, dataset: Resource) -> Resource:
    return referred(context, dataset.body["schema_arn"])


def _reference(snapshot: dict[str, Any]) -> SnapshotReference:
    return SnapshotReference(snapshot["uri"], snapshot["digest"], snapshot["rows"], snapshot.get("items"))
