"""The hours in which events arrived: marked by whoever adds them, asked for by automatic training."""

from __future__ import annotations

import pytest

from reco.storage.arrivals import ARRIVAL_DAYS, HOUR_S, Arrivals
from reco.storage.event_records import EventRecord
from reco.storage.events import EventTable
from tests.aws import GROUP, SESSION, in_moto, make_table

NOON = 1_700_000_000.0 // HOUR_S * HOUR_S


def record(received_at: float, number: int = 0) -> EventRecord:
    return EventRecord(
        group=GROUP,
        record=f"{received_at}-{number}",
        user="ann",
        session="s",
        item="i",
        type="click",
        sent_at=received_at,
        received_at=received_at,
        event_id=str(number),
    )


def test_a_group_was_sent_events_since_any_time_of_that_hour_and_before(monkeypatch: pytest.MonkeyPatch) -> None:
    with in_moto(monkeypatch):
        client = SESSION.client("dynamodb")
        make_table(client, "events")
        arrivals = Arrivals(client, "events")
        assert not arrivals.arrived_since(GROUP, 0.0)
        for sandbox in (EventTable(client, "events"), EventTable(client, "events")):
            sandbox.add([record(NOON + 10), record(NOON + 20, 1)])
        for since, arrived in ((0.0, True), (NOON, True), (NOON + 3599, True), (NOON + 3600, False)):
            assert arrivals.arrived_since(GROUP, since) is arrived
        assert not arrivals.arrived_since("0" * 16, 0.0)
        kept = client.query(
            TableName="events",
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"arrivals#{GROUP}"}},
        )["Items"]
        assert [float(each["expires_at"]["N"]) for each in kept] == [NOON + HOUR_S + ARRIVAL_DAYS * 86_400]
