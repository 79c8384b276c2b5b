"""The resources table: what each write promises, and what a kill between two writes leaves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from reco.arns import Kind
from reco.errors import InvalidInput, StaleAttempt, Throttled
from reco.storage.resources import DOCUMENT_LIMIT, NameTaken, Resource, ResourceTable, RevisionConflict
from reco.storage.retries import Retries
from tests.faults import Faults, Partly

PARENT = "arn:aws:personalize:eu-west-1:123456789012:dataset-group/g"
SCHEMA = "arn:aws:personalize:eu-west-1:123456789012:schema/s"


def _resource(resource_id: str = "x", created_at: float = 1.0, incarnation: str = "", **more: Any) -> Resource:
    return Resource(
        kind=more.pop("kind", Kind.DATASET),
        id=resource_id,
        incarnation=incarnation or f"i-{resource_id}",
        body={"name": "n", "nested": {"k": ["ü", 1, 0.1, True]}},
        created_at=created_at,
        updated_at=created_at,
        **more,
    )


def _items(table: ResourceTable) -> list[dict[str, Any]]:
    return list(table.client.scan(TableName=table.name)["Items"])


def test_a_resource_comes_back_as_it_was_stored(table: ResourceTable) -> None:
    stored = _resource(parent=PARENT, also_under=(SCHEMA,), tags={"a": ""}, inner={"job": None}, status="ACTIVE")
    table.create(stored)
    assert table.get(Kind.DATASET, "x") == stored


def test_a_taken_name_leaves_nothing_of_the_second_attempt(table: ResourceTable) -> None:
    table.create(_resource(parent=PARENT))
    before = _items(table)
    with pytest.raises(NameTaken):
        table.create(_resource(parent=PARENT, incarnation="other", created_at=2.0))
    assert _items(table) == before


def test_a_create_whose_answer_was_lost_may_be_repeated(table: ResourceTable) -> None:
    stored = table.create(_resource(parent=PARENT))
    table.touch(Kind.DATASET, "x", "i-x")
    assert table.create(stored).incarnation == "i-x"
    assert [each.id for each in table.all(Kind.DATASET)] == ["x"]


def test_kinds_do_not_share_names(table: ResourceTable) -> None:
    table.create(_resource())
    table.create(_resource(kind=Kind.CAMPAIGN))
    assert [each.kind for each in table.all(Kind.CAMPAIGN)] == [Kind.CAMPAIGN]


def test_a_replace_takes_place_only_on_what_was_read(table: ResourceTable) -> None:
    read = table.create(_resource())
    table.replace(replace(read, status="ACTIVE"))
    with pytest.raises(RevisionConflict):
        table.replace(replace(read, status="CREATE FAILED"))
    assert (table.get(Kind.DATASET, "x") or read).status == "ACTIVE"


def test_a_replace_never_reaches_a_later_incarnation(table: ResourceTable) -> None:
    read = table.create(_resource(incarnation="old"))
    table.delete(read)
    table.create(_resource(incarnation="new"))
    with pytest.raises(RevisionConflict):
        table.replace(replace(read, status="ACTIVE"))


def test_an_update_sees_what_others_wrote_meanwhile(table: ResourceTable) -> None:
    table.create(_resource(inner={"count": 0}))
    meddled = []

    def count(current: Resource) -> Resource:
        if not meddled:
            meddled.append(table.replace(replace(current, inner={"count": 10})))
        return replace(current, inner={"count": current.inner["count"] + 1})

    assert table.update(Kind.DATASET, "x", count).inner == {"count": 11}


def test_an_update_gives_up_when_others_keep_winning_or_the_resource_is_gone(table: ResourceTable) -> None:
    def overtaken(current: Resource) -> Resource:
        table.touch(Kind.DATASET, "x", "i-x")
        return current

    with pytest.raises(StaleAttempt):
        table.update(Kind.DATASET, "x", overtaken)
    table.create(_resource())
    with pytest.raises(StaleAttempt):
        table.update(Kind.DATASET, "x", overtaken, attempts=3)


def test_a_touch_makes_an_earlier_read_stale(table: ResourceTable) -> None:
    read = table.create(_resource())
    assert table.touch(Kind.DATASET, "x", "i-x")
    with pytest.raises(RevisionConflict):
        table.replace(replace(read, deleting_since=2.0))


def test_what_is_being_deleted_or_is_another_cannot_be_touched(table: ResourceTable) -> None:
    read = table.create(_resource())
    assert not table.touch(Kind.DATASET, "x", "another")
    assert not table.touch(Kind.DATASET, "absent", "i-x")
    table.replace(replace(read, deleting_since=2.0))
    assert not table.touch(Kind.DATASET, "x", "i-x")


def test_a_delete_removes_every_item_and_spares_a_later_incarnation(table: ResourceTable) -> None:
    first = table.create(_resource(parent=PARENT, also_under=(SCHEMA,), incarnation="first"))
    table.delete(first)
    assert _items(table) == []
    table.create(_resource(parent=PARENT, incarnation="second", created_at=5.0))
    table.delete(first)
    assert [each.incarnation for each in table.all(Kind.DATASET, PARENT)] == ["second"]


def test_lists_are_in_order_of_creation_under_every_parent(table: ResourceTable) -> None:
    for number, name in enumerate("cab"):
        table.create(_resource(name, created_at=float(number), parent=PARENT, also_under=(SCHEMA,)))
    table.create(_resource("z", created_at=0.5))

    assert [each.id for each in table.all(Kind.DATASET)] == ["c", "z", "a", "b"]
    assert [each.id for each in table.all(Kind.DATASET, PARENT)] == ["c", "a", "b"]
    assert [each.id for each in table.all(Kind.DATASET, SCHEMA)] == ["c", "a", "b"]
    assert [each.id for each in table.newest_first(Kind.DATASET, PARENT)] == ["b", "a", "c"]


@pytest.mark.parametrize("count", [0, 1, 5, 6, 101, 230])
def test_all_and_newest_first_reach_every_resource(table: ResourceTable, count: int) -> None:
    names = [f"{number:03d}" for number in range(count)]
    for number, name in enumerate(names):
        table.create(_resource(name, created_at=float(number), parent=PARENT))
    assert [each.id for each in table.all(Kind.DATASET, PARENT)] == names
    assert [each.id for each in table.newest_first(Kind.DATASET, PARENT)] == names[::-1]


def test_a_list_entry_without_its_resource_is_seen_by_nobody(table: ResourceTable) -> None:
    """What a creator leaves that was killed between its writes; the next of that name is listed once."""

    class Killed(Exception):
        pass

    class Dying:
        def __init__(self, writes: int) -> None:
            self.writes = writes

        def __getattr__(self, name: str) -> Any:
            if self.writes == 0:
                raise Killed
            self.writes -= 1
            return getattr(table.client, name)

    for writes in range(2):
        with pytest.raises(Killed):
            ResourceTable(Dying(writes), table.name).create(
                _resource(parent=PARENT, incarnation=f"dead{writes}", created_at=float(writes))
            )
    assert list(table.all(Kind.DATASET)) == []
    assert table.page(Kind.DATASET, PARENT, None, 1).resources == []
    table.create(_resource(parent=PARENT, incarnation="alive", created_at=9.0))
    assert [each.incarnation for each in table.all(Kind.DATASET, PARENT)] == ["alive"]
    page = table.page(Kind.DATASET, PARENT, None, 1)
    assert [each.incarnation for each in page.resources] == ["alive"]


def test_list_entries_that_dynamodb_did_not_take_are_written_again(table: ResourceTable) -> None:
    waits: list[float] = []
    patient = ResourceTable(table.client, table.name, Retries(sleep=waits.append))
    with Faults(seed=3) as faults:
        faults.add(table.client, "BatchWriteItem", Partly(share=0.6))
        made = [patient.create(_resource(f"{number}", parent=PARENT, also_under=(SCHEMA,))) for number in range(5)]
        assert faults.count("BatchWriteItem") > len(made) and waits
        for owner in (None, PARENT, SCHEMA):
            assert {each.id for each in table.all(Kind.DATASET, owner)} == {each.id for each in made}
        for each in made:
            patient.delete(each)
    assert _items(table) == []


def test_list_entries_that_dynamodb_never_takes_end_the_create_and_nobody_sees_it(table: ResourceTable) -> None:
    hurried = ResourceTable(table.client, table.name, Retries(sleep=lambda seconds: None))
    with Faults() as faults:
        faults.add(table.client, "BatchWriteItem", Partly(share=1.0))
        with pytest.raises(Throttled):
            hurried.create(_resource(parent=PARENT))
    assert table.get(Kind.DATASET, "x") is None
    assert _items(table) == []


def test_keys_that_dynamodb_did_not_get_to_are_asked_for_again(table: ResourceTable) -> None:
    for number in range(7):
        table.create(_resource(f"{number}", created_at=float(number)))

    class Hurried:
        """Answers two keys of a batch at a time, as DynamoDB does at 16 MB."""

        def __getattr__(self, name: str) -> Any:
            return getattr(table.client, name)

        def batch_get_item(self, RequestItems: dict[str, Any]) -> Any:
            request = RequestItems[table.name]
            now, later = request["Keys"][:2], request["Keys"][2:]
            answer = table.client.batch_get_item(RequestItems={table.name: {**request, "Keys": now}})
            answer["UnprocessedKeys"] = {table.name: {**request, "Keys": later}} if later else {}
            return answer

    hurried = ResourceTable(Hurried(), table.name)
    assert [each.id for each in hurried.all(Kind.DATASET)] == [str(number) for number in range(7)]


def test_a_document_too_large_for_an_item_is_refused_and_nothing_is_written(table: ResourceTable) -> None:
    large = _resource()
    large.body["text"] = "ü" * (DOCUMENT_LIMIT // 2)
    with pytest.raises(InvalidInput, match=str(DOCUMENT_LIMIT)):
        table.create(large)
    assert _items(table) == []


def test_other_failures_of_dynamodb_are_not_swallowed(table: ResourceTable) -> None:
    class Away:
        def __getattr__(self, name: str) -> Any:
            def call(**_: Any) -> Any:
                raise EndpointConnectionError(endpoint_url="https://dynamodb")

            return call

    away = ResourceTable(Away(), table.name)
    for call in (
        lambda: away.create(_resource()),
        lambda: away.replace(_resource()),
        lambda: away.delete(_resource()),
        lambda: away.touch(Kind.DATASET, "x", "i-x"),
    ):
        with pytest.raises(EndpointConnectionError):
            call()
