"""Writes of resources whose answers are lost: botocore's retry meets its own write, and that counts as done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from reco.arns import Kind
from reco.storage.resources import Resource, ResourceTable, RevisionConflict
from tests.aws import SESSION, in_moto, make_resource, make_table
from tests.faults import Fault, Faults, LostAnswer, Meanwhile, ServerError


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[ResourceTable]:
    with in_moto(monkeypatch):
        client = SESSION.client("dynamodb")
        make_table(client, "resources")
        yield ResourceTable(client, "resources")


def refusing_twice(resource: Resource) -> Resource:
    """As a delete, which refuses what is being deleted already."""
    assert resource.deleting_since is None, "its own write looked like another's"
    return replace(resource, deleting_since=1.0)


@pytest.mark.parametrize("fault", [LostAnswer(), ServerError(after=True)])
def test_a_change_whose_answer_was_lost_is_made_once_and_not_decided_again(table: ResourceTable, fault: Fault) -> None:
    made = make_resource(table, Kind.SCHEMA, "s", {"name": "s"})
    with Faults() as faults:
        faults.add(table.client, "PutItem", fault, times=1)
        written = table.update(Kind.SCHEMA, "s", refusing_twice)
        assert faults.asked("PutItem") == 2
    assert written == table.get(Kind.SCHEMA, "s") == replace(made, deleting_since=1.0, revision=made.revision + 1)


def test_its_own_write_is_known_again_though_another_has_touched_it_since(table: ResourceTable) -> None:
    made = make_resource(table, Kind.SCHEMA, "s", {"name": "s"})

    class TouchedThenLost:
        def strike(self, request: object, forward: Callable[[object], object], draw: object) -> object:
            touched = Meanwhile(lambda: table.touch(Kind.SCHEMA, "s", made.incarnation), after=True)
            return LostAnswer().strike(request, lambda sent: touched.strike(sent, forward, draw), draw)  # type: ignore

    with Faults() as faults:
        faults.add(table.client, "PutItem", TouchedThenLost(), times=1)  # type: ignore[arg-type]
        written = table.update(Kind.SCHEMA, "s", lambda now: replace(now, body={"name": "s", "schema": "{}"}))
    assert written == table.get(Kind.SCHEMA, "s")
    assert written.revision == made.revision + 2


def test_the_very_same_change_by_another_is_not_taken_for_its_own(table: ResourceTable) -> None:
    made = make_resource(table, Kind.SCHEMA, "s", {"name": "s"})
    changed = replace(made, deleting_since=1.0)
    with Faults() as faults:
        faults.add(table.client, "PutItem", Meanwhile(lambda: table.replace(changed)), times=1)
        with pytest.raises(RevisionConflict):
            table.replace(changed)
