"""The control plane over moto's DynamoDB, asked by a real boto3 client, with a clock that tests move."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, TypeVar, cast

import boto3
import pytest
from botocore.exceptions import ClientError

from reco.arns import Kind, Owner
from reco.control import operations
from reco.control.operations import Registries
from reco.control.registry import Registry
from reco.jobs.status import ACTIVE
from reco.settings import Settings, environment_for
from reco.storage.resources import Resource, ResourceTable
from reco.wire.call import Operation
from tests.aws import quick_moto
from tests.schemas import EVENTS, column, schema_text
from tests.wire.clients import ACCOUNT, REGION, connect

Made = TypeVar("Made")

START = 1_700_000_000.0
TRANSITION_S = 10.0
POINTER_CACHE_S = 25.0
INTERACTIONS = schema_text("Interactions", *EVENTS)
ITEMS = schema_text("Items", column("ITEM_ID", "string"), column("PRICE", "float"))
RECIPE = "arn:aws:personalize:::recipe/aws-user-personalization"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1a2b3c4d-5e6f-7a8b-9c0d-1e2f3a4b5c6d"
"""With which the deployment encrypts what it keeps; every cloud has it."""


def settings_with(**more: object) -> Settings:
    """The settings of most tests, with some of them changed."""
    usual: dict[str, object] = {
        "transition_s": TRANSITION_S,
        "pointer_cache_s": POINTER_CACHE_S,
        "quotas": "dataset_groups:none",
        "customer_key": KEY,
        "data_keys": "",
    }
    return Settings(environment_for(**{**usual, **more}))


SETTINGS = settings_with()
ROLE = f"arn:aws:iam::{ACCOUNT}:role/reader"


@dataclass
class Machines:
    """Remembers which machine was started, and breaks on demand."""

    started: list[tuple[str, str, str]] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    broken: bool = False

    def start(self, arn: str, execution_name: str, machine: str) -> None:
        if self.broken:
            raise ConnectionError("Step Functions is away")
        self.started.append((arn, execution_name, machine))

    def stop(self, execution: str) -> None:
        if self.broken:
            raise ConnectionError("Step Functions is away")
        self.stopped.append(execution)


@dataclass
class Schedules:
    """Remembers the schedules that stand, and breaks on demand."""

    group: str = "schedules"
    standing: dict[str, tuple[float, int, dict[str, Any]]] = field(default_factory=dict)
    """By name: the first time, the days between, and the event."""
    broken: bool = False

    def put(self, name: str, first: float, days: int, event: Mapping[str, Any]) -> None:
        self._reach()
        self.standing[name] = (first, days, dict(event))

    def remove(self, name: str) -> None:
        self._reach()
        self.standing.pop(name, None)

    def _reach(self) -> None:
        if self.broken:
            raise ConnectionError("Scheduler is away")


@dataclass(frozen=True)
class Kept:
    """How a bench was when something had been made on it."""

    made: Any
    items: list[dict[str, Any]]
    now: float
    started: list[tuple[str, str, str]]
    schedules: dict[str, tuple[float, int, dict[str, Any]]]


@dataclass
class Bench:
    """A control plane, its client, and what lies below them."""

    client: Any
    table: ResourceTable
    machines: Machines
    schedules: Schedules
    now: float = START
    settings: Settings = SETTINGS
    kms: Callable[[], Any] = field(default=lambda: kms_client())
    kept: dict[Any, Kept] = field(default_factory=dict)
    """What `once` made; all benches of a cloud have the same."""

    def registry_at(self, now: float, owner: Owner) -> Registry:
        return self.registries_over(self.table)(now, owner)

    def registries_over(self, table: ResourceTable) -> Registries:
        """The same resources through another table client."""
        return operations.registries(table, self.machines, self.settings, self.schedules, self.kms)

    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    def settle(self) -> None:
        """Time for every resource without a machine to have become what it becomes."""
        self.pass_time(2 * TRANSITION_S + POINTER_CACHE_S)

    def arn(self, kind: Kind, resource_id: str) -> str:
        return Owner(ACCOUNT, REGION).arn(kind, resource_id)

    def stored(self, kind: Kind, resource_id: str) -> Resource:
        found = self.table.get(kind, resource_id)
        assert found is not None
        return found

    def end_job(self, arn: str, status: str = ACTIVE, reason: str | None = None, **inner: Any) -> None:
        """What the state machine would write at the end."""
        kind, resource_id = _kind_of(arn)
        self.table.update(
            kind,
            resource_id,
            lambda current: replace(
                current,
                status=status,
                failure_reason=reason,
                updated_at=self.now,
                inner={**current.inner, **inner},
            ),
        )

    # The journey, step by step, each step ready for the next

    def schema(self, name: str = "s", text: str = INTERACTIONS) -> str:
        return str(self.client.create_schema(name=name, schema=text)["schemaArn"])

    def group(self, name: str = "g") -> str:
        arn = str(self.client.create_dataset_group(name=name)["datasetGroupArn"])
        self.settle()
        return arn

    def dataset(self, group: str, schema: str, dataset_type: str = "Interactions") -> str:
        created = self.client.create_dataset(
            name="d", datasetGroupArn=group, schemaArn=schema, datasetType=dataset_type
        )
        self.settle()
        return str(created["datasetArn"])

    def import_job(self, dataset: str, name: str = "j", **more: Any) -> str:
        created = self.client.create_dataset_import_job(
            jobName=name, datasetArn=dataset, dataSource={"dataLocation": "s3://bucket/a.csv"}, roleArn=ROLE, **more
        )
        return str(created["datasetImportJobArn"])

    def solution(self, group: str, name: str = "sol", **more: Any) -> str:
        arn = str(
            self.client.create_solution(name=name, datasetGroupArn=group, recipeArn=RECIPE, **more)["solutionArn"]
        )
        self.settle()
        return arn

    def version(self, solution: str, **more: Any) -> str:
        self.pass_time(1)
        arn = str(self.client.create_solution_version(solutionArn=solution, **more)["solutionVersionArn"])
        self.end_job(arn, metrics={"coverage": 0.5})
        return arn

    def campaign(self, version: str, name: str = "c", **more: Any) -> str:
        arn = str(self.client.create_campaign(name=name, solutionVersionArn=version, **more)["campaignArn"])
        self.end_job(arn, serving={"version_arn": version, "uri": "s3://b/m/", "digest": "0" * 64})
        return arn

    def once(self, make: Callable[..., Made], *given: Any) -> Made:
        """What `make(bench, *given)` makes: names and ARNs only.

        On a usual bench with nothing in it, what was made before on such a bench of the cloud is put back: the same
        items, time, starts and schedules, without the calls that take long.
        """
        usual = self.settings is SETTINGS and type(self.machines) is Machines and type(self.schedules) is Schedules
        unused = usual and self.now == START and not self.machines.started
        if not unused or self.table.client.scan(TableName=self.table.name, Limit=1)["Items"]:
            return make(self, *given)
        if (make, given) not in self.kept:
            made = make(self, *given)
            items = self.table.client.scan(TableName=self.table.name)["Items"]
            self.kept[make, given] = Kept(made, items, self.now, [*self.machines.started], {**self.schedules.standing})
            return made
        kept = self.kept[make, given]
        puts = [{"PutRequest": {"Item": item}} for item in kept.items]
        for start in range(0, len(puts), 25):
            self.table.client.batch_write_item(RequestItems={self.table.name: puts[start : start + 25]})
        self.now = kept.now
        self.machines.started += kept.started
        self.schedules.standing |= kept.schedules
        return cast(Made, kept.made)

    def shop(self) -> Shop:
        """A whole journey: everything ACTIVE."""
        return self.once(Bench._journey)

    def _journey(self) -> Shop:
        schema = self.schema()
        group = self.group()
        dataset = self.dataset(group, schema)
        job = self.import_job(dataset)
        self.end_job(job)
        solution = self.solution(group)
        version = self.version(solution)
        return Shop(schema, group, dataset, job, solution, version, self.campaign(version))


@dataclass(frozen=True)
class Shop:
    """ARNs of a whole journey."""

    schema: str
    group: str
    dataset: str
    job: str
    solution: str
    version: str
    campaign: str


def _kind_of(arn: str) -> tuple[Kind, str]:
    word, _, resource_id = arn.split(":", 5)[5].partition("/")
    versioned = word == "solution" and "/" in resource_id
    return (Kind.SOLUTION_VERSION if versioned else Kind(word)), resource_id


def refused(code: str, call: Callable[..., Any], **parameters: Any) -> str:
    """Makes a call that must be refused with `code`; returns the message."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    return str(caught.value.response["Error"]["Message"])


