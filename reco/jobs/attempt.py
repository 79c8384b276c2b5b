"""Attempts: who may write about a job, and how everybody else is kept from it (docs/adr/0004).

An execution that begins a job draws a token and records itself in `inner["job"]` of the resource. From then on every
write about the job is a compare-and-set that first finds this token, so an execution that was stopped, replaced or
merely late writes nothing. A new execution takes the job over only when the recorded one no longer runs.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from reco.arns import Kind
from reco.clock import Clock
from reco.errors import StaleAttempt
from reco.settings import Settings
from reco.storage.resources import Resource, ResourceTable

if TYPE_CHECKING:
    # The control plane reads attempts, and would wait for boto3 at every cold start.
    from reco.storage.access import CallersRights
    from reco.storage.objects import Objects

Outcome = Literal["done", "failed"]


@dataclass(frozen=True)
class Attempt:
    """One execution's claim on a job."""

    attempt: str
    """Random token, 16 hex digits."""
    execution: str
    """ARN of the execution that claimed."""
    started_at: float
    outcome: Outcome | None = None
    """None while it works; nothing is written about the job once it is set."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What a step found out and later steps rely on: the plan, the deployment's target, the pointer it replaced."""

    def with_fact(self, name: str, value: Any) -> Attempt:
        return replace(self, facts={**self.facts, name: value})


@dataclass(frozen=True)
class JobContext:
    """What the steps work with."""

    table: ResourceTable
    home: Objects
    """The deployment's own bucket."""
    executions: Any
    """Step Functions client."""
    callers: CallersRights
    settings: Settings
    clock: Clock
    draw_token: Callable[[], str] = lambda: secrets.token_hex(8)

    def is_at_work(self, execution: str) -> bool:
        """Whether an execution still runs or is about to; one that nobody remembers does not."""
        try:
            answer = self.executions.describe_execution(executionArn=execution)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("ExecutionDoesNotExist", "InvalidArn"):
                return False
            raise
        return answer["status"] in ("RUNNING", "PENDING_REDRIVE")


class NotNow(Exception):
    """There is nothing for this execution to do; the text says why."""


class NoSuchResource(Exception):
    """There is nothing under the ARN that this execution was started with; the text says so."""


def attempt_of(resource: Resource) -> Attempt | None:
    """The latest attempt at the resource's job; None before the first."""
    record = resource.inner.get("job")
    return Attempt(**record) if record else None


def with_attempt(resource: Resource, attempt: Attempt) -> Resource:
    return replace(resource, inner={**resource.inner, "job": asdict(attempt)})


def claim(
    context: JobContext,
    kind: Kind,
    resource_id: str,
    execution: str,
    mark: Callable[[Resource, Attempt], Resource],
    carried: tuple[str, ...] = (),
) -> Resource:
    """Gives the job to this execution; the same execution asking again keeps its token.

    `mark` returns the resource with the new attempt's status, or raises NotNow when the job has ended well.
    `carried` names the facts that pass on from an attempt that was cut off.

    Raises:
        NotNow: nothing to do, or another execution is at it.
    """

    def change(current: Resource) -> Resource | None:
        if current.deleting_since is not None:
            raise NotNow(f"{kind} {resource_id} is being deleted")
        before = attempt_of(current)
        left = before.facts if before and not before.outcome else {}
        facts = {name: left[name] for name in carried if name in left}
        fresh = Attempt(context.draw_token(), execution, context.clock(), facts=facts)
        marked = with_attempt(mark(current, fresh), fresh)
        if before and before.execution == execution:
            if before.outcome:
                # A begin that was delayed past the end of its own execution must not open the job again.
                raise NotNow("this execution has ended the job; start another to try again")
            return None
        if before and not before.outcome and context.is_at_work(before.execution):
            raise NotNow(f"{before.execution} is at work on it")
        # A resource that goes on as it was, while an update beside it begins, keeps its time.
        return marked if marked.status == current.status else replace(marked, updated_at=context.clock())

    try:
        return context.table.update(kind, resource_id, change)
    except StaleAttempt as error:
        raise NotNow(error.message) from error


def write_as(
    context: JobContext,
    kind: Kind,
    resource_id: str,
    attempt: str,
    change: Callable[[Resource, Attempt], Resource | None],
) -> Resource:
    """Changes the resource on the condition that `attempt` still has its job.

    `change` gets the resource and its attempt, and returns what to write, or None to leave it.

    Raises:
        StaleAttempt: the resource is gone, or the job is another attempt's.
    """

    def guarded(current: Resource) -> Resource | None:
        return change(current, require(current, attempt))

    return context.table.update(kind, resource_id, guarded)


def require(resource: Resource, attempt: str) -> Attempt:
    """The resource's attempt, if it is this one.

    Raises:
        StaleAttempt: it is another's, or the resource is being deleted.
    """
    current = attempt_of(resource)
    if current is None or current.attempt != attempt or resource.deleting_since is not None:
        raise StaleAttempt(f"attempt {attempt} at {resource.kind} {resource.id} has been replaced")
    return current
