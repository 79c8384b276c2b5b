"""Doing what a plan says, stage by stage: all of a stage is begun, then all of it is waited for.

The account is the only memory. It is looked at anew before each stage, so a run that was killed is continued by the
next, two runs at once end in one set of resources, and an answer that was lost on the way does no harm. What cannot be
told apart from never having been asked is a solution version without a name: a lost answer to its creation leaves a
second training behind.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError, WaiterError

from reco.arns import Kind
from reco.client.apply_account import JOBS, Account
from reco.client.apply_comparison import update_parameters
from reco.client.apply_configuration import Configuration, Wanted
from reco.client.apply_kinds import operations_on
from reco.client.apply_plan import Action, Step, plan, plan_one
from reco.client.patience import Patience
from reco.client.refusals import in_one_line
from reco.client.waiters import Watch, wait_until
from reco.errors import InvalidInput

WatchOf = Callable[[str], Watch | None]
"""Gives what is told the statuses of one resource, by ARN."""

_WORK = (*JOBS, Kind.SOLUTION_VERSION)
"""Kinds of which the service runs only so many at once: over that number a request waits for its turn."""


@dataclass(frozen=True)
class Change:
    """What was done about one resource."""

    step: Step
    arn: str


@dataclass(frozen=True)
class Failure:
    """A resource that did not become what the file says."""

    path: str
    arn: str | None
    reason: str


@dataclass
class Outcome:
    """What an apply has done so far."""

    changes: list[Change] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


class Applying:
    """One run over a configuration."""

    def __init__(
        self,
        client: Any,
        *,
        timeout_s: float,
        tell: Callable[[str], None] = lambda line: None,
        watch_of: WatchOf = lambda arn: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """
        Args:
            timeout_s: for each resource.
            tell: told a line for whatever is begun.
        """
        self._client = client
        self._timeout_s = timeout_s
        self._tell = tell
        self._watch_of = watch_of
        self._sleep = sleep
        self._arns: dict[str, str | None] = {}
        self._account = Account(client)
        self.outcome = Outcome()

    def run(self, configuration: Configuration) -> Outcome:
        """Makes the account as the file says; ends after the first stage in which something failed.

        Does nothing at all where something must be recreated by hand: that is a failure of its own.
        """
        for step in plan(configuration, Account(self._client)):
            if step.action is Action.BLOCKED:
                self.outcome.failures.append(Failure(step.wanted.path, step.arn, f"{step.action}: {step.advice}"))
        if self.outcome.failures:
            return self.outcome
        for stage in configuration.stages():
            self._account = Account(self._client)
            began = [(wanted, self._begun(wanted)) for wanted in stage]
            for wanted, arn in began:
                if arn is not None:
                    self._await(wanted, arn)
            if self.outcome.failures:
                break
        return self.outcome

    def _begun(self, wanted: Wanted) -> str | None:
        """Does the step for one resource, without waiting for its end; the ARN to wait for, None when it is over."""
        try:
            arn, settled = self._do(wanted)
        except (ClientError, WaiterError, InvalidInput) as error:
            self.outcome.failures.append(Failure(wanted.path, None, in_one_line(error)))
            return None
        self._arns[wanted.path] = arn
        return None if settled else arn

    def _await(self, wanted: Wanted, arn: str) -> None:
        try:
            wait_until(self._client, arn, "active", timeout_s=self._timeout_s, watch=self._watch_of(arn))
        except WaiterError as error:
            self.outcome.failures.append(Failure(wanted.path, arn, in_one_line(error)))

    def _look(self, wanted: Wanted) -> Step:
        return plan_one(wanted, self._arns, self._account)

    def _look_again(self, wanted: Wanted) -> Step:
        self._account = Account(self._client)
        return self._look(wanted)

    def _do(self, wanted: Wanted) -> tuple[str, bool]:
        """The ARN, and whether the resource stands as it is to stay."""
        step = self._look(wanted)
        if step.action is Action.WAIT and step.found and step.differences:
            arn = step.found.arn
            wait_until(self._client, arn, "active", timeout_s=self._timeout_s, watch=self._watch_of(arn))
            step = self._look_again(wanted)
        if step.action is Action.BLOCKED:
            raise InvalidInput(step.advice)
        if step.action in (Action.CREATE, Action.REPLACE):
            return self._create(step), False
        if step.found is None:
            raise InvalidInput("it was deleted while it was waited for; apply again")
        if step.action is Action.UPDATE:
            self._update(step, step.found.arn)
        return step.found.arn, step.action is Action.KEEP

    def _create(self, step: Step) -> str:
        wanted, operations = step.wanted, operations_on(step.wanted.kind)
        if step.found:
            self._clear(step)
        parameters = dict(step.parameters)
        if wanted.kind in JOBS:
            parameters["jobName"] = self._account.next_name(wanted)
        self._tell(f"{step.action} {operations.said} {wanted.name or wanted.path}".rstrip())
        waits = ("ResourceInUseException", *(["LimitExceededException"] if wanted.kind in _WORK else []))
        try:
            answer = self._patience(waits).call(getattr(self._client, xform_name(operations.create)), parameters)
        except self._client.exceptions.ResourceAlreadyExistsException as error:
            # Ours, when its answer was lost or another run was quicker.
            there = self._look_again(wanted)
            if there.found is None or there.action is Action.BLOCKED:
                raise InvalidInput(there.advice or in_one_line(error)) from error
            if there.action is Action.UPDATE:
                self._update(there, there.found.arn)
            return there.found.arn
        arn = str(answer[operations.waitable.arn_member])
        self.outcome.changes.append(Change(replace(step, found=None), arn))
        return arn

    def _clear(self, step: Step) -> None:
        """Removes what is in the way: it is being deleted, or its creation failed."""
        if step.found is None:
            return
        arn, operations = step.found.arn, operations_on(step.wanted.kind)
        if step.action is Action.REPLACE and operations.delete:
            self._tell(f"delete {operations.said} {step.wanted.name}, whose creation failed")
            delete = getattr(self._client, xform_name(operations.delete))
            self._patience(("ResourceInUseException",)).call(delete, {operations.waitable.arn_member: arn})
        wait_until(self._client, arn, "deleted", timeout_s=self._timeout_s, watch=self._watch_of(arn))

    def _update(self, step: Step, arn: str) -> None:
        operations = operations_on(step.wanted.kind)
        if step.differences and operations.update:
            self._tell(f"update {operations.said} {step.wanted.name}")
            asked: Mapping[str, Any] = {
                operations.waitable.arn_member: arn,
                **update_parameters(step.wanted, step.parameters, list(step.differences)),
            }
            update = getattr(self._client, xform_name(operations.update))
            self._patience(("ResourceInUseException",)).call(update, asked)
        if step.tags:
            self._tell(f"tag {operations.said} {step.wanted.name}")
            tags = [{"tagKey": key, "tagValue": value} for key, value in step.tags.items()]
            self._client.tag_resource(resourceArn=arn, tags=tags)
        self.outcome.changes.append(Change(step, arn))

    def _patience(self, codes: tuple[str, ...]) -> Patience:
        return Patience(codes, self._timeout_s, self._tell, self._sleep)
