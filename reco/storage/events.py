"""The hot table of streamed events, and the only place that knows its keys (`docs/adr/0007`).

    pk                            sk                   what
    visitor#GROUP#ID              event#MS#RECORD      an event in the history of user or session ID; MS is sentAt
    session#GROUP#SESSION         link                 the user whom a session belongs to: the first one seen with it
    log#GROUP#HOUR#SHARD          RECORD               the record itself, for a freeze that S3 is too late for
    hours#GROUP                   HOUR#SHARD           that this log partition has records
    arrivals#GROUP                HOUR                 that records were received in it: reco.storage.arrivals

GROUP is the incarnation of a dataset group, HOUR yyyymmddhh in UTC of the time the record was received. A user and a
session of the same id share a partition, so one query answers for whoever it turns out to be; `owner` tells them
apart.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from reco.storage.arrivals import HOUR_S, Arrivals, hour_of, number
from reco.storage.batches import write_all
from reco.storage.event_records import EventRecord
from reco.storage.event_stream import EventsNotKept
from reco.storage.retries import Retries
from reco.storage.tables import PARTITION_KEY, SORT_KEY

LOG_DAYS = 8
"""Records stay in hot log partitions this long: Firehose may be a day late with them, and is given a week more."""
VISITOR_DAYS = 30
"""An event counts in its visitor's history this long, unless a model's own history holds it by then."""
LINK_DAYS = 60
"""From the last call that needed the link, give or take VISITOR_DAYS: while a session is in use it has its user, and
no event in its history outlives the link, which would give the event away a second time."""
SHARDS = 8
"""Log partitions per group and hour: a partition takes 1,000 writes a second, a group sends up to 10,000."""

_DAY_S = 86_400
_LAST_MS = 10**16 - 1
_KNOWN_HOURS = 10_000


@dataclass(frozen=True)
class VisitorEvent:
    """An event as the history of its user or session holds it."""

    record: str
    item: str
    sent_ms: int
    known_ms: int
    """When it became part of this history: received, or given to the user together with the rest of a session."""
    owner: Literal["user", "session"]
    type: str
    value: float | None = None


@dataclass(frozen=True)
class SessionLink:
    """The user a session belongs to."""

    user: str
    linked_ms: int
    """When the event that linked them was received."""
    adopted: bool
    """Whether the session's earlier events are in the user's history by now."""
    expires_s: int
    """Seconds since the epoch: when the table may forget it, unless a call makes it last."""

    def lasts(self, now_s: float) -> bool:
        """Whether it will outlive an event that is received now."""
        return self.expires_s >= now_s + VISITOR_DAYS * _DAY_S


def shard_of(record: EventRecord) -> int:
    """By the request, so that the records of one request share a partition."""
    return zlib.crc32(record.record.rpartition("-")[0].encode()) % SHARDS


def _visitor_key(group: str, visitor: str, sent_ms: int, record: str) -> dict[str, Any]:
    return {
        PARTITION_KEY: {"S": f"visitor#{group}#{visitor}"},
        # Sixteen digits put the events of a partition in order of time; what lies outside them is no real time.
        SORT_KEY: {"S": f"event#{min(max(sent_ms, 0), _LAST_MS):016d}#{record}"},
    }


def _link_key(group: str, session: str) -> dict[str, Any]:
    return {PARTITION_KEY: {"S": f"session#{group}#{session}"}, SORT_KEY: {"S": "link"}}


def visitor_event(record: EventRecord) -> VisitorEvent | None:
    """What a history keeps of a record; None for one without an item, which no history counts."""
    if record.item is None:
        return None
    return VisitorEvent(
        record=record.record,
        item=record.item,
        sent_ms=round(record.sent_at * 1000),
        known_ms=record.received_ms,
        owner="session" if record.user is None else "user",
        type=record.type,
        value=record.value,
    )


def _visitor_item(group: str, visitor: str, event: VisitorEvent) -> dict[str, Any]:
    item = {
        **_visitor_key(group, visitor, event.sent_ms, event.record),
        "item": {"S": event.item},
        "owner": {"S": event.owner},
        "type": {"S": event.type},
        "known_ms": number(event.known_ms),
        "expires_at": number(event.known_ms // 1000 + VISITOR_DAYS * _DAY_S),
    }
    if event.value is not None:
        item["value"] = {"S": repr(event.value)}
    return item


def _visitor_event_of(item: dict[str, Any]) -> VisitorEvent:
    _, sent_ms, record = item[SORT_KEY]["S"].split("#", 2)
    return VisitorEvent(
        record=record,
        item=item["item"]["S"],
        sent_ms=int(sent_ms),
        known_ms=int(item["known_ms"]["N"]),
        owner=item["owner"]["S"],
        type=item["type"]["S"],
        value=float(item["value"]["S"]) if "value" in item else None,
    )


def _partition_of(record: EventRecord) -> str:
    return f"{hour_of(record.received_at)}#{shard_of(record)}"


def _log_expiry(record: EventRecord) -> dict[str, str]:
    """The end of the record's hour and some days: the same for all of a partition and for its index entry."""
    return number((int(record.received_at) // HOUR_S + 1) * HOUR_S + LOG_DAYS * _DAY_S)


def _log_item(record: EventRecord) -> dict[str, Any]:
    return {
        PARTITION_KEY: {"S": f"log#{record.group}#{_partition_of(record)}"},
        SORT_KEY: {"S": record.record},
        "line": {"S": record.line()},
        "expires_at": _log_expiry(record),
    }


def _hour_item(record: EventRecord) -> dict[str, Any]:
    return {
        PARTITION_KEY: {"S": f"hours#{record.group}"},
        SORT_KEY: {"S": _partition_of(record)},
        "expires_at": _log_expiry(record),
    }


class EventTable:
    """The hot table. Every read is strongly consistent."""

    def __init__(self, client: Any, table: str, retries: Retries | None = None) -> None:
        self._client = client
        self._table = table
        self._arrivals = Arrivals(client, table)
        self._retries = retries or Retries()
        self._known_hours: set[tuple[str, str]] = set()

    def add(self, records: Sequence[EventRecord]) -> None:
        """Writes records to their histories and to the hot log; adding one again changes nothing.

        Raises:
            EventsNotKept: the table took some only, however often it was asked.
        """
        items = []
        hours = {}
        for record in records:
            items.append(_log_item(record))
            hours[record.group, _partition_of(record)] = record
            event = visitor_event(record)
            if event:
                items.append(_visitor_item(record.group, record.user or record.session, event))
        new_hours = {key: record for key, record in hours.items() if key not in self._known_hours}
        self._write(items + [_hour_item(record) for record in new_hours.values()])
        self._arrivals.mark(new_hours.values())
        # Every request would write the same few entries, and all of a group's lie in one partition: once is enough.
        if len(self._known_hours) > _KNOWN_HOURS:
            self._known_hours.clear()
        self._known_hours.update(new_hours)

    def add_to_history(self, group: str, visitor: str, events: Iterable[VisitorEvent]) -> None:
        """Writes events into one more history."""
        self._write([_visitor_item(group, visitor, event) for event in events])

    def history(self, group: str, visitor: str, limit: int) -> list[VisitorEvent]:
        """The newest `limit` events of the user or session of this id, oldest first. One query, as a rule."""
        found: list[VisitorEvent] = []
        for item in self._query(f"visitor#{group}#{visitor}", newest_first=True, limit=limit):
            found.append(_visitor_event_of(item))
            if len(found) == limit:
                break
        return found[::-1]

    def link(self, group: str, session: str, user: str, linked_ms: int) -> SessionLink:
        """Gives the session to the user, unless it belongs to one; returns whose it is now. The link lasts anew."""
        answer = self._client.update_item(
            TableName=self._table,
            Key=_link_key(group, session),
            UpdateExpression=(
                "SET #user = if_not_exists(#user, :user), linked_ms = if_not_exists(linked_ms, :linked_ms), "
                "expires_at = :expires_at"
            ),
            ExpressionAttributeNames={"#user": "user"},
            ExpressionAttributeValues={
                ":user": {"S": user},
                ":linked_ms": number(linked_ms),
                ":expires_at": number(linked_ms // 1000 + LINK_DAYS * _DAY_S),
            },
            ReturnValues="ALL_NEW",
        )
        return _link_of(answer["Attributes"])

    def find_link(self, group: str, session: str) -> SessionLink | None:
        answer = self._client.get_item(TableName=self._table, Key=_link_key(group, session), ConsistentRead=True)
        return _link_of(answer["Item"]) if "Item" in answer else None

    def query_link(self, group: str, session: str) -> SessionLink | None:
        """What `find_link` finds, for training, which may query this table and do nothing else."""
        return next((_link_of(item) for item in self._query(_link_key(group, session)[PARTITION_KEY]["S"])), None)

    def mark_adopted(self, group: str, session: str) -> None:
        """Says that all of the session's earlier events are in the user's history."""
        self._client.update_item(
            TableName=self._table,
            Key=_link_key(group, session),
            UpdateExpression="SET adopted = :yes",
            ExpressionAttributeValues={":yes": {"BOOL": True}},
        )

    def session_events(self, group: str, session: str) -> Iterator[VisitorEvent]:
        """Every event in the session's own history, oldest first."""
        for item in self._query(f"visitor#{group}#{session}"):
            event = _visitor_event_of(item)
            if event.owner == "session":
                yield event

    def log(self, group: str) -> Iterator[EventRecord]:
        """Every record in the group's hot log partitions."""
        for entry in self._query(f"hours#{group}"):
            for item in self._query(f"log#{group}#{entry[SORT_KEY]['S']}"):
                yield EventRecord.of_line(item["line"]["S"])

    def _query(
        self, partition: str, *, newest_first: bool = False, limit: int | None = None
    ) -> Iterator[dict[str, Any]]:
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": partition}},
            "ConsistentRead": True,
            "ScanIndexForward": not newest_first,
        }
        if limit is not None:
            request["Limit"] = limit
        while True:
            answer = self._client.query(**request)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _write(self, items: list[dict[str, Any]]) -> None:
        # The same key twice in one batch is an error; equal keys carry equal items here.
        unique = {(item[PARTITION_KEY]["S"], item[SORT_KEY]["S"]): item for item in items}
        puts = [{"PutRequest": {"Item": item}} for item in unique.values()]
        if not write_all(self._client, self._table, puts, self._retries):
            raise EventsNotKept("too many events just now, not all were kept; send this request again in a moment")


def _link_of(item: dict[str, Any]) -> SessionLink:
    return SessionLink(
        user=item["user"]["S"],
        linked_ms=int(item["linked_ms"]["N"]),
        adopted=item.get("adopted", {}).get("BOOL", False),
        expires_s=int(item["expires_at"]["N"]),
    )
