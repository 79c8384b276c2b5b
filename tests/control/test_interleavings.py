"""Creating a child while its parent is deleted: exactly one of the two happens, whoever steps when and dies where."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from reco.arns import Kind, Owner
from reco.control import operations
from reco.errors import ClientFault, ResourceAlreadyExists, ResourceInUse, ResourceNotFound
from reco.storage.resources import ResourceTable
from reco.wire.call import Call
from tests.control.conftest import INTERACTIONS, Bench, Cloud
from tests.control.interleaving import Stage, one_interruption, play
from tests.faults import Killed
from tests.wire.clients import ACCOUNT, REGION

OWNER = Owner(ACCOUNT, REGION)
GROUP = OWNER.arn(Kind.DATASET_GROUP, "g")
SCHEMA = OWNER.arn(Kind.SCHEMA, "s")
DATASET = OWNER.arn(Kind.DATASET, "g/INTERACTIONS")
SOLUTION = OWNER.arn(Kind.SOLUTION, "sol")


class Scene:
    """A bench whose operations can be stepped through."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.stage = Stage(bench.table.client)
        table = ResourceTable(self.stage, bench.table.name)
        self._operations = operations.build(bench.registries_over(table))

    def ask(self, operation: str, **parameters: Any) -> Any:
        call = Call(operation, parameters, OWNER, None, "request", self.bench.now)
        return self._operations[operation](call)

    def later(self, operation: str, **parameters: Any) -> Callable[[], Any]:
        return lambda: self.ask(operation, **parameters)

    def exists(self, operation: str, **parameters: Any) -> bool:
        try:
            self.ask(operation, **parameters)
        except ResourceNotFound:
            return False
        return True


Pair = tuple[Callable[[Scene], Callable[[], Any]], Callable[[Scene], Callable[[], Any]], Callable[[Scene], list[bool]]]


def _dataset_in_group(scene: Scene) -> list[bool]:
    return [
        scene.exists("DescribeDataset", dataset_arn=DATASET),
        scene.exists("DescribeDatasetGroup", dataset_group_arn=GROUP),
    ]


def _create_dataset(scene: Scene) -> Callable[[], Any]:
    return scene.later(
        "CreateDataset", name="d", dataset_group_arn=GROUP, schema_arn=SCHEMA, dataset_type="INTERACTIONS"
    )


PAIRS: dict[str, tuple[int, Pair]] = {
    "dataset and group": (
        0,
        (
            _create_dataset,
            lambda scene: scene.later("DeleteDatasetGroup", dataset_group_arn=GROUP),
            _dataset_in_group,
        ),
    ),
    "dataset and schema": (
        0,
        (
            _create_dataset,
            lambda scene: scene.later("DeleteSchema", schema_arn=SCHEMA),
            lambda scene: [
                scene.exists("DescribeDataset", dataset_arn=DATASET),
                scene.exists("DescribeSchema", schema_arn=SCHEMA),
            ],
        ),
    ),
    "import and dataset": (
        1,
        (
            lambda scene: scene.later(
                "CreateDatasetImportJob",
                job_name="j",
                dataset_arn=DATASET,
                data_source={"data_location": "s3://bucket/a.csv"},
            ),
            lambda scene: scene.later("DeleteDataset", dataset_arn=DATASET),
            lambda scene: [
                scene.exists(
                    "DescribeDatasetImportJob", dataset_import_job_arn=OWNER.arn(Kind.DATASET_IMPORT_JOB, "j")
                ),
                scene.exists("DescribeDataset", dataset_arn=DATASET),
            ],
        ),
    ),
    "training and dataset": (
        2,
        (
            lambda scene: scene.later("CreateSolutionVersion", solution_arn=SOLUTION, name="v"),
            lambda scene: scene.later("DeleteDataset", dataset_arn=DATASET),
            lambda scene: [
                scene.exists("DescribeSolutionVersion", solution_version_arn=f"{SOLUTION}/v"),
                scene.exists("DescribeDataset", dataset_arn=DATASET),
            ],
        ),
    ),
    "training and solution": (
        2,
        (
            lambda scene: scene.later("CreateSolutionVersion", solution_arn=SOLUTION, name="v"),
            lambda scene: scene.later("DeleteSolution", solution_arn=SOLUTION),
            lambda scene: [
                scene.exists("DescribeSolutionVersion", solution_version_arn=f"{SOLUTION}/v"),
                scene.exists("DescribeSolution", solution_arn=SOLUTION),
            ],
        ),
    ),
}
"""How much of the journey each needs (0 group and schema, 1 dataset, 2 solution), the create, the delete, and which
of child and parent exist at the end."""


_SET: dict[int, tuple[float, list[dict[str, Any]]]] = {}
"""Time and items of a table after the journey to a depth, so that each scene is set without walking it again."""


