"""The streamed events of a dataset group as training gets them: every one that was acknowledged, each once.

A record is in the S3 log, in the hot table's log, or in both: Firehose may hold what it acknowledged for a day, the
hot table forgets what is older. Their union by record id is complete at any moment (docs/adr/0007).
"""

from __future__ import annotations

import gzip
import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.artefact import Artefact, Vocabulary, open_artefact, write_artefact
from reco.clock import Clock, system_clock
from reco.errors import PlatformFault
from reco.events.session_owners import FindLinks, SessionOwner, session_owners
from reco.jobs.specification import EventLog
from reco.storage.event_records import EVENTS_THROUGH, UNSETTLED_EVENTS, EventRecord
from reco.storage.events import EventTable, SessionLink
from reco.storage.layout import uri
from reco.storage.objects import Objects

SETTLING_S = 120.0
"""A call that is answered with 200 wrote its records this soon after it came in: API Gateway waits 30 s at most."""

_READERS = 8
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class StreamedEvents:
    """Parallel columns, one row for each event that has a user and an item, ordered by user, time and record."""

    users: list[str]
    items: list[str]
    types: list[str]
    timestamps: NDArray[np.int64]
    """Whole seconds since the epoch."""
    values: NDArray[np.float64]
    """NaN where the event had none."""
    properties: list[dict[str, Any]]
    """By column of the interactions schema; by the client's own keys where it was not known."""
    records: list[str]
    settled_ms: int
    """Every event of a user that became known up to here is in, and will be in every later freeze."""
    unsettled: list[str]
    """Records that are in although they became known later: the runtime must not count them a second time."""
    left_out: dict[str, int] = field(default_factory=dict)
    """How many records are not in, by reason."""

    def __len__(self) -> int:
        return len(self.records)

    def marks(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Arrays and attributes that a trained artefact must carry, so that the runtime knows what its histories
        hold already."""
        return Vocabulary.from_strings(self.unsettled).arrays(UNSETTLED_EVENTS), {EVENTS_THROUGH: self.settled_ms}


def freeze_events(
    home: Objects,
    dynamodb_client: Any,
    log: EventLog,
    workspace: Path,
    frozen_uri: str,
    *,
    inputs: dict[str, Any] | None = None,
    clock: Clock = system_clock,
) -> StreamedEvents:
    """Collects the events and keeps them at `frozen_uri`; a run after the first gets what the first kept.

    `inputs` is kept beside them: the digests of whatever else the training reads.
    """
    folder = workspace / "frozen-events"
    if home.read_text(frozen_uri + "manifest.json") is None:
        events = collect_events(home, dynamodb_client, log, workspace, clock=clock)
        _write(folder, events, {"inputs": inputs or {}, "group": log.group})
        home.upload_folder(folder, frozen_uri)
    else:
        for entry in home.list(frozen_uri):
            home.download(entry.uri, folder / entry.uri.rpartition("/")[2])
    return _read(open_artefact(folder, verify=True))


def collect_events(
    home: Objects,
    dynamodb_client: Any,
    log: EventLog,
    workspace: Path,
    *,
    clock: Clock = system_clock,
    settling_s: float = SETTLING_S,
) -> StreamedEvents:
    """All streamed events of the group, from both logs.

    Events without a user are given to the user whom their session belongs to (reco.events.session_owners); those of a
    session that never had one, or has none yet, are left out, and so are events without an item. Of events that agree
    in client's id, user, item and type only the first received is in.

    Args:
        workspace: for one downloaded object per reader at a time.
    Raises:
        PlatformFault: an object of the log cannot be read; names it.
    Cost: the whole S3 log of all groups is read; memory for this group's records; one query for each session in
    which several users were seen, or one user, and anything within `settling_s`.
    """
    settled_ms = round((clock() - settling_s) * 1000)
    table = EventTable(dynamodb_client, log.table)

    def find_links(sessions: Sequence[str]) -> dict[str, SessionLink]:
        with ThreadPoolExecutor(_READERS) as readers:
            found = readers.map(lambda session: table.query_link(log.group, session), sessions)
            return {session: link for session, link in zip(sessions, found, strict=True) if link}

    return unite(itertools.chain(table.log(log.group), _read_log(home, log, workspace)), settled_ms, find_links)


def unite(
    records: Iterable[EventRecord], settled_ms: int, find_links: FindLinks = lambda sessions: {}
) -> StreamedEvents:
    """Records as columns. They may come in any order and again and again: each id counts once.

    Without `find_links` no session has a link.
    """
    unique = {record.record: record for record in records}.values()
    ordered = sorted(unique, key=lambda record: (record.received_ms, record.record))
    owners = session_owners(ordered, settled_ms, find_links)
    left_out = {"no user": 0, "no item": 0, "same event id": 0}
    seen = set()
    kept: list[tuple[str, float, str, EventRecord]] = []
    unsettled = []
    for record in ordered:
        owner = SessionOwner(record.user, 0) if record.user is not None else owners.get(record.session)
        if record.item is None:
            left_out["no item"] += 1
            continue
        if owner is None:
            left_out["no user"] += 1
            continue
        if max(record.received_ms, owner.known_ms) > settled_ms:
            unsettled.append(record.record)
        same = (record.event_id, owner.user, record.item, record.type)
        if same in seen:
            left_out["same event id"] += 1
            continue
        seen.add(same)
        kept.append((owner.user, record.sent_at, record.record, record))
    kept.sort(key=lambda row: row[:3])
    return StreamedEvents(
        users=[user for user, _, _, _ in kept],
        items=[str(record.item) for _, _, _, record in kept],
        types=[record.type for _, _, _, record in kept],
        timestamps=np.array([int(sent_at) for _, sent_at, _, _ in kept], np.int64),
        values=np.array([np.nan if record.value is None else record.value for _, _, _, record in kept], np.float64),
        properties=[record.properties for _, _, _, record in kept],
        records=[name for _, _, name, _ in kept],
        settled_ms=settled_ms,
        unsettled=sorted(unsettled),
        left_out={reason: count for reason, count in left_out.items() if count},
    )


def _read_log(home: Objects, log: EventLog, workspace: Path) -> Iterator[EventRecord]:
    folder = workspace / "event-log"
    folder.mkdir(parents=True, exist_ok=True)
    marker = json.dumps(log.group).encode()

    def read(numbered: tuple[int, str]) -> list[EventRecord]:
        number, address = numbered
        path = folder / f"{number}"
        home.download(address, path)
        try:
            return [record for record in _read_object(path, marker) if record.group == log.group]
        except (OSError, EOFError, ValueError) as error:
            raise PlatformFault(
                f"{address} in the event log cannot be read: {error}. Put the object back as it was, or move it "
                "elsewhere to train without its events."
            ) from error
        finally:
            path.unlink(missing_ok=True)

    addresses = (entry.uri for entry in home.list(uri(log.bucket, log.prefix)) if entry.bytes)
    with ThreadPoolExecutor(_READERS) as readers:
        for records in readers.map(read, enumerate(addresses)):
            yield from records


def _read_object(path: Path, marker: bytes) -> Iterator[EventRecord]:
    """Records of the lines that hold `marker`. An object may be several gzip members in a row, or plain text."""
    with path.open("rb") as raw:
        compressed = raw.read(2) == _GZIP
        raw.seek(0)
        with gzip.open(raw, "rb") if compressed else raw as lines:
            for line in lines:
                # Most lines are other groups': looking for the id is much cheaper than reading the JSON.
                if marker in line:
                    yield EventRecord.of_line(line)


def _write(folder: Path, events: StreamedEvents, attributes: dict[str, Any]) -> str:
    texts = {
        "users": events.users,
        "items": events.items,
        "types": events.types,
        "properties": [json.dumps(each, sort_keys=True) for each in events.properties],
        "records": events.records,
    }
    arrays: dict[str, NDArray[Any]] = {"timestamps": events.timestamps, "values": events.values}
    for name, strings in texts.items():
        arrays |= _packed(name, strings)
    marks, attributes_of_marks = events.marks()
    return write_artefact(
        folder,
        kind="frozen-events",
        arrays={**arrays, **marks},
        attributes={**attributes, **attributes_of_marks, "left_out": events.left_out},
    )


def _packed(name: str, strings: Sequence[str]) -> dict[str, NDArray[Any]]:
    vocabulary, codes = Vocabulary.index(strings)
    return {**vocabulary.arrays(f"{name}.values"), f"{name}.codes": codes}


def _unpacked(artefact: Artefact, name: str) -> list[str]:
    values = list(Vocabulary.of(artefact, f"{name}.values"))
    return [values[code] for code in artefact.array(f"{name}.codes").tolist()]


def _read(artefact: Artefact) -> StreamedEvents:
    return StreamedEvents(
        users=_unpacked(artefact, "users"),
        items=_unpacked(artefact, "items"),
        types=_unpacked(artefact, "types"),
        timestamps=artefact.array("timestamps"),
        values=artefact.array("values"),
        properties=[json.loads(text) for text in _unpacked(artefact, "properties")],
        records=_unpacked(artefact, "records"),
        settled_ms=artefact.attributes[EVENTS_THROUGH],
        unsettled=list(Vocabulary.of(artefact, UNSETTLED_EVENTS)),
        left_out=artefact.attributes["left_out"],
    )
