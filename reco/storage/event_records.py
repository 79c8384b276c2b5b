"""A streamed event as it is kept, and the marks by which a model says which ones it was trained on."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

EVENTS_THROUGH = "events_through_ms"
"""Attribute of a trained artefact: its histories hold every event that became a user's own up to here."""
UNSETTLED_EVENTS = "unsettled_events"
"""Vocabulary in a trained artefact: records that its histories hold although they became known later."""


@dataclass(frozen=True)
class EventRecord:
    """One event as it was accepted. Times are seconds since the epoch, with fraction."""

    group: str
    """Incarnation of the dataset group."""
    record: str
    """Unique: the request's id and the event's place in it."""
    user: str | None
    session: str
    item: str | None
    type: str
    sent_at: float
    """When it happened, by the client's clock."""
    received_at: float
    """When the service took it in, by the service's clock."""
    event_id: str
    """The client's id, which may repeat across events; the record's id where the client gave none."""
    value: float | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    """By column of the interactions schema, converted; as the client sent them where no schema was known."""
    impression: tuple[str, ...] = ()
    recommendation_id: str | None = None
    attribution_source: str | None = None

    @property
    def received_ms(self) -> int:
        return round(self.received_at * 1000)

    def line(self) -> str:
        """The record as one line of JSON, without the line's end.

        Raises:
            ValueError: a number in it is not finite.
        """
        return json.dumps(vars(self), separators=(",", ":"), ensure_ascii=False, allow_nan=False)

    @staticmethod
    def of_line(line: str | bytes) -> EventRecord:
        """Reads a line; members that a later version added are left out.

        Raises:
            ValueError: not JSON, or not a record.
        """
        data = json.loads(line)
        try:
            known = {name: data[name] for name in _FIELDS if name in data}
            return EventRecord(**{**known, "impression": tuple(known.get("impression", ()))})
        except TypeError as error:
            raise ValueError(f"not an event record: {error}") from error


_FIELDS = tuple(EventRecord.__dataclass_fields__)