@cache
def kms_client() -> Any:
    """Made once: it takes longer than what it is asked."""
    return boto3.client("kms", region_name=REGION)


def put_key(arn: str = KEY) -> None:
    """Makes a KMS key of this ARN; moto draws ids itself, so a new key gets another one's place."""
    from moto.kms.models import kms_backends

    keys = kms_backends[ACCOUNT][REGION].keys
    key = keys.pop(kms_client().create_key()["KeyMetadata"]["KeyId"])
    key.arn, key.id = arn, arn.rpartition("/")[2]
    keys[key.id] = key


class Cloud:
    """What the tests of a module share, since clients take long to make: DynamoDB, and one client whose requests
    go to the latest bench."""

    def __init__(self) -> None:
        self.dynamodb = boto3.client("dynamodb", region_name=REGION)
        put_key()
        self._answering: dict[str, Operation] = {}
        self._bench: Bench | None = None
        self._client = connect("personalize", self._answering, lambda: self._bench.now if self._bench else 0.0)
        self._tables = 0
        self._kept: dict[Any, Kept] = {}

    def bench(self) -> Bench:
        """A control plane over a table of its own."""
        self._tables += 1
        name = f"resources-{self._tables}"
        self.dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        table, machines, schedules = ResourceTable(self.dynamodb, name), Machines(), Schedules()
        self._bench = Bench(self._client, table, machines, schedules, kept=self._kept)
        self._answering.update(operations.build(self._bench.registry_at))
        return self._bench

    def forget(self, bench: Bench) -> None:
        self.dynamodb.delete_table(TableName=bench.table.name)


@contextmanager
def clouded() -> Iterator[Cloud]:
    """A cloud for as long as the block lasts."""
    credentials = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    with pytest.MonkeyPatch.context() as environment, quick_moto():
        for name, value in credentials.items():
            environment.setenv(name, value)
        yield Cloud()


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with clouded() as made:
        yield made


@pytest.fixture
def bench(cloud: Cloud) -> Iterator[Bench]:
    made = cloud.bench()
    yield made
    cloud.forget(made)
