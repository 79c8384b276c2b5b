"""What the container trains from: a bucket with snapshots, a table of events, and a workspace for each run (moto)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reco.artefact import Artefact, Vocabulary, open_artefact, write_artefact
from reco.jobs.specification import EventLog, SnapshotReference, TrainResult, TrainSpecification
from reco.models.interactions import offsets_of
from reco.storage.event_records import EventRecord
from reco.storage.events import EventTable
from reco.storage.objects import Objects
from tests.aws import GROUP, SESSION, in_moto, make_table
from tests.models.builders import planted_tastes
from tests.schemas import PAIRS, column, schema_text
from training_container.training import run_training

Row = tuple[str, str, int, str | None, float | None]
"""User, item, second, type, value."""


INTERACTIONS = schema_text(
    "Interactions", *PAIRS, column("EVENT_TYPE", ["null", "string"]), column("EVENT_VALUE", ["null", "float"])
)
ITEMS = schema_text("Items", column("ITEM_ID", "string"), column("PRICE", ["null", "float"]))


def planted_rows(users: int = 120) -> list[Row]:
    interactions, _ = planted_tastes(users=users, tastes=3, items_each=15, length=15)
    return [
        (f"u{user:03d}", f"i{item:03d}", 1_000 + int(time), "click", 1.0)
        for user in range(users)
        for item, time in zip(*interactions.history(user), strict=True)
    ]


@dataclass
class Container:
    """A bucket, a table and a workspace for each run."""

    home: Objects
    dynamodb: Any
    folder: Path
    runs: int = 0

    def put_snapshot(self, name: str, kind: str, text: str, rows: int, arrays: dict[str, Any]) -> SnapshotReference:
        folder = self.folder / name
        attributes = {"dataset_type": kind, "schema": text, "rows": rows, "columns": [], "data_report": {}}
        digest = write_artefact(folder, kind="snapshot", arrays=arrays, attributes=attributes)
        self.home.upload_folder(folder, f"s3://data/snapshots/{name}/")
        return SnapshotReference(f"s3://data/snapshots/{name}/", digest, rows)

    def put_interactions(self, rows: list[Row], name: str = "interactions") -> SnapshotReference:
        rows = sorted(rows, key=lambda row: (row[0], row[2], row[1]))
        users, user_rows = Vocabulary.index(row[0] for row in rows)
        items, item_rows = Vocabulary.index(row[1] for row in rows)
        types = Vocabulary.from_strings(row[3] for row in rows if row[3] is not None)
        arrays = {
            **users.arrays("users"),
            **items.arrays("items"),
            **types.arrays("EVENT_TYPE.values"),
            "user_offsets": offsets_of(np.bincount(user_rows, minlength=len(users))),
            "item_rows": item_rows,
            "timestamps": np.array([row[2] for row in rows], np.int64),
            "EVENT_TYPE.codes": types.rows(["\ud800" if row[3] is None else row[3] for row in rows]),
            "EVENT_VALUE.numbers": np.array([row[4] or 0 for row in rows], np.float64),
            "EVENT_VALUE.nulls": np.array([row[4] is None for row in rows], np.uint8),
        }
        return self.put_snapshot(name, "INTERACTIONS", INTERACTIONS, len(rows), arrays)

    def put_items(self, ids: list[str]) -> SnapshotReference:
        vocabulary = Vocabulary.from_strings(ids)
        count = len(vocabulary)
        arrays = {
            **vocabulary.arrays("ids"),
            "PRICE.numbers": np.zeros(count),
            "PRICE.nulls": np.ones(count, np.uint8),
        }
        return self.put_snapshot("items", "ITEMS", ITEMS, count, arrays)

    def stream(self, *events: tuple[str, str, int]) -> None:
        """Events of users on items at seconds."""
        EventTable(self.dynamodb, "events").add(
            [
                EventRecord(
                    group=GROUP,
                    record=f"record-{number}",
                    user=user,
                    session="s",
                    item=item,
                    type="click",
                    sent_at=float(second),
                    received_at=5_000.0,
                    event_id=f"event-{number}",
                )
                for number, (user, item, second) in enumerate(events)
            ]
        )

    def specify(self, interactions: SnapshotReference | None, **changes: Any) -> TrainSpecification:
        plain = TrainSpecification(
            arn="arn:aws:personalize:us-east-1:123456789012:solution/s/12345678",
            attempt="a1",
            attempt_uri="s3://data/jobs/a1/",
            recipe_arn="arn:aws:personalize:::recipe/aws-user-personalization",
            hyperparameters={"hidden_dimension": "32"},
            feature_parameters={},
            event_type=None,
            event_value_threshold=None,
            snapshots={"INTERACTIONS": interactions} if interactions else {},
            events=EventLog("data", "events/", "events", GROUP),
            frozen_uri="s3://data/frozen/a1/",
            artefact_uri="s3://data/models/a1/",
            minimum_interactions=1000,
        )
        return replace(plain, **changes)

    def run(self, specification: TrainSpecification) -> TrainResult:
        self.runs += 1
        self.said: list[str] = []
        workspace = self.folder / f"work{self.runs}"
        return run_training(specification, workspace, self.home, self.dynamodb, self.said.append)

    def open(self, result: TrainResult) -> Artefact:
        folder = self.folder / f"model{self.runs}"
        self.home.download_folder(result.artefact_uri, folder)
        return open_artefact(folder, digest=result.artefact_digest, verify=True)


@pytest.fixture
def container(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Container]:
    with in_moto(monkeypatch):
        s3, dynamodb = SESSION.client("s3"), SESSION.client("dynamodb")
        s3.create_bucket(Bucket="data")
        make_table(dynamodb, "events")
        yield Container(Objects(s3), dynamodb, tmp_path)
