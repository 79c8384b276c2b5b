"""The union of both logs: complete, each event once, the same whatever the order."""

from __future__ import annotations

import gzip
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from reco.artefact import Vocabulary
from reco.errors import PlatformFault
from reco.events.freeze import freeze_events, unite
from reco.jobs.specification import EventLog
from reco.storage.event_records import EVENTS_THROUGH, UNSETTLED_EVENTS, EventRecord
from reco.storage.events import SessionLink
from reco.storage.objects import Objects
from tests.aws import GROUP
from tests.events.conftest import EventsWorld

LOG = EventLog("data", "events/", "events", GROUP)


def record(name: str, **changes: object) -> EventRecord:
    plain = EventRecord(
        group=GROUP, record=name, user="ann", session="s1", item="i1", type="click", sent_at=100.0, received_at=1000.0,
        event_id=name,
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


def put_log(world: EventsWorld, key: str, *members: list[EventRecord], compress: bool = True) -> None:
    parts = ["".join(each.line() + "\n" for each in records).encode() for records in members]
    body = b"".join(gzip.compress(part) if compress else part for part in parts)
    world.s3.put_object(Bucket="data", Key=f"events/{key}", Body=body)


def test_an_event_is_taken_whether_it_is_in_one_log_or_in_both(world: EventsWorld, tmp_path: Path) -> None:
    both, cold, hot = record("a-0", item="both"), record("b-0", item="cold"), record("c-0", item="hot")
    put_log(world, "2024/01/01/00/one.gz", [both], [cold])
    world.table.add([both, hot])
    assert sorted(world.collect(tmp_path).items) == ["both", "cold", "hot"]


def test_members_of_gzip_plain_text_empty_objects_and_other_groups_do_not_disturb(
    world: EventsWorld, tmp_path: Path
) -> None:
    put_log(world, "1.gz", [record("a-0")], [record("b-0", group="other")], [record("c-0")])
    put_log(world, "2", [record("d-0"), record("e-0", group="other", session=GROUP)], compress=False)
    world.s3.put_object(Bucket="data", Key="events/3.gz", Body=b"")
    assert sorted(world.collect(tmp_path).records) == ["a-0", "c-0", "d-0"]
    assert list((tmp_path / "event-log").iterdir()) == []


@pytest.mark.parametrize("body", [gzip.compress(b"x" * 5000, mtime=0)[:-9], b'"%b" is not JSON\n' % GROUP.encode()])
def test_an_object_that_cannot_be_read_stops_the_training_and_is_named(
    world: EventsWorld, tmp_path: Path, body: bytes
) -> None:
    world.s3.put_object(Bucket="data", Key="events/broken.gz", Body=body)
    with pytest.raises(PlatformFault, match=r"s3://data/events/broken\.gz in the event log cannot be read"):
        world.collect(tmp_path)


def test_rows_are_in_order_of_user_time_and_record() -> None:
    frozen = unite(
        [
            record("z-0", user="bob", sent_at=5.9, value=2.5, properties={"DEVICE": "tv"}, type="view"),
            record("b-0", sent_at=7.0),
            record("a-0", sent_at=7.0),
            record("c-0", sent_at=6.0),
        ],
        settled_ms=0,
    )
    assert frozen.records == ["c-0", "a-0", "b-0", "z-0"]
    assert frozen.timestamps.tolist() == [6, 7, 7, 5]
    assert np.isnan(frozen.values[:3]).all()
    assert (frozen.values[3], frozen.properties[3], frozen.types[3]) == (2.5, {"DEVICE": "tv"}, "view")


def test_events_without_user_or_item_are_left_out_and_counted() -> None:
    frozen = unite(
        [record("a-0", user=None, session="lonely"), record("b-0", item=None), record("c-0", user=None), record("d-0")],
        settled_ms=10**9,
    )
    assert (frozen.records, frozen.users) == (["c-0", "d-0"], ["ann", "ann"])
    assert frozen.left_out == {"no user": 1, "no item": 1}


def test_a_clients_event_id_counts_together_with_user_item_and_type_only() -> None:
    same = record("a-0", event_id="x", received_at=1.0)
    frozen = unite(
        [
            replace(same, record="b-0", received_at=2.0),
            same,
            replace(same, record="c-0", item="i2"),
            replace(same, record="d-0", type="buy"),
            replace(same, record="e-0", user="bob"),
        ],
        settled_ms=0,
    )
    assert sorted(frozen.records) == ["a-0", "c-0", "d-0", "e-0"]
    assert frozen.left_out == {"same event id": 1}


def test_what_became_known_after_the_settled_time_is_listed() -> None:
    frozen = unite(
        [
            record("old-0", received_at=9.0),
            record("given-0", user=None, session="s2", received_at=9.0),
            record("link-0", session="s2", received_at=11.0),
            record("new-0", received_at=10.001),
        ],
        settled_ms=10_000,
        find_links=lambda _: {"s2": SessionLink("ann", 11_000, True, 0)},
    )
    assert len(frozen) == 4
    assert frozen.unsettled == ["given-0", "link-0", "new-0"]


records = some.builds(
    record,
    some.sampled_from([f"{number}-0" for number in range(12)]),
    user=some.sampled_from(["ann", "bob", None]),
    session=some.sampled_from(["s1", "s2"]),
    item=some.sampled_from(["i1", "i2", None]),
    sent_at=some.floats(0, 1e6),
    received_at=some.integers(0, 5_000).map(lambda ms: ms / 1000),
    event_id=some.sampled_from(["x", "y", "z"]),
)
logs = some.lists(records, max_size=12, unique_by=lambda each: each.record)


def columns(given_records: list[EventRecord], settled_ms: int = 2_500) -> tuple[object, ...]:
    frozen = unite(given_records, settled_ms)
    texts = (frozen.users, frozen.items, frozen.types, frozen.records, frozen.unsettled, frozen.left_out)
    return (*texts, frozen.timestamps.tolist(), [str(value) for value in frozen.values])


@given(logs, some.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(log: list[EventRecord], order: random.Random) -> None:
    shuffled = log[:]
    order.shuffle(shuffled)
    assert columns(shuffled) == columns(log)


@given(logs, logs)
def test_a_record_that_comes_again_changes_nothing(log: list[EventRecord], other: list[EventRecord]) -> None:
    again = {each.record: each for each in [*log, *other]}
    assert columns([*log, *log]) == columns(log)
    assert columns([*log, *other, *other]) == columns(list(again.values()))


@given(logs)
def test_every_record_is_in_or_counted_as_left_out(log: list[EventRecord]) -> None:
    frozen = unite(log, 2_500)
    assert len(frozen) + sum(frozen.left_out.values()) == len(log)
    assert set(frozen.records) <= {each.record for each in log}


@given(logs, some.integers(0, 12))
def test_settled_events_of_users_stay_in_whatever_comes_later(log: list[EventRecord], cut: int) -> None:
    """The promise on which the runtime drops them from what it adds to a model's own histories."""
    ordered = sorted(log, key=lambda each: (each.received_ms, each.record))
    earlier = unite(ordered[:cut], settled_ms=10**9)
    later = unite(ordered, settled_ms=10**9)
    # Of events with one id another may be the first by then; that one is in, is what counts.
    assert set(zip(earlier.users, earlier.items, strict=True)) <= set(zip(later.users, later.items, strict=True))


def test_a_second_run_gets_what_the_first_kept(world: EventsWorld, tmp_path: Path) -> None:
    home = Objects(world.s3)
    world.table.add([record("a-0", value=1.5, properties={"DEVICE": "tv"}), record("b-0", user="bob")])

    def freeze(folder: str) -> object:
        return freeze_events(
            home, world.dynamodb, LOG, tmp_path / folder, "s3://data/frozen/v/a/", inputs={"INTERACTIONS": "digest"},
            clock=world.clock,
        )  # fmt: skip

    first = freeze("first")
    world.table.add([record("c-0")])
    second = freeze("second")
    assert repr(first) == repr(second)
    assert sorted(getattr(second, "records")) == ["a-0", "b-0"]  # noqa: B009


def test_a_model_is_given_the_marks_by_which_the_runtime_knows_what_is_in(tmp_path: Path) -> None:
    arrays, attributes = unite([record("a-0", received_at=1.0), record("b-0", received_at=3.0)], 2_000).marks()
    assert attributes == {EVENTS_THROUGH: 2_000}
    packed = Vocabulary(arrays[f"{UNSETTLED_EVENTS}.bytes"], arrays[f"{UNSETTLED_EVENTS}.offsets"])
    assert list(packed) == ["b-0"]


def test_nothing_streamed_is_an_empty_table(world: EventsWorld, tmp_path: Path) -> None:
    frozen = world.collect(tmp_path)
    assert len(frozen) == 0
    assert frozen.timestamps.dtype == np.int64
