"""Keeping events: durable first, then hot, then whose they are (docs/adr/0007)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reco.storage.event_records import EventRecord
from reco.storage.event_stream import EventStream
from reco.storage.events import EventTable, SessionLink, VisitorEvent, visitor_event

_REMEMBERED_SESSIONS = 10_000


class EventIntake:
    """Takes the records of one call at a time; when `keep` returns, they are safe and the next answer counts them.

    A visitor's events before the login are kept under the session. Which of two concurrent calls, one anonymous and
    one that names the user, must hand such an event to the user is settled by their order of steps:

        anonymous call:  1. write the event under the session   2. read the link   3. linked? give the event away
        naming call:     1. write the link                      2. read the session's events, give them away

    If 2 of the first misses the link, the link was written later, so 2 of the second sees the event.
    """

    def __init__(self, stream: EventStream, table: EventTable) -> None:
        self._stream = stream
        self._table = table
        self._settled: set[tuple[str, str]] = set()

    def keep(self, records: Sequence[EventRecord]) -> None:
        """Keeps the records of one call: one group, one session, one user or none.

        Raises:
            EventsNotKept: not all could be kept. The caller must send all again: some may be kept twice then.
        """
        self._stream.add(records)
        self._table.add(records)
        first = records[0]
        if first.user is None:
            self._give_to_linked_user(records)
        elif (first.group, first.session) not in self._settled:
            self._link(first.group, first.session, first.user, first.received_ms)

    def _give_to_linked_user(self, records: Sequence[EventRecord]) -> None:
        first = records[0]
        link = self._table.find_link(first.group, first.session)
        if link is None:
            return
        if not link.lasts(first.received_at):
            # By the same request that makes a link, as this one may be forgotten in this very moment.
            link = self._table.link(first.group, first.session, link.user, first.received_ms)
        if link.adopted:
            self._give(first.group, link, [event for record in records if (event := visitor_event(record))])
        else:
            self._adopt(first.group, first.session, link)

    def _link(self, group: str, session: str, user: str, received_ms: int) -> None:
        link = self._table.link(group, session, user, received_ms)
        if not link.adopted:
            self._adopt(group, session, link)
        if len(self._settled) >= _REMEMBERED_SESSIONS:
            self._settled.clear()
        self._settled.add((group, session))

    def _adopt(self, group: str, session: str, link: SessionLink) -> None:
        """Gives all of the session's events away. Whoever finds that this was not done does it, whosever the link is:
        the call that made the link may have died before."""
        self._give(group, link, list(self._table.session_events(group, session)))
        self._table.mark_adopted(group, session)

    def _give(self, group: str, link: SessionLink, events: Sequence[VisitorEvent]) -> None:
        given = [replace(event, owner="user", known_ms=max(event.known_ms, link.linked_ms)) for event in events]
        self._table.add_to_history(group, link.user, given)
