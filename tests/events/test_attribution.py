"""Calls of one session that die anywhere, in any order: every acknowledged event is its user's exactly once, before
a training and after it, whenever the training was."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from reco.events.freeze import StreamedEvents, unite
from reco.storage.event_records import EventRecord
from reco.storage.events import LINK_DAYS, VISITOR_DAYS, SessionLink, VisitorEvent
from tests.aws import GROUP
from tests.events.conftest import EventsWorld
from tests.faults import Faults, Kill, Killed, Meanwhile

OPERATIONS = ["BatchWriteItem", "UpdateItem", "Query", "GetItem"]
DAY_S = 86_400
SESSIONS = 2


def links(world: EventsWorld) -> Callable[..., dict[str, SessionLink]]:
    return lambda sessions: {each: link for each in sessions if (link := world.table.query_link(GROUP, each))}


def records_of(world: EventsWorld, session: str) -> list[EventRecord]:
    """All of the session's: the stream has every record before the table does."""
    return [record for record in world.streamed() if record.session == session]


def counted(model: StreamedEvents, streamed: Sequence[VisitorEvent], user: str) -> Counter[str]:
    """How often each record is in the user's history, as the runtime joins the model's own and what was streamed."""
    trained = [record for record, owner in zip(model.records, model.users, strict=True) if owner == user]
    added = [
        event.record
        for event in streamed
        if event.owner == "user" and event.known_ms > model.settled_ms and event.record not in model.unsettled
    ]
    return Counter([*trained, *added])


def call(world: EventsWorld, draw: random.Random, session: str, *, user: str | None, share_killed: float) -> str | None:
    """One call, which may die, in a sandbox that may be new; the record's id if it was acknowledged."""
    sandbox = world
    if draw.random() < 0.3:
        sandbox = EventsWorld(world.dynamodb, world.firehose, world.s3, world.clock)
    world.requests = sandbox.requests = world.requests + 1
    with Faults() as faults:
        if draw.random() < share_killed:
            kill = Kill(after=draw.random() < 0.5)
            faults.add(world.dynamodb, draw.choice(OPERATIONS), kill, times=1, skip=draw.choice([0, 0, 1]))
        try:
            answer = sandbox.put({"itemId": "i"}, user=user and f"{user}-{session}", session=session)
        except Killed:
            return None
        finally:
            world.requests = sandbox.requests
    assert answer["statusCode"] == 200
    return f"request{sandbox.requests}=-0"


@pytest.mark.parametrize("seed", range(8))
def test_whoever_dies_where_each_acknowledged_event_counts_once_for_its_user(world: EventsWorld, seed: int) -> None:
    """The last call lives: one that died between its link and its copies leaves these to the next."""
    draw = random.Random(seed)
    for number in range(SESSIONS):
        session = f"s{number}"
        acknowledged = set()
        times = [round(world.clock.now * 1000) - 1]
        models = []
        calls = [(draw.choice([None, "ann", "bob"]), 0.4) for _ in range(draw.randint(2, 5))]
        for user, share_killed in [*calls, (draw.choice([None, "ann", "bob"]), 0.0)]:
            world.clock.now += draw.choice([0, 0.001, 1])
            times.append(round(world.clock.now * 1000))
            if record := call(world, draw, session, user=user, share_killed=share_killed):
                acknowledged.add(record)
            known = records_of(world, session)
            # A freeze settles nothing that a later call may still be received at: two minutes lie in between.
            models += [unite(known, settled_ms, links(world)) for settled_ms in set(times) if settled_ms < times[-1]]
        last = [unite(known, settled_ms, links(world)) for settled_ms in set(times)]
        link = world.table.find_link(GROUP, session)
        histories = {user: world.table.history(GROUP, user, 100) for user in (f"ann-{session}", f"bob-{session}")}
        for record in {each.record: each for each in known}.values():
            user = record.user or (link and link.user)
            if record.record in acknowledged and user:
                streamed = histories[user]
                assert all(counted(model, streamed, user)[record.record] >= 1 for model in models)
                assert [counted(model, streamed, user)[record.record] for model in last] == [1] * len(last)


def test_of_two_logins_at_once_the_one_that_the_hot_table_took_is_the_owner_for_training_too(
    world: EventsWorld, make_world: Callable[[], EventsWorld]
) -> None:
    """Bob's call is received first, or in the same millisecond, and Ann's overtakes it before it links."""
    world.put({"itemId": "before"}, user=None)
    bob, ann = make_world(), make_world()
    bob.requests, ann.requests = 100, 200
    overtake = Meanwhile(lambda: ann.put({"itemId": "a"}, user="ann"), after=True)
    with Faults() as faults:
        faults.add(bob.dynamodb, "BatchWriteItem", overtake, times=1)
        assert bob.put({"itemId": "b"}, user="bob")["statusCode"] == 200
    model = unite(records_of(world, "s1"), 10**15, links(world))
    assert dict(zip(model.items, model.users, strict=True)) == {"before": "ann", "a": "ann", "b": "bob"}
    assert {item for item, _ in world.history("ann")} == {"before", "a"}


