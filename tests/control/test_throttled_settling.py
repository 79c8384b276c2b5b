"""DynamoDB throttles who settles a new resource: that says nothing of its claims, so nobody's resource goes for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reco.arns import Kind, Owner
from reco.control import operations
from reco.errors import Throttled
from reco.storage.resources import ResourceTable
from reco.wire.call import Call
from tests.control.conftest import Bench
from tests.control.interleaving import Stage
from tests.wire.clients import ACCOUNT, REGION

OWNER = Owner(ACCOUNT, REGION)
GROUP = OWNER.arn(Kind.DATASET_GROUP, "g")
DATASET = OWNER.arn(Kind.DATASET, "g/INTERACTIONS")
Ask = Callable[..., Any]


class Throttling:
    """A DynamoDB client whose updates are throttled while `busy`, as Clients tells of it."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.busy = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def update_item(self, **parameters: Any) -> Any:
        if self.busy:
            raise Throttled("too many requests just now")
        return self._client.update_item(**parameters)


def asking(bench: Bench, client: Any) -> Ask:
    """Calls operations through this client of DynamoDB."""
    offered = operations.build(bench.registries_over(ResourceTable(client, bench.table.name)))

    def ask(operation: str, **parameters: Any) -> Any:
        return offered[operation](Call(operation, parameters, OWNER, None, "request", bench.now))

    return ask


@pytest.fixture
def made(bench: Bench) -> dict[str, Any]:
    """What CreateDataset needs."""
    return {
        "name": "d",
        "dataset_group_arn": bench.group(),
        "schema_arn": bench.schema(),
        "dataset_type": "INTERACTIONS",
    }


@pytest.mark.parametrize(
    ("operation", "asked"),
    [
        ("DescribeDataset", {"dataset_arn": DATASET}),
        ("ListDatasets", {"dataset_group_arn": GROUP}),
        ("DeleteDatasetGroup", {"dataset_group_arn": GROUP}),
    ],
)
def test_a_reader_who_is_throttled_says_so_and_the_creator_goes_on(
    bench: Bench, made: dict[str, Any], operation: str, asked: dict[str, Any]
) -> None:
    stage = Stage(bench.table.client)
    reader = asking(bench, Throttling(bench.table.client))
    create = asking(bench, stage)
    for steps in range(30):
        creator = stage.enter(lambda: create("CreateDataset", **made))
        for _ in range(steps):
            creator.step()
        stored = bench.table.get(Kind.DATASET, "g/INTERACTIONS")
        if stored is not None and "claims" in stored.inner:
            with pytest.raises(Throttled):
                reader(operation, **asked)
        ended = creator.done
        assert creator.finish() == {"dataset_arn": DATASET}
        bench.settle()
        assert bench.client.describe_dataset(datasetArn=DATASET)["dataset"]["status"] == "ACTIVE"
        assert bench.client.describe_dataset_group(datasetGroupArn=GROUP)["datasetGroup"]["status"] == "ACTIVE"
        bench.client.delete_dataset(datasetArn=DATASET)
        bench.settle()
        assert bench.client.list_datasets()["datasets"] == []
        if ended:
            assert steps > 5
            return
    pytest.fail("the create has fewer steps than this")


def test_a_reader_who_is_refused_late_leaves_what_was_settled_meanwhile(bench: Bench, made: dict[str, Any]) -> None:
    """It read the dataset before its creator had come to an end, and is throttled after that."""
    stage = Stage(bench.table.client)
    create = asking(bench, stage)
    creator = stage.enter(lambda: create("CreateDataset", **made))
    while bench.table.get(Kind.DATASET, "g/INTERACTIONS") is None:
        creator.step()
    throttled = Throttling(stage)
    late = asking(bench, throttled)
    reader = stage.enter(lambda: late("DescribeDataset", dataset_arn=DATASET))
    reader.step()
    creator.finish()
    assert isinstance(reader.finish(), Throttled)
    assert bench.client.describe_dataset(datasetArn=DATASET)["dataset"]["name"] == "d"


def test_a_creator_who_is_throttled_withdraws_and_may_be_sent_again(bench: Bench, made: dict[str, Any]) -> None:
    throttling = Throttling(bench.table.client)
    create = asking(bench, throttling)
    with pytest.raises(Throttled):
        create("CreateDataset", **made)
    assert bench.table.get(Kind.DATASET, "g/INTERACTIONS") is None
    throttling.busy = False
    assert create("CreateDataset", **made) == {"dataset_arn": DATASET}
