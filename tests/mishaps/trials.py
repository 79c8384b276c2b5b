"""Every mutating operation, asked in one world and undone, and everything that it left behind compared.

The world is tests.conformance.world's, with Step Functions and Scheduler of moto beside its table, so that each call to
AWS that an operation makes can meet a fault.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import boto3
from botocore.exceptions import ClientError
from moto.backends import get_backend

from reco.arns import Kind
from reco.control.lifecycle import RESTART_AFTER_S
from reco.control.operations import METHODS
from reco.jobs.attempt import Attempt, with_attempt
from reco.jobs.schedules import SchedulerSchedules
from reco.jobs.start import StepFunctionsStarter
from reco.storage.resources import ResourceTable
from tests.conformance.requests import smallest
from tests.conformance.world import World
from tests.control.interleaving import Stage, play
from tests.faults import Faults
from tests.wire.clients import ACCOUNT, REGION

MUTATING = tuple(
    name for name in METHODS if name.startswith(("Create", "Update", "Delete", "Start", "Stop", "Tag", "Untag"))
)
WRITES = frozenset(
    {"BatchWriteItem", "PutItem", "UpdateItem", "DeleteItem", "StartExecution", "StopExecution"}
    | {f"{verb}Schedule" for verb in ("Create", "Update", "Delete")}
)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/x"
_DRAWN = re.compile(r"(?<![0-9a-f])[0-9a-f]{8}(?:[0-9a-f]{8}|(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?(?![0-9a-f])")
"""Ids that the control plane draws: of versions, incarnations, tracking ids."""

Left = dict[str, Any]
"""What is not as it was before: items of the table by key, executions and schedules by name. Drawn ids are NEW."""


@dataclass(frozen=True)
class Answer:
    """What a client sees: the members, or the code of the error."""

    members: dict[str, Any] | None
    code: str | None = None


@dataclass(frozen=True)
class Undisturbed:
    answer: Answer
    left: Left
    sent: list[str]
    """The calls to AWS, in order."""

    @property
    def writes(self) -> list[int]:
        """Which of the calls change something, from 0."""
        return [number for number, name in enumerate(self.sent) if name in WRITES]


class Trials:
    """Asks operations of a world, one after another, each as if it were the first."""

    def __init__(self, world: World) -> None:
        self._world, bench = world, world.bench
        states, scheduler = (boto3.client(name, region_name=REGION) for name in ("stepfunctions", "scheduler"))
        definition = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})
        self._machine = states.create_state_machine(name="any", definition=definition, roleArn=ROLE)["stateMachineArn"]
        machines = dict.fromkeys(("import", "train", "deploy", "recommender"), self._machine)
        scheduler.create_schedule_group(Name="schedules")
        self.clients = (bench.table.client, states, scheduler)
        """Through which the control plane speaks to AWS."""
        self._fakes = bench.machines, bench.schedules
        self._starter: Any = StepFunctionsStarter(states, machines)  # type: ignore[arg-type]
        self._schedules: Any = SchedulerSchedules(lambda: scheduler, "schedules", f"{ROLE}-function", ROLE)
        self._known = set(_DRAWN.findall(json.dumps(list(world.kept.items.values()))))
        self._nothing: Left | None = None
        self._undisturbed: dict[str, Undisturbed] = {}
        self._requests = {operation: smallest(world, operation) for operation in MUTATING}

    @property
    def client(self) -> Any:
        """Through which operations are asked."""
        return self._world.bench.client

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Whatever happens inside, it is as if it had not; a training of the world is at work."""
        bench, now = self._world.bench, self._world.bench.now
        bench.machines, bench.schedules = self._starter, self._schedules
        states, scheduler = self.clients[1:]
        execution = states.start_execution(stateMachineArn=self._machine, name="at-work")["executionArn"]
        bench.table.update(
            Kind.SOLUTION_VERSION,
            self._world.made["training version"].partition("solution/")[2],
            lambda at: with_attempt(replace(at, status="CREATE IN_PROGRESS"), Attempt("a" * 16, execution, now)),
        )
        try:
            yield
        finally:
            self._world.kept.put_back()
            get_backend("stepfunctions")[ACCOUNT][REGION].describe_state_machine(self._machine).executions.clear()
            for each in scheduler.list_schedules()["Schedules"]:
                scheduler.delete_schedule(GroupName="schedules", Name=each["Name"])
            bench.now = now
            bench.machines, bench.schedules = self._fakes

    def ask(self, operation: str) -> Answer:
        """The operation's smallest request, by a real client."""
        try:
            answered = self._world.send(operation, self._requests[operation])
        except ClientError as error:
            return Answer(None, error.response["Error"]["Code"])
        members = {name: value for name, value in answered.items() if name != "ResponseMetadata"}
        return Answer(json.loads(self._plain(json.dumps(members, default=str))))

    def undisturbed(self, operation: str) -> Undisturbed:
        """What it comes to when nothing goes wrong; asked once, remembered."""
        if operation not in self._undisturbed:
            with self.undone():
                with Faults() as faults:
                    faults.watch(*self.clients)
                    answer = self.ask(operation)
                self._undisturbed[operation] = Undisturbed(answer, self.left(), faults.sent)
        return self._undisturbed[operation]

    def nothing(self) -> Left:
        """What is left when nothing is asked."""
        if self._nothing is None:
            with self.undone():
                self._nothing = self.left()
        return self._nothing

    def at_once(self, operation: str, schedule: Iterable[bool]) -> list[Answer]:
        """Two clients' answers, whose calls to DynamoDB mix as the schedule says."""
        bench, table = self._world.bench, self._world.bench.table
        stage = Stage(table.client)
        bench.table = ResourceTable(stage, table.name)
        try:
            first, second = (stage.enter(lambda: self.ask(operation)) for _ in range(2))
            play(first, second, schedule)
        finally:
            bench.table = table
        for each in (first, second):
            assert isinstance(each.outcome, Answer), each.outcome
        return [first.outcome, second.outcome]

    def left(self) -> Left:
        """What is there once somebody has looked, late enough for a machine that never began to be started."""
        bench = self._world.bench
        bench.now += RESTART_AFTER_S + 1
        bench.settle()
        self._look()
        _, states, scheduler = self.clients
        executions = states.list_executions(stateMachineArn=self._machine)["executions"]
        return {
            **self._items(),
            "executions": sorted(self._plain(f"{each['name']} {each['status']}") for each in executions),
            "schedules": sorted(self._plain(each["Name"]) for each in scheduler.list_schedules()["Schedules"]),
        }

    def _look(self) -> None:
        """Describes whatever was written to, and lists its kind."""
        client = self._world.bench.client
        written = [pk.split("#", 2)[1:] for pk, _ in self._world.kept.written if pk.startswith("resource#")]
        names = {(kind, resource_id) for kind, resource_id in written}
        for kind, resource_id in sorted(names):
            word = kind.replace("-", "_")
            first, *rest = word.split("_")
            member = first + "".join(each.capitalize() for each in rest) + "Arn"
            with suppress(client.exceptions.ResourceNotFoundException):
                getattr(client, f"describe_{word}")(**{member: self._world.bench.arn(Kind(kind), resource_id)})
        for kind in sorted({kind for kind, _ in names}):
            getattr(client, f"list_{kind.replace('-', '_')}s")()

    def _items(self) -> Left:
        """Items that are not as they were; without entries of lists that point to nothing, which nobody sees."""
        table, before = self._world.bench.table, self._world.kept.items
        found: dict[tuple[str, str], dict[str, Any] | None] = {}
        for pk, sk in sorted(self._world.kept.written):
            key = {"pk": {"S": pk}, "sk": {"S": sk}}
            found[pk, sk] = table.client.get_item(TableName=table.name, Key=key, ConsistentRead=True).get("Item")
        living = {item["incarnation"]["S"] for item in (before | found).values() if item and "incarnation" in item}
        left: Left = {}
        for (pk, sk), item in found.items():
            dead = pk.startswith("list#") and sk.partition("#")[2] not in living
            if _plain_item(item) != _plain_item(before.get((pk, sk))) and not dead:
                left[self._plain(f"{pk} {sk}")] = json.loads(self._plain(json.dumps(_plain_item(item))))
        return left

    def _plain(self, text: str) -> str:
        return _DRAWN.sub(lambda found: found[0] if found[0] in self._known else "NEW", text)


def _plain_item(item: dict[str, Any] | None) -> Any:
    """Without what counts and marks writes."""
    if item is None:
        return None
    rest = {name: value for name, value in item.items() if name not in ("revision", "write", "document")}
    return {**rest, **({"document": json.loads(item["document"]["S"])} if "document" in item else {})}
