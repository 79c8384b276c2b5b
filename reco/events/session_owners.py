"""Whose the anonymous events of a session are, as training sees it: the same user's as in the hot table.

The log alone says who was seen first with a session. That call may have failed, or two may have come at once, and
the link in the hot table went to the other: its user's next answer counts the session's events, so training must as
well, or they would leave a history that a 200 put them into. So where a session has several users, the link decides.

It decides too where a session was in use after the settled time of the freeze. A login that came before may have died
before its link, one that came after may be on its way, and the next user to come then gets the session: events that
training had given to another would be marked as known to the model (`unsettled_events`), and the runtime would keep
them from whom they belong to. Without a link they are nobody's yet; whoever links the session does it after the settled
time, and has them at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from reco.storage.event_records import EventRecord
from reco.storage.events import LINK_DAYS, SessionLink

FindLinks = Callable[[Sequence[str]], Mapping[str, SessionLink]]
"""The links of these sessions, as far as there are any."""

_LINK_MS = LINK_DAYS * 86_400_000


@dataclass(frozen=True)
class SessionOwner:
    user: str
    known_ms: int
    """The latest time at which one of the calls in the log may have made the link, had all before it failed."""


def session_owners(ordered: Iterable[EventRecord], settled_ms: int, find_links: FindLinks) -> dict[str, SessionOwner]:
    """The owner of each session that has one, and events without a user.

    Args:
        ordered: by time of receipt, then by record id.
        settled_ms: every call that was received up to here has ended.
        find_links: asked once, for the sessions in which several users were seen, or anything after `settled_ms`.
    """
    ordered = list(ordered)
    anonymous = {record.session for record in ordered if record.user is None}
    recent = {record.session for record in ordered if record.received_ms > settled_ms}
    firsts: dict[str, tuple[str, int]] = {}
    latest: dict[str, int] = {}
    contested = set()
    for record in ordered:
        if record.user is not None and record.session in anonymous:
            first, _ = firsts.setdefault(record.session, (record.user, record.received_ms))
            latest[record.session] = record.received_ms
            if record.user != first:
                contested.add(record.session)
    asked = sorted(contested | recent & firsts.keys())
    links = find_links(asked) if asked else {}
    owners = {}
    for session, (user, received_ms) in firsts.items():
        link = links.get(session)
        # A link made so much later stands where an earlier one has expired, and had given away what came before.
        if link and link.linked_ms - received_ms < _LINK_MS:
            owners[session] = SessionOwner(link.user, max(latest[session], link.linked_ms))
        elif link or session not in recent or settled_ms - received_ms >= _LINK_MS:
            owners[session] = SessionOwner(user, latest[session])
    return owners
