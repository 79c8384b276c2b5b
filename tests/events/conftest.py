"""The two tables, the stream and the bucket in moto, with a dataset group, its interactions schema and a tracker."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from reco.arns import Kind
from reco.events import operations
from reco.events.freeze import StreamedEvents, collect_events
from reco.events.intake import EventIntake
from reco.events.trackers import Trackers
from reco.jobs.specification import EventLog
from reco.storage.event_records import EventRecord
from reco.storage.event_stream import EventStream
from reco.storage.events import EventTable
from reco.storage.objects import Objects
from reco.storage.resources import ResourceTable
from reco.storage.retries import Retries
from reco.storage.tracking import Tracking, find_tracking, put_tracking
from reco.wire.dispatch import respond
from tests.aws import GROUP, OWNER, REGION, SESSION, Clock, gateway_event, in_moto, make_resource, make_table

TRACKING_ID = "31ac4bd6-5f0c-4e33-8b9e-2e7c4a3b9d10"

SCHEMA = {
    "type": "record",
    "name": "Interactions",
    "namespace": "com.amazonaws.personalize.schema",
    "fields": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ITEM_ID", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
        {"name": "EVENT_TYPE", "type": "string"},
        {"name": "EVENT_VALUE", "type": ["null", "float"]},
        {"name": "CABIN_TYPE", "type": ["null", "string"], "categorical": True},
        {"name": "NUMBER_OF_RATINGS", "type": ["null", "int"]},
        {"name": "IS_GIFT", "type": ["null", "boolean"]},
    ],
    "version": "1.0",
}


@dataclass
class EventsWorld:
    """What the events handler composes, with a clock and waits of the test's own."""

    dynamodb: Any
    firehose: Any
    s3: Any
    clock: Clock
    waits: list[float] = field(default_factory=list)
    requests: int = 0

    def __post_init__(self) -> None:
        retries = Retries(sleep=self.waits.append, draw=lambda: 1.0)
        self.stream = EventStream(self.firehose, "stream", retries)
        self.table = EventTable(self.dynamodb, "events", retries)
        self.resources = ResourceTable(self.dynamodb, "resources")
        trackers = Trackers(
            lambda tracking_id: find_tracking(self.dynamodb, "resources", tracking_id),
            self.resources,
            cache_s=5,
            clock=self.clock,
        )
        self.intake = EventIntake(self.stream, self.table)
        self.operations = operations.build(trackers, self.intake)

    def post(self, path: str, body: Any, request_id: str | None = None) -> dict[str, Any]:
        self.requests += 1
        event = gateway_event(path, body, request_id or f"request{self.requests}=")
        return respond(event, self.operations, self.clock, region=REGION)

    def put(
        self, *events: dict[str, Any], user: str | None = "ann", session: str = "s1", **more: Any
    ) -> dict[str, Any]:
        """PutEvents of events that need to say no more than differs from a click now."""
        whole = [{"eventType": "click", "sentAt": int(self.clock.now), **event} for event in events]
        body = {"trackingId": TRACKING_ID, "sessionId": session, "eventList": whole, **more}
        return self.post("/events", {**body, "userId": user} if user is not None else body)

    def history(self, visitor: str = "ann") -> list[tuple[str, str]]:
        """Item and owner of each event, oldest first."""
        return [(event.item, event.owner) for event in self.table.history(GROUP, visitor, 100)]

    def streamed(self) -> list[EventRecord]:
        """What lies in the S3 log, one record for each line."""
        records = []
        for entry in Objects(self.s3).list("s3://data/events/"):
            content = self.s3.get_object(Bucket="data", Key=entry.uri.removeprefix("s3://data/"))["Body"].read()
            text = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
            records += [EventRecord.of_line(line) for line in text.splitlines()]
        return records

    def log(self) -> list[EventRecord]:
        return list(self.table.log(GROUP))

    def collect(self, workspace: Path, **more: Any) -> StreamedEvents:
        log = EventLog("data", "events/", "events", GROUP)
        return collect_events(Objects(self.s3), self.dynamodb, log, workspace, clock=self.clock, **more)


def make_tracker(dynamodb: Any, resources: ResourceTable) -> None:
    schema_arn = OWNER.arn(Kind.SCHEMA, "clicks")
    make_resource(resources, Kind.SCHEMA, "clicks", {"schema": json.dumps(SCHEMA)})
    make_resource(resources, Kind.DATASET_GROUP, "shop", {}, incarnation=GROUP)
    make_resource(resources, Kind.DATASET, "shop/INTERACTIONS", {"schema_arn": schema_arn})
    tracking = Tracking(TRACKING_ID, "0123abcd", OWNER.arn(Kind.DATASET_GROUP, "shop"), GROUP)
    put_tracking(dynamodb, "resources", tracking)


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with in_moto(monkeypatch):
        yield


@pytest.fixture
def make_world() -> Callable[[], EventsWorld]:
    """Another sandbox over the same tables."""
    clock = Clock()

    def make() -> EventsWorld:
        clients = [SESSION.client(name) for name in ("dynamodb", "firehose", "s3")]
        return EventsWorld(*clients, clock)

    return make


@pytest.fixture
def world(make_world: Callable[[], EventsWorld]) -> EventsWorld:
    """One sandbox, its AWS ready."""
    made = make_world()
    make_table(made.dynamodb, "events")
    make_table(made.dynamodb, "resources")
    made.s3.create_bucket(Bucket="data")
    made.firehose.create_delivery_stream(
        DeliveryStreamName="stream",
        ExtendedS3DestinationConfiguration={
            "RoleARN": "arn:aws:iam::123456789012:role/firehose",
            "BucketARN": "arn:aws:s3:::data",
            "Prefix": "events/",
        },
    )
    make_tracker(made.dynamodb, made.resources)
    return made