def _scene(cloud: Cloud, depth: int) -> Scene:
    if depth not in _SET:
        walked = _walked(cloud, depth)
        _SET[depth] = (walked.now, walked.table.client.scan(TableName=walked.table.name)["Items"])
        cloud.forget(walked)
    bench = cloud.bench()
    bench.now, items = _SET[depth]
    for item in items:
        bench.table.client.put_item(TableName=bench.table.name, Item=item)
    return Scene(bench)


def _walked(cloud: Cloud, depth: int) -> Bench:
    bench = cloud.bench()
    schema, group = bench.schema("s", INTERACTIONS), bench.group("g")
    if depth > 0:
        bench.dataset(group, schema)
    if depth > 1:
        bench.solution(group, "sol")
    return bench


def _lengths(cloud: Cloud, depth: int, pair: Pair) -> tuple[int, int]:
    """How many steps each makes when it is alone."""
    lengths = []
    for work in pair[:2]:
        scene = _scene(cloud, depth)
        caller = scene.stage.enter(work(scene))
        caller.finish()
        lengths.append(caller.steps)
        cloud.forget(scene.bench)
    return lengths[0], lengths[1]


def _judge(scene: Scene, created: Any, deleted: Any, alive: Callable[[Scene], list[bool]]) -> None:
    create_refused, delete_refused = isinstance(created, ClientFault), isinstance(deleted, ClientFault)
    assert create_refused or not isinstance(created, Exception), repr(created)
    assert delete_refused or not isinstance(deleted, Exception), repr(deleted)
    assert create_refused != delete_refused, "exactly one happens"
    scene.bench.settle()
    assert alive(scene) == [not create_refused, not create_refused]


@pytest.mark.parametrize("name", PAIRS)
def test_a_child_and_the_delete_of_its_parent_exclude_each_other(cloud: Cloud, name: str) -> None:
    depth, (create, delete, alive) = PAIRS[name]
    schedules = list(one_interruption(*_lengths(cloud, depth, PAIRS[name][1])))
    for schedule in random.Random(1).sample(schedules, min(16, len(schedules))):
        scene = _scene(cloud, depth)
        first, second = scene.stage.enter(create(scene)), scene.stage.enter(delete(scene))
        play(first, second, schedule)
        _judge(scene, first.outcome, second.outcome, alive)
        cloud.forget(scene.bench)


def test_many_interruptions_change_nothing(cloud: Cloud) -> None:
    depth, (create, delete, alive) = PAIRS["dataset and group"]
    draw = random.Random(2)
    for _ in range(16):
        scene = _scene(cloud, depth)
        first, second = scene.stage.enter(create(scene)), scene.stage.enter(delete(scene))
        play(first, second, [draw.random() < 0.5 for _ in range(40)])
        _judge(scene, first.outcome, second.outcome, alive)
        cloud.forget(scene.bench)


@pytest.mark.parametrize("name", ["dataset and group", "import and dataset"])
def test_a_creator_killed_anywhere_leaves_a_whole_child_or_none(cloud: Cloud, name: str) -> None:
    depth, (create, delete, alive) = PAIRS[name]
    for survived in range(_lengths(cloud, depth, PAIRS[name][1])[0]):
        scene = _scene(cloud, depth)
        creator = scene.stage.enter(create(scene))
        for _ in range(survived):
            creator.step()
        creator.kill()
        assert isinstance(creator.outcome, Killed)

        child, parent = alive(scene)
        assert parent
        if child:
            with pytest.raises(ResourceInUse):
                delete(scene)()
            with pytest.raises(ResourceAlreadyExists):
                create(scene)()
        else:
            create(scene)()
            assert alive(scene) == [True, True]
        cloud.forget(scene.bench)


def test_a_creator_killed_while_its_group_is_deleted_leaves_nothing_for_a_new_group_of_that_name(cloud: Cloud) -> None:
    depth, (create, delete, _) = PAIRS["dataset and group"]
    for survived in range(_lengths(cloud, depth, PAIRS["dataset and group"][1])[0]):
        scene = _scene(cloud, depth)
        creator = scene.stage.enter(create(scene))
        for _ in range(survived):
            creator.step()
        try:
            delete(scene)()
        except ClientFault:
            creator.finish()
            cloud.forget(scene.bench)
            continue
        creator.step()
        creator.kill()
        scene.bench.settle()
        scene.bench.group("g")

        assert scene.ask("ListDatasets", dataset_group_arn=GROUP)["datasets"] == []
        assert not scene.exists("DescribeDataset", dataset_arn=DATASET)
        create(scene)()
        cloud.forget(scene.bench)


