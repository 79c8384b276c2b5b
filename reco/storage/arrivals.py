"""In which hours a dataset group was sent events: what automatic training asks, long after the events have left.

    pk                sk      what
    arrivals#GROUP    HOUR    that records were received in this hour, yyyymmddhh in UTC

The entries lie in the hot table, which writes one with the first record of an hour (reco.storage.events).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from reco.storage.event_records import EventRecord
from reco.storage.tables import PARTITION_KEY, SORT_KEY

ARRIVAL_DAYS = 62
"""Longer than any time between two trainings, which ask whether events arrived meanwhile."""
HOUR_S = 3_600
_DAY_S = 86_400


def hour_of(epoch_s: float) -> str:
    return datetime.fromtimestamp(epoch_s, UTC).strftime("%Y%m%d%H")


def number(value: float) -> dict[str, str]:
    """As DynamoDB takes it."""
    return {"N": repr(value)}


class Arrivals:
    """What is known of the arrival of events. Reads are strongly consistent."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def mark(self, records: Iterable[EventRecord]) -> None:
        """Writes the hours in which these records were received; repeating it changes nothing."""
        for group, hour in {(each.group, int(each.received_at) // HOUR_S) for each in records}:
            began = hour * HOUR_S
            self._client.update_item(
                TableName=self._table,
                Key={PARTITION_KEY: {"S": f"arrivals#{group}"}, SORT_KEY: {"S": hour_of(began)}},
                UpdateExpression="SET expires_at = :expires_at",
                ExpressionAttributeValues={":expires_at": number(began + HOUR_S + ARRIVAL_DAYS * _DAY_S)},
            )

    def arrived_since(self, group: str, epoch_s: float) -> bool:
        """Whether the group of this incarnation was sent records in the hour of this time or later.

        An event from earlier in that same hour counts too: at worst a model is trained once more on what it knows.
        """
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk >= :hour",
            ExpressionAttributeValues={":pk": {"S": f"arrivals#{group}"}, ":hour": {"S": hour_of(epoch_s)}},
            ConsistentRead=True,
            Limit=1,
        )
        return bool(answer["Items"])
