"""Kill -9 before and after each call to AWS of each kind of job, and what has become of it when somebody goes on.

A *point* is a kind of job, the number of a call and a moment: just before the call is made, or right after AWS has done
its part. The machine's steps, and the stand-in for its containers, run in a process of their own, which is killed there
(tests.processes). Then somebody goes on, in each *way on* that there is:

    retried         the same execution does its steps again, as Step Functions' retries and a redrive do
    started again   it was stopped, and somebody starts the machine again
    failed          Step Functions catches the error, asks for `fail`, and tells of the end of the execution
    closed          the execution was aborted or ran out of time: nothing but its end is told
    stopped         of a training: a user stops it, and Step Functions tells of the end

Afterwards the job is done or has failed with a reason. One that is done has left a table and a bucket equal to an
undisturbed run's, but for what `World` leaves out.

Kind `stop` is the other way about: the process of the control plane that stops a training is killed. Then its machine
goes on as far as it can (`goes on`), or nobody hears of anything and the user asks and looks again (`asked again`).
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
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
from tests.faults import ANY, Faults, Kill
from tests.jobs.bench import OWNER, VERSION, Bench
from tests.jobs.cases import CASES
from tests.processes import die, in_a_process

STOP = "stop"
KINDS = (*CASES, STOP)
WAYS = ("retried", "started again", "failed", "closed")
_TOKEN = re.compile(r"(?<![0-9a-f])0000[0-9a-f]{12}(?![0-9a-f])")
_FINAL = ("ACTIVE", "INACTIVE", "CREATE FAILED", "CREATE STOPPED", "UPDATE FAILED")


def ways_of(kind: str) -> tuple[str, ...]:
    if kind == STOP:
        return "goes on", "asked again"
    return (*WAYS, "stopped") if CASES[kind][0] == VERSION else WAYS


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


@dataclass(frozen=True)
class World:
    """A bench's table and bucket, without what may differ between two runs with the same end.

    Left out: the tokens of attempts, which are random; the record of the attempt but its outcome (which execution had
    it, when, what it planned); the revision, which counts writes; and the folders of attempts that were cut off and
    that nothing points to, which a rule of the bucket removes.
    """

    items: dict[tuple[str, str], Any]
    objects: dict[str, str]

    def difference(self, other: World) -> str:
        """What is not the same in the other, in few words."""
        lines = []
        for mine, others in ((self.items, other.items), (self.objects, other.objects)):
            for key in sorted({*mine, *others}, key=str):
                if mine.get(key) != others.get(key):
                    lines.append(f"{key}: {mine.get(key)} != {others.get(key)}")
        return "\n".join(lines)


class Crashes:
    """One bench, and what undisturbed runs on it come to."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._prepared: dict[str, list[dict[str, Any]]] = {}
        self._before: dict[str, World] = {}
        self._undisturbed: dict[str, World] = {}
        self._machines = 0

    def points(self, kind: str) -> list[Point]:
        """Every point of a kind, in the order of its calls. Runs it once, undisturbed."""
        execution = self._fresh(kind)

        def undisturbed() -> list[str]:
            with Faults() as faults:
                faults.watch(*self._bench.clients)
                self._work(kind, execution)
                return faults.sent

        calls = self._apart(undisturbed).answer
        self._undisturbed[kind] = self._world()
        return [Point(kind, number, after) for number in range(1, len(calls) + 1) for after in (False, True)]

    def crash(self, point: Point, way: str) -> str:
        """Kills at a point, goes on, and judges; returns in a word what became of the job.

        Raises:
            AssertionError: it is neither done nor failed with a reason, or something else is not as it should be.
        """
        if point.kind not in self._undisturbed:
            self.points(point.kind)
        execution = self._fresh(point.kind)

        def doomed() -> None:
            with Faults() as faults:
                kill = Kill(point.after, die)
                faults.add(self._bench.clients, ANY, kill, skip=point.call - 1, times=1)
                self._work(point.kind, execution)

        assert self._apart(doomed).killed, f"{point}: the process outlived its kill"
        if point.kind == STOP:
            return self._stopped(point, way, execution)
        self._go_on(point.kind, way, execution)
        return self._judged(point, way, self._before[point.kind])

    def _work(self, kind: str, execution: str) -> None:
        if kind == STOP:
            self._ask("StopSolutionVersionCreation", solution_version_arn=VERSION)
        else:
            self._bench.run(CASES[kind][0], execution)

    def _apart(self, work: Any) -> Any:
        """Every process draws tokens of its own."""
        self._bench.process += 1
        return in_a_process(work)

    def _fresh(self, kind: str) -> str:
        """The bench as prepared for a kind, its bucket empty; returns an execution of its machine, which runs."""
        bench = self._bench
        if kind not in self._prepared:
            bench.reset()
            (CASES[kind][1] if kind in CASES else lambda _: None)(bench)
            self._prepared[kind], self._before[kind] = bench.stored(), World(self._items(), {})
        bench.reset(self._prepared[kind])
        bench.process += 1
        for key in self._keys():
            bench.context.home.client.delete_object(Bucket="home", Key=key)
        self._machines += 1
        bench.machine = bench.make_machine(f"crash{self._machines}")
        resource = self._resource(kind)
        execution = bench.start(execution_name(resource.incarnation, resource.inner.get("sequence", 0)))
        if kind == STOP:
            bench.begin(VERSION, execution)
        return execution

    # How somebody goes on

    def _go_on(self, kind: str, way: str, execution: str) -> None:
        bench, arn = self._bench, CASES[kind][0]
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
        arn, _, end, expected = CASES[point.kind]
        status, reason, done = self._standing(point.kind)
        assert status in _FINAL, f"{said}: {status} for ever"
        world = self._world()
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
        assert all("ATTEMPT" in key for key in world.objects), f"{said}: {sorted(world.objects)}"
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
        name = parse_arn(VERSION if kind == STOP else CASES[kind][0])
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

    def _keys(self) -> list[str]:
        answer = self._bench.context.home.client.list_objects_v2(Bucket="home")
        return [each["Key"] for each in answer.get("Contents", [])]

    def _world(self) -> World:
        pointed = set(_TOKEN.findall(json.dumps(self._bench.stored())))
        objects: dict[str, str] = {}
        for key in self._keys():
            if not set(_TOKEN.findall(key)) <= pointed:
                continue  # of an attempt that was cut off
            content = self._bench.context.home.client.get_object(Bucket="home", Key=key)["Body"].read().decode()
            name, text = _TOKEN.sub("ATTEMPT", key), _TOKEN.sub("ATTEMPT", content)
            assert objects.setdefault(name, text) == text, f"two attempts that are pointed to differ in {name}"
        return World(self._items(), objects)

    def _items(self) -> dict[tuple[str, str], Any]:
        return {(item["pk"]["S"], item["sk"]["S"]): _comparable(item) for item in self._bench.stored()}


def _comparable(item: dict[str, Any]) -> Any:
    if "document" not in item:
        return {name: value for name, value in item.items() if name not in ("pk", "sk")}
    document = json.loads(_TOKEN.sub("ATTEMPT", item["document"]["S"]))
    job = document["inner"].pop("job", None)
    return {**document, "outcome": job and job["outcome"], "incarnation": item["incarnation"]["S"]}


def sampled(points: Sequence[Point], number: int | None, seed: int) -> Iterator[Point]:
    """Some of the points, the same for the same seed, in their order; None for all."""
    chosen = set(points if number is None else random.Random(seed).sample(points, min(number, len(points))))
    return (point for point in points if point in chosen)
