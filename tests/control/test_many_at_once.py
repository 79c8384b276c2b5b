"""Many clients at once, on real threads: one name is given to one of them, and a list is never torn."""

from __future__ import annotations

import random
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from benchmarks.fuzz_memory import MemoryTable
from local.tables import quick
from reco.arns import Kind
from reco.control import operations
from reco.storage.resources import ResourceTable
from reco.wire.call import Operation
from tests.control.conftest import INTERACTIONS, RECIPE, ROLE, Bench, Cloud
from tests.control.every_kind import EXPRESSION, FOR_YOU, METRIC, one_of_each
from tests.control.interleaving import Stage
from tests.control.jobs import PLACES
from tests.wire.clients import connect

CLIENTS = 50
Requests = dict[str, dict[str, Any]]
Shop = tuple[Bench, Requests, list[dict[str, Any]]]
"""The control plane; by operation, a request for what is not there; and the items of the table at first."""
ONE_ONLY = {"CreateEventTracker": "LimitExceededException"}
"""Its id is drawn, not named: the others are told that there is one."""


@pytest.fixture(scope="module", autouse=True)
def _threads_take_turns_often() -> Iterator[None]:
    """Interrupted a hundred times as often as usual; a request to DynamoDB is whole, as it is on AWS."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(before / 100)
    with quick():
        yield
    sys.setswitchinterval(before)


@pytest.fixture(scope="module")
def shop(cloud: Cloud) -> Iterator[Shop]:
    """A shop with everything in it."""
    bench = cloud.bench()
    made, special = one_of_each(bench, "")
    free = bench.group("free")
    bench.settle()
    group, version, dataset = made[Kind.DATASET_GROUP], made[Kind.SOLUTION_VERSION], made[Kind.DATASET]
    job = {"jobName": "one", "roleArn": ROLE}
    items = bench.table.client.scan(TableName=bench.table.name)["Items"]
    yield (
        bench,
        {
            "CreateSchema": {"name": "one", "schema": INTERACTIONS},
            "CreateDatasetGroup": {"name": "one"},
            "CreateDataset": {
                "name": "one",
                "datasetGroupArn": free,
                "schemaArn": made[Kind.SCHEMA],
                "datasetType": "Interactions",
            },
            "CreateDatasetImportJob": {
                **job,
                "datasetArn": dataset,
                "dataSource": {"dataLocation": "s3://bucket/a.csv"},
            },
            "CreateDatasetExportJob": {**job, "datasetArn": dataset, "jobOutput": PLACES["jobOutput"]},
            "CreateDataDeletionJob": {
                **job,
                "datasetGroupArn": group,
                "dataSource": {"dataLocation": "s3://bucket/users.csv"},
            },
            "CreateEventTracker": {"name": "one", "datasetGroupArn": free},
            "CreateFilter": {"name": "one", "datasetGroupArn": group, "filterExpression": EXPRESSION},
            "CreateSolution": {"name": "one", "datasetGroupArn": group, "recipeArn": RECIPE},
            "CreateSolutionVersion": {"name": "one", "solutionArn": made[Kind.SOLUTION]},
            "CreateCampaign": {"name": "one", "solutionVersionArn": version},
            "CreateRecommender": {
                "name": "one",
                "datasetGroupArn": special["CreateRecommender", "datasetGroupArn"],
                "recipeArn": FOR_YOU,
            },
            "CreateBatchInferenceJob": {**job, "solutionVersionArn": version, **PLACES},
            "CreateBatchSegmentJob": {
                **job,
                "solutionVersionArn": special["CreateBatchSegmentJob", "solutionVersionArn"],
                **PLACES,
            },
            "CreateMetricAttribution": {
                "name": "one",
                "datasetGroupArn": special["CreateRecommender", "datasetGroupArn"],
                "metrics": [METRIC],
                "metricsOutputConfig": {"roleArn": ROLE},
            },
        },
        items,
    )
    cloud.forget(bench)


def at_once(works: list[Callable[[], Any]]) -> list[Any]:
    """What each returned, or the code of the error it was refused with; all begin together."""
    together = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        together.wait()
        try:
            return work()
        except ClientError as error:
            return error.response["Error"]["Code"]

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


OPERATIONS = (
    "CreateSchema",
    "CreateDatasetGroup",
    "CreateDataset",
    "CreateDatasetImportJob",
    "CreateDatasetExportJob",
    "CreateDataDeletionJob",
    "CreateEventTracker",
    "CreateFilter",
    "CreateSolution",
    "CreateSolutionVersion",
    "CreateCampaign",
    "CreateRecommender",
    "CreateBatchInferenceJob",
    "CreateBatchSegmentJob",
    "CreateMetricAttribution",
)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_one_wins_whoever_makes_the_next_step(shop: Shop, operation: str) -> None:
    """Threads are luck: here eight clients make their calls to DynamoDB in drawn orders, from the same beginning."""
    bench, asked, beginning = shop
    answering: dict[str, Operation] = {}
    client = connect("personalize", answering, lambda: bench.now)
    draw = random.Random(operation)
    for _ in range(4):
        memory = MemoryTable()
        memory.fill(beginning)
        stage = Stage(memory)
        answering.update(operations.build(bench.registries_over(ResourceTable(stage, "resources"))))
        create = getattr(client, xform_name(operation))
        callers = [stage.enter(partial(create, **asked[operation])) for _ in range(8)]
        while waiting := [caller for caller in callers if not caller.done]:
            draw.choice(waiting).step()

        refusals = [caller.outcome for caller in callers if isinstance(caller.outcome, Exception)]
        assert len(refusals) == len(callers) - 1
        codes = {getattr(each, "response", {"Error": {"Code": repr(each)}})["Error"]["Code"] for each in refusals}
        assert codes == {ONE_ONLY.get(operation, "ResourceAlreadyExistsException")}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_of_fifty_clients_that_create_one_name_one_wins(shop: Shop, operation: str) -> None:
    bench, asked, _ = shop
    create = getattr(bench.client, xform_name(operation))
    before = _names(bench)

    answers = at_once([lambda: create(**asked[operation])] * CLIENTS)

    refusals = Counter(answer for answer in answers if isinstance(answer, str))
    assert refusals == {ONE_ONLY.get(operation, "ResourceAlreadyExistsException"): CLIENTS - 1}
    (won,) = (answer for answer in answers if not isinstance(answer, str))
    (arn,) = {value for name, value in won.items() if name.endswith("Arn")}
    new = _names(bench) - before
    assert len([key for key in new if key[0].startswith("resource#")]) == 1
    described = getattr(bench.client, xform_name(operation.replace("Create", "Describe")))
    assert described(**{next(name for name in won if name.endswith("Arn")): arn})
    assert len({sk for pk, sk in new if pk.startswith("list#")}) == 1, "the others left no list entry"


def _names(bench: Bench) -> set[tuple[str, str]]:
    items = bench.table.client.scan(TableName=bench.table.name, ProjectionExpression="pk, sk")["Items"]
    return {(item["pk"]["S"], item["sk"]["S"]) for item in items}


def test_every_operation_that_creates_is_asked(shop: Shop) -> None:
    from reco.control.operations import METHODS

    assert set(shop[1]) == set(OPERATIONS) == {name for name in METHODS if name.startswith("Create")}


def test_lists_are_whole_while_others_create_and_delete(bench: Bench) -> None:
    """Schemas, since they are gone at once. No name is given twice, so an ARN that is seen twice is a duplicate."""
    lasting = [f"lasting-{number}" for number in range(10)]
    for name in lasting:
        bench.schema(name)
        bench.schema(f"passing-{name}")
        bench.pass_time(0.01)
    changers = 3
    at_work = [True] * changers

    def change(part: int) -> str:
        try:
            for name in lasting[part::changers]:
                for turn in range(4):
                    bench.schema(f"{name}-{turn}")
                bench.client.delete_schema(schemaArn=bench.arn(Kind.SCHEMA, f"passing-{name}"))
                bench.client.delete_schema(schemaArn=bench.arn(Kind.SCHEMA, f"{name}-1"))
        finally:
            at_work[part] = False
        return "changed"

    def look(size: int) -> str:
        while True:
            last_look = not any(at_work)
            pages = bench.client.get_paginator("list_schemas").paginate(PaginationConfig={"PageSize": size})
            names = [entry["name"] for page in pages for entry in page["schemas"]]
            assert len(set(names)) == len(names), "one twice"
            assert [name for name in names if name in lasting] == lasting, "one lost, or out of order"
            if last_look:
                assert len(names) == len(lasting) + 3 * len(lasting)
                return "looked"

    works = [partial(change, part) for part in range(changers)] + [partial(look, size) for size in (1, 4, 100)]
    assert at_once(works) == ["changed"] * changers + ["looked"] * 3
