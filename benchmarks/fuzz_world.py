"""The control plane that is fuzzed, with one resource of every kind in it.

Requests change what is there, so it is set back to the beginning every CHAPTER requests: a run that is taken up in
the middle finds what the uninterrupted one found.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Protocol

import pytest
from moto import mock_aws

from benchmarks.fuzz_memory import Item, MemoryTable
from benchmarks.fuzz_requests import Request
from benchmarks.fuzz_values import USERS, Living
from local.dispatch import remembering
from local.tables import quick
from reco.arns import Kind, parse_arn
from reco.control import operations
from reco.errors import StaleAttempt
from reco.jobs.status import ACTIVE, CREATE_PENDING, INACTIVE
from reco.storage.resources import Resource, ResourceTable
from reco.wire.dispatch import respond
from tests.control.conftest import RECIPE, Bench, Cloud, Machines, Schedules
from tests.control.domain_shop import MODEL
from tests.control.every_kind import one_of_each
from tests.wire.clients import REGION

CHAPTER = 100
"""Requests from one beginning to the next."""

_SERVING = {"uri": "s3://b/m/", "digest": "0" * 64}
_MADE: dict[Kind, dict[str, Any]] = {
    Kind.DATASET_IMPORT_JOB: {},
    Kind.SOLUTION_VERSION: {"metrics": {"coverage": 0.5}, "artefact": _SERVING},
    Kind.CAMPAIGN: {"serving": _SERVING},
    Kind.RECOMMENDER: {"model": MODEL, "serving": _SERVING},
}
"""What a machine leaves with a resource that it has brought to a good end, as far as the control plane reads it."""


class Tables(Protocol):
    """Where the resources lie."""

    def filled(self, items: list[Item]) -> ResourceTable:
        """A table with just these items."""


class InMemory:
    """Some thousand requests a second."""

    def filled(self, items: list[Item]) -> ResourceTable:
        table = MemoryTable()
        table.fill(items)
        return ResourceTable(table, "resources")


class InMoto:
    """The table that the local stack has: some hundred requests a second."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._before: Bench | None = None

    def filled(self, items: list[Item]) -> ResourceTable:
        if self._before:
            self._cloud.forget(self._before)
        self._before = self._cloud.bench()
        table = self._before.table
        for start in range(0, len(items), 25):
            puts = [{"PutRequest": {"Item": item}} for item in items[start : start + 25]]
            table.client.batch_write_item(RequestItems={table.name: puts})
        return table


class World:
    """Answers requests one after another, each in the state that those before it in its chapter left."""

    def __init__(self, tables: Tables, items: list[Item], began: float, living: Living) -> None:
        self.living = living
        self._tables, self._items, self._began = tables, items, began
        self.begin_chapter()

    def begin_chapter(self) -> None:
        """Sets everything back to the beginning, the clock too."""
        self._bench = Bench(None, self._tables.filled(self._items), Machines(), Schedules(), self._began)
        self._operations = operations.build(self._bench.registry_at)

    def answer(self, request: Request) -> dict[str, Any]:
        """The response; what the request says of time and of jobs happens first."""
        self._bench.pass_time(request.waits_s)
        started = self._bench.machines.started
        if request.ends_job and started:
            _end(self._bench, started.pop(0)[0], request.ends_job)
        return respond(request.event, self._operations, lambda: self._bench.now, region=REGION)


@contextmanager
def worlds() -> Iterator[tuple[World, World]]:
    """Two worlds that begin alike, the first in memory, the second in moto."""
    with pytest.MonkeyPatch.context() as environment, mock_aws(), quick(), remembering():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "testing")
        cloud = Cloud()
        bench = cloud.bench()
        living = _settled(bench)
        items = bench.table.client.scan(TableName=bench.table.name)["Items"]
        cloud.forget(bench)
        yield World(InMemory(), items, bench.now, living), World(InMoto(cloud), items, bench.now, living)


def _settled(bench: Bench) -> Living:
    """Fills the bench: one of everything, a group and a schema that are free, every job at its good end, and in a
    group apart, where it is in nobody's way, a version in training."""
    made, special = one_of_each(bench, "")
    free = [bench.group("bare"), bench.schema("users", USERS)]
    arns = [*made.values(), *(arn for arn in special.values() if "recipe/" not in arn), *free]
    for arn in arns:
        _end(bench, arn, ACTIVE)
    for dataset in ("g/INTERACTIONS", "g/ITEMS"):
        bench.table.update(Kind.DATASET, dataset, _imported)
    bench.dataset(bench.group("apart"), made[Kind.SCHEMA])
    busy = bench.solution(bench.arn(Kind.DATASET_GROUP, "apart"), "busy")
    training = bench.client.create_solution_version(solutionArn=busy, name="training")["solutionVersionArn"]
    bench.settle()
    by_kind: dict[Kind, list[str]] = {}
    for arn in dict.fromkeys(arns):
        by_kind.setdefault(_name(arn).kind, []).append(arn)
    of_operations = {
        **special,
        ("CreateSolution", "recipeArn"): RECIPE,
        ("StopSolutionVersionCreation", "solutionVersionArn"): training,
        ("UpdateDataset", "datasetArn"): bench.arn(Kind.DATASET, "g/ITEMS"),
        ("UpdateDataset", "schemaArn"): bench.arn(Kind.SCHEMA, "items"),
    }
    return Living(by_kind, of_operations)


def _imported(dataset: Resource) -> Resource:
    return replace(dataset, inner={**dataset.inner, "snapshot": _SERVING})


def _end(bench: Bench, arn: str, status: str) -> None:
    """What a machine writes at the end of a creation, a start or an update; nothing where it comes too late."""

    def ended(current: Resource) -> Resource | None:
        if current.kind not in _MADE or current.deleting_since is not None or current.status in (None, INACTIVE):
            return None
        inner = {**current.inner, **(_MADE[current.kind] if status == ACTIVE else {})}
        update = inner.get("update")
        if update and update["status"] == CREATE_PENDING:
            inner["update"] = {**update, "status": status, "updated_at": bench.now}
            return replace(current, inner=inner)
        return replace(current, status=status, updated_at=bench.now, inner=inner)

    name = _name(arn)
    try:
        bench.table.update(name.kind, name.resource_id, ended)
    except StaleAttempt:
        return


def _name(arn: str) -> Any:
    name = parse_arn(arn)
    assert name is not None
    return name
