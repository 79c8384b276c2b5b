"""Durable, then hot, under faults: what was acknowledged is kept, and what was not is not claimed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from reco.storage.event_stream import EventsNotKept
from reco.storage.events import VisitorEvent
from tests.aws import GROUP
from tests.events.conftest import EventsWorld
from tests.faults import Delay, Fault, Faults, Kill, Killed, LostAnswer, Partly, Refusal, ServerError, Throttle

EVENTS = [{"itemId": f"i{number}"} for number in range(10)]
ITEMS = [f"i{number}" for number in range(10)]


def test_records_that_firehose_refuses_are_sent_again_alone(world: EventsWorld) -> None:
    faults = Faults(seed=3)
    faults.add(world.firehose, "PutRecordBatch", Partly(0.5), times=3)
    assert world.put(*EVENTS)["statusCode"] == 200
    assert sorted(str(record.item) for record in world.streamed()) == ITEMS
    assert world.waits == [0.05, 0.1, 0.2][: len(world.waits)]


def test_a_stream_that_keeps_refusing_fails_the_call_before_anything_is_hot(world: EventsWorld) -> None:
    Faults(seed=3).add(world.firehose, "PutRecordBatch", Partly(1.0))
    answer = world.put(*EVENTS)
    assert (answer["statusCode"], answer["headers"]["x-amzn-ErrorType"]) == (429, "ThrottlingException")
    assert world.streamed() == world.log() == world.history() == []
    assert world.waits == [0.05, 0.1, 0.2, 0.4, 0.8]


def test_items_that_dynamodb_leaves_are_written_again(world: EventsWorld) -> None:
    Faults(seed=5).add(world.dynamodb, "BatchWriteItem", Partly(0.6), times=4)
    assert world.put(*EVENTS)["statusCode"] == 200
    assert len(world.log()) == len(world.history()) == 10


def test_a_table_that_keeps_refusing_fails_the_call_and_the_log_still_has_it(
    world: EventsWorld, tmp_path: Path
) -> None:
    Faults(seed=5).add(world.dynamodb, "BatchWriteItem", Partly(1.0))
    assert world.put(*EVENTS)["statusCode"] == 429
    assert len(world.streamed()) == 10
    assert sorted(world.collect(tmp_path).items) == ITEMS


@pytest.mark.parametrize(
    "fault", [Throttle(), ServerError(), ServerError(after=True), LostAnswer(), Delay(60.0, lambda _: None)]
)
@pytest.mark.parametrize("operation", ["PutRecordBatch", "BatchWriteItem", "UpdateItem", "Query", "GetItem"])
def test_one_fault_of_any_kind_is_overcome_and_nothing_counts_twice(
    world: EventsWorld, tmp_path: Path, operation: str, fault: Fault
) -> None:
    faults = Faults()
    client = world.firehose if operation == "PutRecordBatch" else world.dynamodb
    faults.add(client, operation, fault, times=1)
    assert world.put(*EVENTS)["statusCode"] == 200
    assert faults.count(operation) == 1
    assert len(world.log()) == len(world.history()) == 10
    assert sorted(world.collect(tmp_path).items) == ITEMS


@pytest.mark.parametrize("operation", ["PutRecordBatch", "BatchWriteItem", "UpdateItem"])
def test_what_is_refused_for_good_is_not_acknowledged(world: EventsWorld, operation: str) -> None:
    client = world.firehose if operation == "PutRecordBatch" else world.dynamodb
    Faults().add(client, operation, Refusal())
    assert world.put(*EVENTS)["statusCode"] == 500


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("operation", ["PutRecordBatch", "BatchWriteItem", "UpdateItem", "Query"])
def test_a_kill_at_any_step_and_a_repeat_leave_every_event_once_in_each_store(
    make_world: Callable[[], EventsWorld], world: EventsWorld, tmp_path: Path, operation: str, after: bool
) -> None:
    """The client repeats with a new request: its own event ids keep training from counting twice."""
    world.put({"itemId": "before", "eventId": "0"}, user=None)
    events = [{"itemId": item, "eventId": item} for item in ITEMS]
    dying = make_world()
    dying.requests = 50
    Faults().add(dying.firehose if operation == "PutRecordBatch" else dying.dynamodb, operation, Kill(after))
    with pytest.raises(Killed):
        dying.put(*events)
    other = make_world()
    other.requests = 100
    assert other.put(*events)["statusCode"] == 200
    frozen = world.collect(tmp_path)
    assert sorted(frozen.items) == ["before", *ITEMS]
    assert set(frozen.users) == {"ann"}
    assert {item for item, _ in world.history()} == {"before", *ITEMS}


STEPS = [
    *(("PutRecordBatch", fault) for fault in (Refusal(), LostAnswer(), ServerError(after=True), Partly(1.0))),
    *(("BatchWriteItem", fault) for fault in (Refusal(), LostAnswer(), ServerError(after=True), Partly(1.0))),
    *(("UpdateItem", fault) for fault in (Refusal(), LostAnswer(), ServerError(after=True))),
    *(("Query", fault) for fault in (Refusal(), LostAnswer())),
]


@pytest.mark.parametrize("skip", [0, 1])
@pytest.mark.parametrize(("operation", "fault"), STEPS)
def test_what_a_session_was_acknowledged_follows_its_user_though_the_login_failed_at_any_step(
    make_world: Callable[[], EventsWorld], world: EventsWorld, tmp_path: Path, operation: str, fault: Fault, skip: int
) -> None:
    """An event before the login, a login that no retry saves (at its first request of the kind, or its second), then
    an event of each kind: what was acknowledged is the user's for the next answer and for training, once each."""
    assert world.put({"itemId": "before"}, user=None)["statusCode"] == 200
    login = make_world()
    login.requests = 50
    client = login.firehose if operation == "PutRecordBatch" else login.dynamodb
    client.meta.config.retries["total_max_attempts"] = 1
    faults = Faults()
    faults.add(client, operation, fault, skip=skip)
    acknowledged = {"before"}
    if login.put({"itemId": "login"})["statusCode"] == 200:
        assert faults.count(operation) == 0
        acknowledged.add("login")
    for item, user in (("after", None), ("again", "ann"), ("last", None)):
        assert world.put({"itemId": item}, user=user)["statusCode"] == 200
        acknowledged.add(item)
    frozen = world.collect(tmp_path)
    assert set(frozen.users) == {"ann"}
    assert acknowledged <= set(frozen.items) <= acknowledged | {"login"}
    assert len(frozen.items) == len(set(frozen.items))
    history = [item for item, owner in world.history() if owner == "user"]
    assert acknowledged <= set(history) <= acknowledged | {"login"}
    assert len(history) == len(set(history))