@pytest.mark.parametrize("name", ["dataset and group", "training and solution"])
def test_a_deleter_killed_anywhere_has_deleted_or_not_and_can_be_repeated(cloud: Cloud, name: str) -> None:
    depth, (_, delete, alive) = PAIRS[name]
    for survived in range(_lengths(cloud, depth, PAIRS[name][1])[1]):
        scene = _scene(cloud, depth)
        deleter = scene.stage.enter(delete(scene))
        for _ in range(survived):
            deleter.step()
        deleter.kill()

        try:
            delete(scene)()
        except ResourceInUse as refusal:
            assert "DELETE" in refusal.message, "the killed one had deleted it"
        scene.bench.settle()
        assert alive(scene)[1] is False
        cloud.forget(scene.bench)


def test_of_two_imports_one_runs_and_of_two_trackers_one_is(cloud: Cloud) -> None:
    draw = random.Random(3)
    for _ in range(12):
        scene = _scene(cloud, 1)
        callers = [
            scene.stage.enter(
                scene.later(
                    "CreateDatasetImportJob",
                    job_name=name,
                    dataset_arn=DATASET,
                    data_source={"data_location": "s3://bucket/a.csv"},
                )
            )
            for name in ("one", "two")
        ]
        play(callers[0], callers[1], [draw.random() < 0.5 for _ in range(40)])
        assert sum(isinstance(caller.outcome, ResourceInUse) for caller in callers) == 1
        assert len(scene.ask("ListDatasetImportJobs")["dataset_import_jobs"]) == 1

        callers = [
            scene.stage.enter(scene.later("CreateEventTracker", name=name, dataset_group_arn=GROUP))
            for name in ("one", "two")
        ]
        play(callers[0], callers[1], [draw.random() < 0.5 for _ in range(40)])
        assert sum(isinstance(caller.outcome, Exception) for caller in callers) == 1
        assert len(scene.ask("ListEventTrackers")["event_trackers"]) == 1
        cloud.forget(scene.bench)


def test_of_many_creators_of_one_name_one_wins(cloud: Cloud) -> None:
    draw = random.Random(4)
    scene = Scene(cloud.bench())
    callers = [scene.stage.enter(scene.later("CreateDatasetGroup", name="g")) for _ in range(8)]
    while waiting := [caller for caller in callers if not caller.done]:
        draw.choice(waiting).step()

    winners = [caller for caller in callers if not isinstance(caller.outcome, Exception)]
    assert len(winners) == 1
    assert all(isinstance(caller.outcome, ResourceAlreadyExists) for caller in callers if caller not in winners)
    assert len(scene.ask("ListDatasetGroups")["dataset_groups"]) == 1
    items = scene.bench.table.client.scan(TableName=scene.bench.table.name)["Items"]
    assert len(items) == 2, "the losers left no list entry"
    cloud.forget(scene.bench)


def test_dependents_are_listed_as_long_as_their_parent_is_there_wherever_its_deleter_was_killed(cloud: Cloud) -> None:
    depth, (create, delete, alive) = PAIRS["training and solution"]
    ends = set()
    for survived in range(14):
        scene = _scene(cloud, depth)
        create(scene)()
        scene.bench.end_job(f"{SOLUTION}/v")
        deleter = scene.stage.enter(delete(scene))
        for _ in range(survived):
            deleter.step()
        deleter.kill()
        assert len(scene.ask("ListSolutionVersions")["solution_versions"]) == 1, "it is still being deleted, if it is"
        scene.bench.settle()

        listed = bool(scene.ask("ListSolutionVersions")["solution_versions"])
        assert alive(scene) == [listed, listed]
        ends.add(listed)
        cloud.forget(scene.bench)
    assert ends == {True, False}


def test_a_creator_that_comes_late_leaves_no_tracking_id_of_a_tracker_that_is_gone(cloud: Cloud) -> None:
    """Another reads the tracker before its creator has come so far, settles and deletes it; then that one goes on."""
    for steps in range(20):
        scene = _scene(cloud, 0)
        creator = scene.stage.enter(scene.later("CreateEventTracker", name="t", dataset_group_arn=GROUP))
        for _ in range(steps):
            creator.step()
        for tracker in scene.ask("ListEventTrackers", dataset_group_arn=GROUP)["event_trackers"]:
            scene.bench.settle()
            scene.ask("DeleteEventTracker", event_tracker_arn=tracker["event_tracker_arn"])
            scene.bench.settle()
            assert not scene.exists("DescribeEventTracker", event_tracker_arn=tracker["event_tracker_arn"])
        ended = creator.done
        creator.finish()
        trackers = scene.ask("ListEventTrackers", dataset_group_arn=GROUP)["event_trackers"]
        items = scene.bench.table.client.scan(TableName=scene.bench.table.name)["Items"]
        known = [item for item in items if item["pk"]["S"].startswith("tracking#")]
        assert len(known) == len(trackers), f"after {steps} steps"
        if ended:
            return
    pytest.fail("the create has fewer steps than this")
