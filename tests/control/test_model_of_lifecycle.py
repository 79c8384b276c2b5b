"""The control plane against a model small enough to be seen through: any history, same answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from reco.arns import Kind, Owner
from reco.control import operations
from reco.errors import ClientFault
from reco.wire.call import Call
from tests.control.conftest import INTERACTIONS, RECIPE, TRANSITION_S, Bench, Cloud
from tests.wire.clients import ACCOUNT, REGION

OWNER = Owner(ACCOUNT, REGION)
GROUPS = st.sampled_from(["g", "h"])
SOLUTIONS = st.sampled_from(["s", "t"])


@dataclass
class Life:
    """One resource of the model."""

    created: float
    deleted: float | None = None
    group: str = ""
    training: int = 0
    """Versions in progress, of a solution."""

    def status(self, now: float) -> str | None:
        since, names = (
            (self.created, ("CREATE PENDING", "CREATE IN_PROGRESS", "ACTIVE"))
            if self.deleted is None
            else (self.deleted, ("DELETE PENDING", "DELETE IN_PROGRESS", None))
        )
        return names[min(2, int((now - since) // TRANSITION_S))]


@dataclass
class World:
    """The model: what exists, by kind and name."""

    lives: dict[Kind, dict[str, Life]] = field(
        default_factory=lambda: {Kind.DATASET_GROUP: {}, Kind.DATASET: {}, Kind.SOLUTION: {}}
    )

    def sweep(self, now: float) -> None:
        for kind, lives in self.lives.items():
            self.lives[kind] = {name: life for name, life in lives.items() if life.status(now)}

    def children(self, group: str) -> list[Life]:
        return [
            life for kind in (Kind.DATASET, Kind.SOLUTION) for life in self.lives[kind].values() if life.group == group
        ]


class Lifecycle(RuleBasedStateMachine):
    """Groups, a dataset and solutions in each, trainings, deletes and time."""

    cloud: Cloud

    @initialize()
    def begin(self) -> None:
        self.bench: Bench = self.cloud.bench()
        self.operations = operations.build(self.bench.registry_at)
        self.world = World()
        self.running: list[tuple[str, str]] = []
        self._ask("CreateSchema", name="schema", schema=INTERACTIONS)

    def teardown(self) -> None:
        if hasattr(self, "bench"):
            self.cloud.forget(self.bench)

    def _ask(self, operation: str, **parameters: Any) -> Any:
        """The answer, or the name of the fault."""
        call = Call(operation, parameters, OWNER, None, "request", self.bench.now)
        try:
            return self.operations[operation](call)
        except ClientFault as fault:
            return type(fault).__name__

    @property
    def now(self) -> float:
        return self.bench.now

    def _life(self, kind: Kind, name: str) -> Life | None:
        return self.world.lives[kind].get(name)

    def _group_fault(self, group: str) -> str | None:
        life = self._life(Kind.DATASET_GROUP, group)
        if life is None:
            return "ResourceNotFound"
        return None if life.status(self.now) == "ACTIVE" else "ResourceInUse"

    @rule(seconds=st.sampled_from([1.0, TRANSITION_S, 2 * TRANSITION_S]))
    def pass_time(self, seconds: float) -> None:
        self.bench.pass_time(seconds)
        self.world.sweep(self.now)

    @rule(name=GROUPS)
    def create_group(self, name: str) -> None:
        answer = self._ask("CreateDatasetGroup", name=name)
        if self._life(Kind.DATASET_GROUP, name):
            assert answer == "ResourceAlreadyExists"
        else:
            assert isinstance(answer, dict)
            self.world.lives[Kind.DATASET_GROUP][name] = Life(self.now)

    @rule(name=GROUPS)
    def delete_group(self, name: str) -> None:
        answer = self._ask("DeleteDatasetGroup", dataset_group_arn=OWNER.arn(Kind.DATASET_GROUP, name))
        fault = self._group_fault(name) or ("ResourceInUse" if self.world.children(name) else None)
        assert answer == fault
        if fault is None:
            self.world.lives[Kind.DATASET_GROUP][name].deleted = self.now

    @rule(group=GROUPS)
    def create_dataset(self, group: str) -> None:
        answer = self._ask(
            "CreateDataset",
            name="d",
            dataset_group_arn=OWNER.arn(Kind.DATASET_GROUP, group),
            schema_arn=OWNER.arn(Kind.SCHEMA, "schema"),
            dataset_type="interactions",
        )
        fault = self._group_fault(group)
        if fault is None and self._life(Kind.DATASET, group):
            fault = "ResourceAlreadyExists"
        if fault:
            assert answer == fault
        else:
            assert isinstance(answer, dict)
            self.world.lives[Kind.DATASET][group] = Life(self.now, group=group)

    @rule(group=GROUPS)
    def delete_dataset(self, group: str) -> None:
        answer = self._ask("DeleteDataset", dataset_arn=OWNER.arn(Kind.DATASET, f"{group}/INTERACTIONS"))
        life = self._life(Kind.DATASET, group)
        if life is None:
            assert answer == "ResourceNotFound"
            return
        busy = life.status(self.now) != "ACTIVE" or any(child.training for child in self.world.children(group))
        assert answer == ("ResourceInUse" if busy else None)
        if not busy:
            life.deleted = self.now

    @rule(name=SOLUTIONS, group=GROUPS)
    def create_solution(self, name: str, group: str) -> None:
        answer = self._ask(
            "CreateSolution",
            name=name,
            dataset_group_arn=OWNER.arn(Kind.DATASET_GROUP, group),
            recipe_arn=RECIPE,
        )
        fault = self._group_fault(group)
        dataset = self._life(Kind.DATASET, group)
        if fault is None and (dataset is None or dataset.deleted is not None):
            fault = "InvalidInput"
        if fault is None and self._life(Kind.SOLUTION, name):
            fault = "ResourceAlreadyExists"
        if fault:
            assert answer == fault
        else:
            assert isinstance(answer, dict)
            self.world.lives[Kind.SOLUTION][name] = Life(self.now, group=group)

    @rule(name=SOLUTIONS)
    def delete_solution(self, name: str) -> None:
        answer = self._ask("DeleteSolution", solution_arn=OWNER.arn(Kind.SOLUTION, name))
        life = self._life(Kind.SOLUTION, name)
        if life is None:
            assert answer == "ResourceNotFound"
            return
        busy = life.status(self.now) != "ACTIVE" or life.training
        assert answer == ("ResourceInUse" if busy else None)
        if not busy:
            life.deleted = self.now

    @rule(name=SOLUTIONS)
    def train(self, name: str) -> None:
        answer = self._ask("CreateSolutionVersion", solution_arn=OWNER.arn(Kind.SOLUTION, name))
        life = self._life(Kind.SOLUTION, name)
        if life is None:
            assert answer == "ResourceNotFound"
        elif life.status(self.now) != "ACTIVE":
            assert answer == "ResourceInUse"
        else:
            dataset = self._life(Kind.DATASET, life.group)
            if dataset is None or dataset.deleted is not None:
                assert answer == "InvalidInput"
                return
            life.training += 1
            self.running.append((name, answer["solution_version_arn"]))

    @precondition(lambda self: self.running)
    @rule(status=st.sampled_from(["ACTIVE", "CREATE FAILED"]))
    def end_training(self, status: str) -> None:
        name, arn = self.running.pop(0)
        self.bench.end_job(arn, status)
        self.world.lives[Kind.SOLUTION][name].training -= 1

    @invariant()
    def every_status_agrees(self) -> None:
        if not hasattr(self, "bench"):
            return
        listed = {
            Kind.DATASET_GROUP: self._ask("ListDatasetGroups")["dataset_groups"],
            Kind.DATASET: self._ask("ListDatasets")["datasets"],
            Kind.SOLUTION: self._ask("ListSolutions")["solutions"],
        }
        for kind, entries in listed.items():
            shown = {
                entry["dataset_group_arn"].rpartition("/")[2] if kind is Kind.DATASET else entry["name"]: entry[
                    "status"
                ]
                for entry in entries
            }
            assert shown == {name: life.status(self.now) for name, life in self.world.lives[kind].items()}


def test_any_history_gives_the_models_answers(cloud: Cloud) -> None:
    class Bound(Lifecycle):
        pass

    Bound.cloud = cloud
    run_state_machine_as_test(
        Bound,
        settings=settings(
            max_examples=10, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
