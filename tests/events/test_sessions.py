"""Anonymous visitors: their events are kept under the session and follow the first user seen with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.aws import GROUP
from tests.events.conftest import EventsWorld
from tests.faults import Faults, Meanwhile


def test_anonymous_events_are_in_the_history_of_the_session(world: EventsWorld) -> None:
    world.put({"itemId": "a"}, user=None, session="s1")
    assert world.history("s1") == [("a", "session")]


def test_the_first_event_with_both_ids_brings_the_earlier_ones_along(world: EventsWorld, tmp_path: Path) -> None:
    world.put({"itemId": "a", "sentAt": 100}, user=None)
    world.clock.now += 10
    world.put({"itemId": "b", "sentAt": 200}, user="ann")
    assert world.history("ann") == [("a", "user"), ("b", "user")]
    assert world.collect(tmp_path).users == ["ann", "ann"]


def test_an_anonymous_event_after_the_link_is_its_users_at_once(world: EventsWorld) -> None:
    world.put({"itemId": "a", "sentAt": 100}, user="ann")
    world.put({"itemId": "b", "sentAt": 200}, user=None)
    assert world.history("ann") == [("a", "user"), ("b", "user")]


def test_a_session_stays_with_its_first_user_and_named_events_with_theirs(world: EventsWorld, tmp_path: Path) -> None:
    world.put({"itemId": "a", "sentAt": 100}, user=None)
    world.put({"itemId": "b", "sentAt": 200}, user="ann")
    world.put({"itemId": "c", "sentAt": 300}, user="bob")
    world.put({"itemId": "d", "sentAt": 400}, user=None)
    assert [item for item, _ in world.history("ann")] == ["a", "b", "d"]
    assert [item for item, _ in world.history("bob")] == ["c"]
    frozen = world.collect(tmp_path)
    assert (frozen.users, frozen.items) == (["ann", "ann", "ann", "bob"], ["a", "b", "d", "c"])


def test_a_session_that_names_itself_as_user_counts_each_event_once(world: EventsWorld, tmp_path: Path) -> None:
    world.put({"itemId": "a", "sentAt": 100}, user=None, session="s1")
    world.put({"itemId": "b", "sentAt": 200}, user="s1", session="s1")
    assert world.history("s1") == [("a", "user"), ("b", "user")]
    assert world.collect(tmp_path).items == ["a", "b"]


def test_a_session_with_the_id_of_another_user_gives_that_user_nothing(world: EventsWorld) -> None:
    world.put({"itemId": "a"}, user=None, session="1")
    world.put({"itemId": "b"}, user="1", session="2")
    assert sorted(world.history("1")) == [("a", "session"), ("b", "user")]


def test_events_given_away_become_known_when_the_link_did(world: EventsWorld) -> None:
    world.put({"itemId": "a"}, user=None)
    world.clock.now += 10
    world.put({"itemId": "b"}, user="ann")
    known = {event.item: event.known_ms for event in world.table.history(GROUP, "ann", 10)}
    assert known["a"] == known["b"] == round(world.clock.now * 1000)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("request_of_call", ["BatchWriteItem", "GetItem"])
def test_a_link_made_in_the_middle_of_an_anonymous_call_loses_no_event(
    make_world: Callable[[], EventsWorld], world: EventsWorld, after: bool, request_of_call: str
) -> None:
    naming, anonymous = make_world(), make_world()
    naming.requests, anonymous.requests = 100, 200
    anonymous.put({"itemId": "warm"}, user=None, session="other")
    interruptions: list[int] = []
    named = Meanwhile(lambda: interruptions.append(naming.put({"itemId": "named"})["statusCode"]), after)
    Faults().add(anonymous.dynamodb, request_of_call, named, times=1)
    assert anonymous.put({"itemId": "anonymous"}, user=None)["statusCode"] == 200
    assert interruptions == [200]
    assert {item for item, _ in world.history()} == {"named", "anonymous"}