def test_an_anonymous_call_finishes_what_the_call_that_made_the_link_did_not(
    world: EventsWorld, make_world: Callable[[], EventsWorld]
) -> None:
    world.put({"itemId": "before", "sentAt": 1}, user=None)
    dying = make_world()
    dying.requests = 50
    Faults().add(dying.dynamodb, "UpdateItem", Kill(after=True), skip=1)
    with pytest.raises(Killed):
        dying.put({"itemId": "login", "sentAt": 2})
    assert [item for item, _ in world.history()] == ["login"]
    world.put({"itemId": "after", "sentAt": 3}, user=None)
    assert [item for item, _ in world.history()] == ["before", "login", "after"]


@pytest.mark.parametrize("user", [None, "bob"])
def test_a_session_in_use_keeps_its_user_longer_than_a_link_lasts(
    world: EventsWorld, make_world: Callable[[], EventsWorld], user: str | None
) -> None:
    """A session's id may be a cookie that lives for years. Of bob's calls each comes to a new sandbox."""
    world.put({"itemId": "first"})
    began = world.clock.now
    while world.clock.now < began + 3 * LINK_DAYS * DAY_S:
        world.clock.now += (VISITOR_DAYS - 1) * DAY_S
        sandbox = make_world()
        sandbox.requests = world.requests = world.requests + 1
        sandbox.put({"itemId": "next"}, user=user)
        link = world.table.find_link(GROUP, "s1")
        assert link
        assert (link.user, link.linked_ms) == ("ann", round(began * 1000))
        assert link.lasts(world.clock.now)


def test_a_link_that_stands_where_an_earlier_one_has_expired_gives_nothing_of_before_away() -> None:
    def record(name: str, user: str | None, day: int) -> EventRecord:
        return EventRecord(GROUP, name, user, "s1", "i", "click", 0.0, float(day * DAY_S), name)

    log = [record("a", None, 0), record("b", "ann", 1), record("c", "bob", 2 + LINK_DAYS)]
    link = SessionLink("bob", (2 + LINK_DAYS) * DAY_S * 1000, True, 0)
    frozen = unite(log, 10**15, lambda _: {"s1": link})
    assert dict(zip(frozen.records, frozen.users, strict=True)) == {"a": "ann", "b": "ann", "c": "bob"}


def test_links_are_asked_for_where_several_users_were_seen_or_the_session_was_just_in_use_only() -> None:
    def record(name: str, user: str | None, session: str, received_at: float = 1.0) -> EventRecord:
        return EventRecord(GROUP, name, user, session, "i", "click", 0.0, received_at, name)

    one = [record("a", None, "one"), record("b", "ann", "one"), record("c", "ann", "one")]
    named = [record("d", "ann", "named", 2.0), record("e", "bob", "named", 3.0)]
    several = [record("f", None, "several"), record("g", "ann", "several"), record("h", "bob", "several")]
    login = [record("i", None, "login"), record("j", "ann", "login", 2.0)]
    visit = [record("k", "ann", "visit"), record("l", None, "visit", 2.0)]
    nobody = [record("m", None, "nobody", 2.0)]
    asked: list[list[str]] = []

    def find_links(sessions: object) -> dict[str, SessionLink]:
        asked.append(list(sessions))  # type: ignore[call-overload]
        return {}

    unite([*one, *named], 1000, find_links)
    unite([*one, *named, *several, *login, *visit, *nobody], 1000, find_links)
    assert asked == [["login", "several", "visit"]]


@pytest.mark.parametrize(
    "calls",
    [
        [(None, 300.0), ("ann", 10.0)],
        [(None, 300.0), ("ann", 200.0), ("bob", 10.0)],
        [("ann", 200.0), (None, 10.0)],
        [("ann", 10.0), (None, 200.0)],
    ],
)
def test_whoever_links_a_session_after_a_training_has_its_earlier_events_at_once(
    world: EventsWorld, tmp_path: Path, calls: list[tuple[str | None, float]]
) -> None:
    """Logins die between the log and the link. Seconds pass after each call; then comes a training, then carol."""
    for user, passing_s in calls:
        if user is None:
            world.put({"itemId": "anonymous"}, user=None)
        else:
            with Faults() as faults, pytest.raises(Killed):
                faults.add(world.dynamodb, "UpdateItem", Kill(), times=1)
                world.put({"itemId": "login"}, user=user)
        world.clock.now += passing_s
    model = world.collect(tmp_path)
    world.put({"itemId": "b"}, user="carol")
    (record,) = [record.record for record in world.log() if record.item == "anonymous"]
    assert counted(model, world.table.history(GROUP, "carol", 10), "carol")[record] == 1


def test_a_login_that_dies_takes_nothing_from_whom_a_session_belonged_to_longer_ago_than_links_last() -> None:
    def record(name: str, user: str | None, day: int) -> EventRecord:
        return EventRecord(GROUP, name, user, "s1", "i", "click", 0.0, float(day * DAY_S), name)

    log = [record("a", None, 0), record("b", "ann", 1), record("c", "bob", 2 + LINK_DAYS)]
    frozen = unite(log, (1 + LINK_DAYS) * DAY_S * 1000, lambda _: {})
    assert dict(zip(frozen.records, frozen.users, strict=True)) == {"a": "ann", "b": "ann", "c": "bob"}
