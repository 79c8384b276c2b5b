"""The steps of the state machines, as the Workflow function is asked for them.

Payload: `step`, `machine`, `arn`, `execution` ($$.Execution.Id), `attempt` in every step after begin, and `error`
(what Step Functions caught) in fail. Answers:

    begin    {"arn", "attempt", "proceed", "refused", "reason"}
                                         proceed false: nothing to do, and why; refused: the ARN names no such thing
    plan     a reco.jobs.plan.Plan       import, train and recommender
    search   {"more", "runs"}            train, where the plan says so: `ran` names the runs that have just ended; the
                                         answer has those to make next, and more is false when none are
    note     {}                          train: a run of the search, `run`, failed with `error`
    adopt    {"summary"}                 recommender: the model that the container left is taken for the attempt's
    commit   {"settle_s", "summary"}     seconds to wait before settle, 0 is done; a few facts for who watches
    settle   {}                          deploy and recommender
    fail     {"status"}                  STALE when the job is another attempt's

Every step may be repeated, and may come late. Step Functions' own notice that an execution ended badly is taken too:
it closes a job whose machine was stopped before it could.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reco.arns import Kind, parse_arn
from reco.errors import StaleAttempt, UserFault
from reco.jobs import deploy_job, import_job, recommender_job, train_job
from reco.jobs.attempt import JobContext, NoSuchResource, NotNow, attempt_of
from reco.jobs.executions import EXECUTION_CHANGED, arn_in, execution_name
from reco.jobs.failures import described, reason_of
from reco.jobs.plan import FAILURE, attempt_uri
from reco.jobs.specification import failure_from_json
from reco.jobs.status import CREATE_PENDING, START_PENDING
from reco.jobs.target import pending_update
from reco.storage.resources import Resource

NOTICE = EXECUTION_CHANGED

STALE = "STALE"
LONGEST_ARN = 256
"""Characters; the API takes no longer one."""


@dataclass(frozen=True)
class Job:
    """The steps of one machine. Each takes the context, the resource's id, and the execution or attempt."""

    kind: Kind
    begin: Callable[[JobContext, str, str], str]
    commit: Callable[[JobContext, str, str], dict[str, Any]]
    fail: Callable[[JobContext, str, str, str], str]
    plan: Callable[[JobContext, str, str], dict[str, Any]] | None = None
    search: Callable[[JobContext, str, str, list[str]], dict[str, Any]] | None = None
    note: Callable[[JobContext, str, str, str, Mapping[str, Any]], dict[str, Any]] | None = None
    adopt: Callable[[JobContext, str, str], dict[str, Any]] | None = None
    settle: Callable[[JobContext, str, str], None] | None = None
    subject: Callable[[Resource], str] = lambda _: ""
    """What a failure's text calls the thing."""


JOBS: Mapping[str, Job] = {
    "import": Job(
        import_job.KIND,
        import_job.begin,
        import_job.commit,
        import_job.fail,
        plan=import_job.plan,
        subject=import_job.subject,
    ),
    "train": Job(
        train_job.KIND,
        train_job.begin,
        train_job.commit,
        train_job.fail,
        plan=train_job.plan,
        search=train_job.search,
        note=train_job.note_failure,
    ),
    "deploy": Job(deploy_job.KIND, deploy_job.begin, deploy_job.commit, deploy_job.fail, settle=deploy_job.settle),
    "recommender": Job(
        recommender_job.KIND,
        recommender_job.begin,
        recommender_job.commit,
        recommender_job.fail,
        plan=recommender_job.plan,
        adopt=recommender_job.adopt,
        settle=recommender_job.settle,
    ),
}


def take_step(context: JobContext, event: Mapping[str, Any]) -> dict[str, Any]:
    """Does one step, or closes the job of an execution that ended badly.

    Raises:
        JobFault, StaleAttempt: the machine catches them and goes to its fail step.
        NoSuchResource: a step after begin, about an ARN that begin refuses.
        ValueError: the payload names no step or machine.
    """
    if event.get("detail-type") == NOTICE:
        return _close(context, event["detail"])
    step, machine = event.get("step"), event.get("machine")
    job = JOBS.get(str(machine))
    if job is None:
        raise ValueError(f"there is no machine {machine!r}")
    if step == "begin":
        return _begin(context, job, str(event["arn"]), event["execution"])
    resource_id = _resource_id(job, event["arn"], event["execution"])
    if step == "fail":
        return _fail(context, str(machine), job, resource_id, event)
    if step == "plan" and job.plan:
        return job.plan(context, resource_id, event["attempt"])
    if step == "search" and job.search:
        return job.search(context, resource_id, event["attempt"], event["ran"])
    if step == "note" and job.note:
        return job.note(context, resource_id, event["attempt"], event["run"], event["error"])
    if step == "adopt" and job.adopt:
        return job.adopt(context, resource_id, event["attempt"])
    if step == "commit":
        return job.commit(context, resource_id, event["attempt"])
    if step == "settle" and job.settle:
        job.settle(context, resource_id, event["attempt"])
        return {}
    raise ValueError(f"machine {machine} has no step {step!r}")


