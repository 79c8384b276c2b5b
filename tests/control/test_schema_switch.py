"""UpdateDataset beside who deletes the schema or the dataset, beside an import and beside itself: whoever steps when
and dies where, a dataset has a schema that is there, and nobody sees half a switch."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from reco.arns import Kind, Owner
from reco.control import operations
from reco.errors import ClientFault, ResourceInUse, ResourceNotFound
from reco.storage.resources import Resource, ResourceTable, RevisionConflict
from reco.wire.call import Call
from tests.control.conftest import ITEMS, Cloud
from tests.control.interleaving import one_interruption, play
from tests.control.test_interleavings import Scene
from tests.faults import Killed
from tests.wire.clients import ACCOUNT, REGION

OWNER = Owner(ACCOUNT, REGION)
GROUP = OWNER.arn(Kind.DATASET_GROUP, "g")
DATASET = OWNER.arn(Kind.DATASET, "g/ITEMS")
OLD, NEW, OTHER = (OWNER.arn(Kind.SCHEMA, name) for name in ("old", "new", "other"))


@pytest.fixture
def scenes(cloud: Cloud) -> Iterator[Callable[[], Scene]]:
    """Makes a group with Items of the schema `old`, and the schemas `new` and `other`, as often as asked."""
    made: list[Scene] = []
    items: list[dict[str, Any]] = []
    now: list[float] = []

    def scene() -> Scene:
        bench = cloud.bench()
        made.append(Scene(bench))
        if items:
            bench.now = now[0]
            for item in items:
                bench.table.client.put_item(TableName=bench.table.name, Item=item)
        else:
            for name in ("old", "new", "other"):
                bench.schema(name, ITEMS)
            bench.dataset(bench.group("g"), OLD, "Items")
            items.extend(bench.table.client.scan(TableName=bench.table.name)["Items"])
            now.append(bench.now)
        return made[-1]

    yield scene
    for each in made:
        cloud.forget(each.bench)


def update(scene: Scene, schema: str = NEW) -> Callable[[], Any]:
    return scene.later("UpdateDataset", dataset_arn=DATASET, schema_arn=schema)


def shown(scene: Scene) -> dict[str, Any]:
    """The dataset as it is described; checks that it is whole: its schema is there and kept, the others are free."""
    described: dict[str, Any] = scene.ask("DescribeDataset", dataset_arn=DATASET)["dataset"]
    assert (described["latest_dataset_update"] is not None) == (described["schema_arn"] != OLD)
    for schema in (OLD, NEW, OTHER):
        if schema == described["schema_arn"]:
            assert scene.exists("DescribeSchema", schema_arn=schema)
            with pytest.raises(ResourceInUse):
                scene.ask("DeleteSchema", schema_arn=schema)
        elif scene.exists("DescribeSchema", schema_arn=schema):
            scene.ask("DeleteSchema", schema_arn=schema)
    return described


def steps_of(scene: Scene, work: Callable[[], Any]) -> int:
    caller = scene.stage.enter(work)
    caller.finish()
    assert not isinstance(caller.outcome, Exception), repr(caller.outcome)
    return caller.steps


def test_the_new_schema_is_taken_or_deleted_and_never_both(scenes: Callable[[], Scene]) -> None:
    scene = scenes()
    lengths = steps_of(scene, scene.later("DeleteSchema", schema_arn=NEW)), steps_of(scene, update(scene, OTHER))
    schedules = list(one_interruption(lengths[1], lengths[0]))
    for schedule in random.Random(5).sample(schedules, min(14, len(schedules))):
        scene = scenes()
        updater = scene.stage.enter(update(scene))
        deleter = scene.stage.enter(scene.later("DeleteSchema", schema_arn=NEW))
        play(updater, deleter, schedule)

        refusals = [isinstance(each.outcome, ClientFault) for each in (updater, deleter)]
        assert sum(refusals) == 1, (updater.outcome, deleter.outcome)
        assert shown(scene)["schema_arn"] == (OLD if refusals[0] else NEW)


def test_the_old_schema_goes_only_when_it_is_the_datasets_no_more(scenes: Callable[[], Scene]) -> None:
    draw = random.Random(6)
    for _ in range(7):
        scene = scenes()
        updater = scene.stage.enter(update(scene))
        deleter = scene.stage.enter(scene.later("DeleteSchema", schema_arn=OLD))
        play(updater, deleter, [draw.random() < 0.6 for _ in range(30)])

        assert not isinstance(updater.outcome, Exception), repr(updater.outcome)
        assert deleter.outcome is None or isinstance(deleter.outcome, ResourceInUse)
        assert shown(scene)["schema_arn"] == NEW


def test_the_dataset_is_updated_or_deleted(scenes: Callable[[], Scene]) -> None:
    draw = random.Random(7)
    for _ in range(7):
        scene = scenes()
        updater = scene.stage.enter(update(scene))
        deleter = scene.stage.enter(scene.later("DeleteDataset", dataset_arn=DATASET))
        play(updater, deleter, [draw.random() < 0.5 for _ in range(30)])

        refusals = [isinstance(each.outcome, ClientFault) for each in (updater, deleter)]
        assert sum(refusals) == 1, (updater.outcome, deleter.outcome)
        if refusals[0]:
            scene.bench.settle()
            with pytest.raises(ResourceNotFound):
                scene.ask("DescribeDataset", dataset_arn=DATASET)
            for schema in (OLD, NEW, OTHER):
                scene.ask("DeleteSchema", schema_arn=schema)
        else:
            assert shown(scene)["schema_arn"] == NEW


def test_of_two_updates_at_once_one_takes_place_and_the_other_is_told_to_wait(scenes: Callable[[], Scene]) -> None:
    draw = random.Random(8)
    for _ in range(7):
        scene = scenes()
        callers = [scene.stage.enter(update(scene, schema)) for schema in (NEW, OTHER)]
        play(callers[0], callers[1], [draw.random() < 0.5 for _ in range(30)])

        (winner,) = (
            schema
            for schema, caller in zip((NEW, OTHER), callers, strict=True)
            if not isinstance(caller.outcome, Exception)
        )
        assert sum(isinstance(caller.outcome, ResourceInUse) for caller in callers) == 1
        assert shown(scene)["schema_arn"] == winner


def test_readers_during_an_update_see_the_old_schema_or_the_new_one_with_its_update(
    scenes: Callable[[], Scene],
) -> None:
    length = steps_of(scene := scenes(), update(scene))
    for survived in range(length + 1):
        scene = scenes()
        updater = scene.stage.enter(update(scene))
        for _ in range(survived):
            updater.step()
        for entry in scene.ask("ListDatasets", dataset_group_arn=GROUP)["datasets"]:
            assert entry["schema_arn"] in (OLD, NEW)
            assert (entry["status"] == "UPDATE PENDING") == (entry["schema_arn"] == NEW)
        updater.finish()
        assert not isinstance(updater.outcome, Exception)
        assert shown(scene)["schema_arn"] == NEW


def test_an_updater_killed_anywhere_has_updated_or_not_and_can_be_repeated(scenes: Callable[[], Scene]) -> None:
    length = steps_of(scene := scenes(), update(scene))
    outcomes = set()
    for survived in range(length):
        scene = scenes()
        updater = scene.stage.enter(update(scene))
        for _ in range(survived):
            updater.step()
        updater.kill()
        assert isinstance(updater.outcome, Killed)

        taken = scene.ask("DescribeDataset", dataset_arn=DATASET)["dataset"]["schema_arn"]
        outcomes.add(taken)
        scene.bench.settle()
        update(scene)()
        assert shown(scene)["schema_arn"] == NEW
    assert outcomes == {OLD, NEW}


def test_who_deletes_the_schema_of_a_killed_updater_finds_it_taken_or_free(scenes: Callable[[], Scene]) -> None:
    length = steps_of(scene := scenes(), update(scene))
    for survived in range(length):
        scene = scenes()
        updater = scene.stage.enter(update(scene))
        for _ in range(survived):
            updater.step()
        updater.kill()

        try:
            scene.ask("DeleteSchema", schema_arn=NEW)
            deleted = True
        except ResourceInUse:
            deleted = False
        assert shown(scene)["schema_arn"] == (OLD if deleted else NEW)


class Contended(ResourceTable):
    """A table in which others always write a dataset first."""

    def replace(self, changed: Resource) -> Resource:
        if changed.kind is Kind.DATASET and changed.body["schema_arn"] != OLD:
            raise RevisionConflict(changed.id)
        return super().replace(changed)


def test_a_switch_that_others_keep_from_ending_shows_the_old_schema_until_it_ends(scenes: Callable[[], Scene]) -> None:
    scene = scenes()
    bench = scene.bench
    contended = operations.build(bench.registries_over(Contended(bench.table.client, bench.table.name)))

    def ask(operation: str, **parameters: Any) -> Any:
        return contended[operation](Call(operation, parameters, OWNER, None, "request", bench.now))

    with pytest.raises(ResourceInUse, match="being changed by others"):
        ask("UpdateDataset", dataset_arn=DATASET, schema_arn=NEW)
    seen = ask("DescribeDataset", dataset_arn=DATASET)["dataset"]
    assert (seen["schema_arn"], seen["status"], seen["latest_dataset_update"]) == (OLD, "ACTIVE", None)
    assert shown(scene)["schema_arn"] == NEW


def test_an_update_keeps_what_others_write_to_the_dataset_meanwhile(scenes: Callable[[], Scene]) -> None:
    length = steps_of(scene := scenes(), update(scene))
    tag = [{"tag_key": "team", "tag_value": "a"}]
    for survived in range(length + 1):
        scene = scenes()
        updater = scene.stage.enter(update(scene))
        for _ in range(survived):
            updater.step()
        scene.ask("TagResource", resource_arn=DATASET, tags=tag)
        updater.finish()
        assert not isinstance(updater.outcome, Exception)
        assert scene.ask("ListTagsForResource", resource_arn=DATASET)["tags"] == tag
        assert shown(scene)["schema_arn"] == NEW
