"""Kill -9 before and after each call to AWS of each kind of job, and what has become of it when somebody goes on.

A *point* is a kind of job, the number of a call and a moment: just before the call is made, or right after AWS has done
its part. A process of its own is killed there (tests.processes): the one that does the machine's steps, with a stand-in
for its containers; or, of the kinds that `tests.jobs.containers` has, the container itself. Then somebody goes on, in
each *way on* that there is:

    retried         the same execution does its steps again, as Step Functions' retries and a redrive do
    started again   it was stopped, and somebody starts the machine again
    failed          Step Functions catches the error, asks for `fail`, and tells of the end of the execution
    closed          the execution was aborted or ran out of time: nothing but its end is told
    stopped         of a training: a user stops it, and Step Functions tells of the end

Afterwards the job is done or has failed with a reason. One that is done has left a table and a bucket equal to an
undisturbed run's, but for what `tests.jobs.worlds.World` leaves out.

Kind `stop` is the other way about: the process of the control plane that stops a training is killed. Then its machine
goes on as far as it can (`goes on`), or nobody hears of anything and the user asks and looks again (`asked again`).
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from reco.arns import Kind, parse_arn
from reco.control.lifecycle import RESTART_AFTER_S, Timing
from reco.control.operations import METHODS
from reco.control.quotas import quotas_with
from reco.control.registry import Registry
from reco.errors import InvalidInput, StaleAttempt
from reco.jobs.attempt import attempt_of
from reco.jobs.executions import EXECUTION_CHANGED, execution_name
from reco.jobs.start import StepFunctionsStarter
from reco.jobs.workflow import take_step
from reco.storage.resources import Resource
from reco.wire.call import Call
from tests.jobs.bench import OWNER, VERSION, Bench
from tests.jobs.cases import CASES, Case
from tests.jobs.worlds import ATTEMPT, Kept, World, world_of
from tests.processes import Death, Ended, Request

STOP = "stop"
KINDS = (*CASES, STOP)
WAYS = ("retried", "started again", "failed", "closed")
_FINAL = ("ACTIVE", "INACTIVE", "CREATE FAILED", "CREATE STOPPED", "UPDATE FAILED")


@dataclass(frozen=True)
class Point:
    """Where a process is killed."""

    kind: str
    call: int
    """From 1."""
    after: bool
    """AWS has done its part."""

    def __str__(self) -> str:
        return f"{self.kind}, {'after' if self.after else 'before'} call {self.call}"


class Crashes:
    """One bench, and what undisturbed runs on it come to."""

    def __init__(self, bench: Bench, cases: Mapping[str, Case] = CASES) -> None:
        """`cases` are of kinds of jobs that the bench can do."""
        self._bench = bench
        self._cases = cases
        self._prepared: dict[str, Kept] = {}
        self._before: dict[str, World] = {}
        self._undisturbed: dict[str, World] = {}
        self._calls: dict[str, tuple[Request, ...]] = {}
        self._machines = 0
        self._empty = Kept.of(bench.reset())

    def points(self, kind: str) -> list[Point]:
        """Every point of a kind, in the order of its calls."""
        calls = len(self.calls(kind))
        return [Point(kind, number, after) for number in range(1, calls + 1) for after in (False, True)]

    def different_points(self, kind: str) -> list[Point]:
        """Points enough to meet every state of AWS that a kill may leave: what a process knew dies with it, so all
        from one write to the next leave the same. Before the first call, and after each that may write."""
        writes = [number for number, call in enumerate(self.calls(kind), start=1) if not call.only_reads]
        return [Point(kind, 1, False), *(Point(kind, number, True) for number in writes)]

    def ways(self, kind: str) -> tuple[str, ...]:
        """The ways on that there are for a kind."""
        if kind == STOP:
            return "goes on", "asked again"
        return (*WAYS, "stopped") if self._cases[kind][0] == VERSION else WAYS

    def calls(self, kind: str) -> tuple[Request, ...]:
        """Those of a run that nothing disturbs, which is made once."""
        if kind not in self._calls:
            self._calls[kind] = self._run(kind, self._fresh(kind)).requests
            self._undisturbed[kind] = self._world(kind)
        return self._calls[kind]

    def crash(self, point: Point, way: str) -> str:
        """Kills at a point, goes on, and judges; returns in a word what became of the job.

        Raises:
            AssertionError: it is neither done nor failed with a reason, or something else is not as it should be.
        """
        self.calls(point.kind)
        execution = self._fresh(point.kind)
        ended = self._run(point.kind, execution, Death(point.call, point.after))
        assert ended.killed, f"{point}: the process outlived its kill"
        if point.kind == STOP:
            return self._stopped(point, way, execution)
        self._go_on(point.kind, way, execution)
        return self._judged(point, way, self._before[point.kind])

    def _run(self, kind: str, execution: str, death: Death | None = None) -> Ended:
        """Every process draws tokens of its own."""
        self._bench.process += 1
        return self._bench.apart(lambda: self._work(kind, execution), death)

    def _work(self, kind: str, execution: str) -> None:
        if kind == STOP:
            self._ask("StopSolutionVersionCreation", solution_version_arn=VERSION)
        else:
            self._bench.run(self._cases[kind][0], execution)

    def _fresh(self, kind: str) -> str:
        """The bench as prepared for a kind; returns an execution of its machine, which runs."""
        bench = self._bench
        if kind not in self._prepared:
            self._empty.put_back(bench)
            if kind in self._cases:
                self._cases[kind][1](bench)
            self._prepared[kind] = Kept.of(bench)
            self._before[kind] = self._world(kind)
        self._prepared[kind].put_back(bench)
        bench.process += 1
        self._machines += 1
        bench.machine = bench.make_machine(f"crash{self._machines}")
        resource = self._resource(kind)
        execution = bench.start(execution_name(resource.incarnation, resource.inner.get("sequence", 0)))
        if kind == STOP:
            bench.begin(VERSION, execution)
        return execution

    # How somebody goes on

    def _go_on(self, kind: str, way: str, execution: str) -> None:
        bench, arn = self._bench, self._cases[kind][0]
        bench.process += 1
        if way == "retried":
            bench.run(arn, execution)
        elif way == "started again":
            bench.stop(execution)
            bench.run(arn, bench.start())
        elif way == "failed":
            bench.step("fail", arn, execution, error={"Error": "Lambda.Unknown", "Cause": "the runtime exited"})
            self._tell(arn, execution, "FAILED")
        elif way == "closed":
            bench.stop(execution)
            self._tell(arn, execution, "ABORTED")
        else:
            try:
                self._ask("StopSolutionVersionCreation", solution_version_arn=arn)
            except InvalidInput as refusal:
                assert bench.version.status == "ACTIVE", refusal.message
            bench.stop(execution)
            self._tell(arn, execution, "ABORTED")

    def _tell(self, arn: str, execution: str, status: str) -> None:
        """Step Functions' notice of an end."""
        detail = {"executionArn": execution, "status": status, "input": json.dumps({"arn": arn})}
        take_step(self._bench.context, {"detail-type": EXECUTION_CHANGED, "detail": detail})

    def _ask(self, operation: str, **parameters: Any) -> Any:
        """The control plane, over the bench's table and executions."""
        context = self._bench.context
        jobs = StepFunctionsStarter(context.executions, {})
        timing = Timing(transition_s=10, pointer_cache_s=10)
        now, no_schedules, no_keys = self._bench.now, cast(Any, None), cast(Any, None)
        registry = Registry(context.table, jobs, timing, now, OWNER, no_schedules, quotas_with({}), no_keys)
        return METHODS[operation](registry, Call(operation, parameters, OWNER, None, "request", now))

    # What became of it

    def _judged(self, point: Point, way: str, before: World) -> str:
        said = f"{point}, {way}"
        arn, _, end, expected = self._cases[point.kind]
        status, reason, done = self._standing(point.kind)
        assert status in _FINAL, f"{said}: {status} for ever"
        world = self._world(point.kind)
        if done:
            assert end(self._bench) == expected, said
            undisturbed = self._undisturbed[point.kind]
            assert world == undisturbed, f"{said}: {undisturbed.difference(world)}"
            return "done"
        assert way in ("failed", "closed", "stopped"), f"{said}: {status}, {reason}"
        assert (status == "CREATE STOPPED") == (way == "stopped"), f"{said}: {status}"
        assert reason or status == "CREATE STOPPED", f"{said}: failed without a reason"
        resource = parse_arn(arn)
        assert resource is not None
        own = (f"resource#{resource.kind}#{resource.resource_id}", "resource")
        now, then = dict(world.items), dict(before.items)
        mine, was = now.pop(own), then.pop(own)
        assert now == then, f"{said}: {World(then, {}).difference(World(now, {}))}"
        for kept in ("serving", "model", "artefact", "columns"):
            assert mine["inner"].get(kept) == was["inner"].get(kept), f"{said}: {kept}"
        left = World({}, {key: text for key, text in world.objects.items() if ATTEMPT not in key})
        assert left.objects == before.objects, f"{said}: {World({}, before.objects).difference(left)}"
        return "stopped" if status == "CREATE STOPPED" else "failed with a reason"

    def _stopped(self, point: Point, way: str, execution: str) -> str:
        bench = self._bench
        if way == "goes on":
            if bench.context.executions.describe_execution(executionArn=execution)["status"] == "RUNNING":
                self._goes_on(execution)
            else:
                self._tell(VERSION, execution, "ABORTED")
        else:
            if bench.version.status == "CREATE IN_PROGRESS":
                self._ask("StopSolutionVersionCreation", solution_version_arn=VERSION)
            bench.now += 2 * RESTART_AFTER_S
            self._ask("DescribeSolutionVersion", solution_version_arn=VERSION)
        version = bench.version
        if version.status == "CREATE STOPPED":
            assert "artefact" not in version.inner, f"{point}, {way}"
            return "stopped"
        assert version.status == "ACTIVE" and way == "goes on", f"{point}, {way}: {version.status}"
        return "done"

    def _goes_on(self, execution: str) -> None:
        """The machine after its begin, which knows nothing of a stop that did not come to it."""
        bench, record = self._bench, attempt_of(self._bench.version)
        assert record is not None
        try:
            bench.run_container(bench.step("plan", VERSION, execution, attempt=record.attempt))
            bench.step("commit", VERSION, execution, attempt=record.attempt)
        except StaleAttempt:
            bench.step("fail", VERSION, execution, attempt=record.attempt, error={"Error": "StaleAttempt"})

    def _resource(self, kind: str) -> Resource:
        name = parse_arn(VERSION if kind == STOP else self._cases[kind][0])
        assert name is not None
        return self._bench.get(name.kind, name.resource_id)

    def _standing(self, kind: str) -> tuple[str, str | None, bool]:
        """Status and reason of what the machine was to do, and whether it is done."""
        resource = self._resource(kind)
        update = resource.inner.get("retraining") or resource.inner.get("update")
        if update:
            return update["status"], update["failure_reason"], update["status"] == "ACTIVE"
        if resource.kind is Kind.RECOMMENDER and resource.status == "INACTIVE":
            return resource.status, resource.failure_reason, False
        return resource.status or "", resource.failure_reason, resource.status == "ACTIVE"

    def _world(self, kind: str) -> World:
        return world_of(self._bench, self._prepared[kind].tokens)


def sampled(points: Sequence[Point], number: int | None, seed: int) -> Iterator[Point]:
    """Some of the points, the same for the same seed, in their order; None for all."""
    chosen = set(points if number is None else random.Random(seed).sample(points, min(number, len(points))))
    return (point for point in points if point in chosen)