def _begin(context: JobContext, job: Job, arn: str, execution: str) -> dict[str, Any]:
    answer = {"arn": arn, "attempt": "", "proceed": False, "refused": False, "reason": ""}
    try:
        resource_id = _resource_id(job, arn, execution)
        if context.table.get(job.kind, resource_id) is None:
            raise NoSuchResource(f"There is no {_called(job)} {arn}")
        attempt = job.begin(context, resource_id, execution)
    except NoSuchResource as reason:
        return {**answer, "refused": True, "reason": str(reason)}
    except NotNow as reason:
        return {**answer, "reason": str(reason)}
    return {**answer, "attempt": attempt, "proceed": True}


def _fail(context: JobContext, machine: str, job: Job, resource_id: str, event: Mapping[str, Any]) -> dict[str, Any]:
    resource = context.table.get(job.kind, resource_id)
    attempt = event.get("attempt") or _attempt_held(resource, event["execution"])
    if resource is None or attempt is None:
        return {"status": STALE}
    reason = _said_by_container(context, attempt_uri(context, resource, attempt) + FAILURE) or reason_of(
        event.get("error") or {}, context.settings.instance_type
    )
    try:
        status = job.fail(context, resource_id, attempt, described(machine, job.subject(resource), reason))
    except StaleAttempt:
        return {"status": STALE}
    return {"status": status}


def _said_by_container(context: JobContext, address: str) -> str | None:
    """Why the container gave up, in its own words; None where it left none."""
    try:
        said = context.home.read_text(address)
    except UserFault as fault:
        # The key that it lies under cannot be used: then that is the reason, and the job must not wait for the key.
        return fault.message
    return failure_from_json(said).reason if said else None


def _close(context: JobContext, detail: Mapping[str, Any]) -> dict[str, Any]:
    """Fails the job of an execution that was stopped, or that could not even fail."""
    arn, execution = arn_in(detail.get("input")), detail["executionArn"]
    name = parse_arn(arn)
    machine = next((each for each, job in JOBS.items() if name and job.kind is name.kind), None)
    if machine is None or detail["status"] not in ("FAILED", "TIMED_OUT", "ABORTED"):
        return {"status": STALE}
    job = JOBS[machine]
    try:
        resource_id = _resource_id(job, arn, execution)
    except NoSuchResource:
        return {"status": STALE}
    resource = context.table.get(job.kind, resource_id)
    if resource and _attempt_held(resource, execution) is None and _is_for(execution, resource):
        # It ended before its begin: claim the job, so that there is an attempt that can fail.
        _begin(context, job, arn, execution)
    error = {"Error": detail.get("error") or detail["status"], "Cause": detail.get("cause") or ""}
    return _fail(context, machine, job, resource_id, {"execution": execution, "error": error})


def _is_for(execution: str, resource: Resource) -> bool:
    """Whether the execution was to do the work that the resource still waits for."""
    waiting = pending_update(resource) is not None or resource.status in (CREATE_PENDING, START_PENDING)
    name = execution_name(resource.incarnation, resource.inner.get("sequence", 0))
    return waiting and execution.rpartition(":")[2] == name


def _attempt_held(resource: Resource | None, execution: str) -> str | None:
    """The attempt of this very execution, if it still has the job."""
    record = attempt_of(resource) if resource else None
    return record.attempt if record and record.execution == execution else None


def _resource_id(job: Job, arn: str, execution: str) -> str:
    """The id of the resource that the ARN names.

    Raises:
        NoSuchResource: it cannot be one of the machine's kind, in the account and region of the execution.
    """
    name = parse_arn(arn) if len(arn) <= LONGEST_ARN else None
    if name is None or name.kind is not job.kind:
        raise NoSuchResource(f"{arn[:LONGEST_ARN]} is not the ARN of a {_called(job)} of this account")
    if not execution.startswith(f"arn:{name.owner.partition}:states:{name.owner.region}:{name.owner.account}:"):
        raise NoSuchResource(f"{arn} is not the ARN of a {_called(job)} of this account and region")
    return name.resource_id


def _called(job: Job) -> str:
    return job.kind.value.replace("-", " ")