@pytest.mark.parametrize("inner", [Throttle(), ServerError(), Partly(1.0)])
def test_a_storm_never_says_that_a_part_was_taken_which_another_fault_refused(world: EventsWorld, inner: Fault) -> None:
    """Two who plan faults for one client: the part that one lets through is struck by the other."""
    for fault in (Partly(0.0), inner):
        Faults().add(world.firehose, "PutRecordBatch", fault)
        Faults().add(world.dynamodb, "BatchWriteItem", fault)
    world.firehose.meta.config.retries["total_max_attempts"] = 1
    world.dynamodb.meta.config.retries["total_max_attempts"] = 1
    assert world.put(*EVENTS)["statusCode"] in (429, 500)
    with pytest.raises((ClientError, EventsNotKept)):
        world.table.add_to_history(GROUP, "ann", [VisitorEvent("r-0", "i0", 0, 0, "user", "click")])
    assert world.streamed() == world.history() == []


@pytest.mark.parametrize("seed", range(4))
def test_under_a_storm_of_faults_all_that_was_acknowledged_is_kept(
    world: EventsWorld, tmp_path: Path, seed: int
) -> None:
    faults = Faults(seed)
    for fault in (Throttle(), ServerError(after=True), LostAnswer(), Partly(0.5)):
        faults.add(world.firehose, "PutRecordBatch", fault, share=0.2)
        faults.add(world.dynamodb, "BatchWriteItem", fault, share=0.2)
    world.firehose.meta.config.retries["total_max_attempts"] = 2
    acknowledged = set()
    for number in range(12):
        user = "ann" if number % 3 else None
        if world.put({"itemId": f"i{number}"}, user=user)["statusCode"] == 200:
            acknowledged.add(f"i{number}")
    frozen = world.collect(tmp_path)
    assert acknowledged <= set(frozen.items)
    assert len(frozen.items) == len(set(frozen.items))
    assert acknowledged <= {item for item, _ in world.history()}
