"""A list read page by page while others create and delete between any two of the reader's calls to DynamoDB."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.fuzz_memory import MemoryTable
from reco.arns import Kind
from reco.storage.resources import ResourceTable
from tests.control.conftest import INTERACTIONS, ROLE, TRANSITION_S, Bench, Machines, Schedules
from tests.control.test_interleavings import OWNER, Scene

LASTING = tuple(f"lasting-{number}" for number in range(5))
"""Names of what lives throughout, in order of creation."""

between = st.lists(st.lists(st.sampled_from(["create", "delete", "wait"]), max_size=3), max_size=40)
"""What happens before each of the reader's calls."""
page_size = st.integers(1, 4)


def scene_with(create: Callable[[Scene, str], Any]) -> Scene:
    """What lasts, and something that may go before, between and behind it."""
    scene = Scene(Bench(None, ResourceTable(MemoryTable(), "resources"), Machines(), Schedules()))
    for name in ("early", *LASTING):
        create(scene, name)
        create(scene, f"beside-{name}")
        scene.bench.pass_time(0.01)
    scene.bench.settle()
    return scene


def read(scene: Scene, operation: str, size: int, **parameters: Any) -> list[Any]:
    """Every entry, page after page."""
    entries: list[Any] = []
    token: dict[str, Any] = {}
    while True:
        answer = scene.ask(operation, max_results=size, **parameters, **token)
        entries += next(value for value in answer.values() if isinstance(value, list))
        if not answer.get("next_token"):
            return entries
        token = {"next_token": answer["next_token"]}


def watched(
    scene: Scene,
    happenings: list[list[str]],
    create: Callable[[Scene, str], Any],
    delete: Callable[[Scene, str], Any],
    reading: Callable[[], list[Any]],
) -> list[Any]:
    """What the reader gets; the others go on without it before each of its calls."""
    going = [f"beside-{name}" for name in ("early", *LASTING)] + ["early"]
    reader = scene.stage.enter(reading)
    for number, group in enumerate(happenings):
        for position, what in enumerate(group):
            if what == "create":
                name = f"new-{number}-{position}"
                create(scene, name)
                going.append(name)
            elif what == "delete" and going:
                delete(scene, going.pop((number * 7 + position) % len(going)))
            else:
                scene.bench.pass_time(TRANSITION_S)
        reader.step()
    entries = reader.finish()
    assert isinstance(entries, list), entries
    return entries


def judge(names: list[str], lasting: tuple[str, ...] = LASTING) -> None:
    assert len(set(names)) == len(names), "one twice"
    assert tuple(name for name in names if name in lasting) == lasting, "one lost, or out of order"


@given(between, page_size)
def test_schemas_which_go_at_once(happenings: list[list[str]], size: int) -> None:
    def create(scene: Scene, name: str) -> Any:
        return scene.ask("CreateSchema", name=name, schema=INTERACTIONS)

    def delete(scene: Scene, name: str) -> Any:
        return scene.ask("DeleteSchema", schema_arn=OWNER.arn(Kind.SCHEMA, name))

    scene = scene_with(create)
    entries = watched(scene, happenings, create, delete, lambda: read(scene, "ListSchemas", size))
    judge([entry["name"] for entry in entries])


@given(between, page_size)
def test_groups_which_go_by_and_by_and_are_removed_by_who_reads_them(happenings: list[list[str]], size: int) -> None:
    ready: dict[str, float] = {}

    def create(scene: Scene, name: str) -> Any:
        ready[name] = scene.bench.now + 2 * TRANSITION_S
        return scene.ask("CreateDatasetGroup", name=name)

    def delete(scene: Scene, name: str) -> Any:
        if scene.bench.now >= ready[name]:
            scene.ask("DeleteDatasetGroup", dataset_group_arn=OWNER.arn(Kind.DATASET_GROUP, name))

    scene = scene_with(create)
    entries = watched(scene, happenings, create, delete, lambda: read(scene, "ListDatasetGroups", size))
    judge([entry["name"] for entry in entries])


@given(between, page_size)
def test_data_deletion_jobs_newest_first(happenings: list[list[str]], size: int) -> None:
    group = OWNER.arn(Kind.DATASET_GROUP, "g")

    def create(scene: Scene, name: str) -> Any:
        # A quota of five that are PENDING at a time.
        scene.bench.pass_time(TRANSITION_S)
        return scene.ask(
            "CreateDataDeletionJob",
            job_name=name,
            dataset_group_arn=group,
            role_arn=ROLE,
            data_source={"data_location": "s3://bucket/users.csv"},
        )

    def first(scene: Scene, name: str) -> Any:
        if name == "early":
            scene.ask("CreateDatasetGroup", name="g")
            scene.bench.settle()
        return create(scene, name)

    scene = scene_with(first)
    entries = watched(
        scene,
        happenings,
        create,
        lambda scene, name: None,
        lambda: read(scene, "ListDataDeletionJobs", size, dataset_group_arn=group),
    )
    judge([entry["job_name"] for entry in entries], LASTING[::-1])


@given(between, page_size)
def test_metrics_of_an_attribution(happenings: list[list[str]], size: int) -> None:
    """At most ten: what is added takes the place of what is removed."""
    attribution = OWNER.arn(Kind.METRIC_ATTRIBUTION, "m")

    def metric(name: str) -> dict[str, str]:
        return {"event_type": "click", "metric_name": name, "expression": "SAMPLECOUNT()"}

    scene = Scene(Bench(None, ResourceTable(MemoryTable(), "resources"), Machines(), Schedules()))
    bench = scene.bench
    scene.ask("CreateDatasetGroup", name="g")
    scene.ask("CreateSchema", name="s", schema=INTERACTIONS)
    bench.settle()
    group = OWNER.arn(Kind.DATASET_GROUP, "g")
    schema = OWNER.arn(Kind.SCHEMA, "s")
    scene.ask("CreateDataset", name="d", dataset_group_arn=group, schema_arn=schema, dataset_type="Interactions")
    first = [metric(name) for pair in zip(LASTING, ("a", "b", "c", "d", "e"), strict=True) for name in pair]
    output = {"role_arn": ROLE}
    scene.ask("CreateMetricAttribution", name="m", dataset_group_arn=group, metrics=first, metrics_output_config=output)
    bench.settle()
    present = ["a", "b", "c", "d", "e"]

    def create(scene: Scene, name: str) -> Any:
        bench.settle()
        removed = present.pop(0)
        scene.ask(
            "UpdateMetricAttribution",
            metric_attribution_arn=attribution,
            add_metrics=[metric(name)],
            remove_metrics=[removed],
        )
        present.append(name)

    entries = watched(
        scene,
        happenings,
        create,
        lambda scene, name: None,
        lambda: read(scene, "ListMetricAttributionMetrics", size, metric_attribution_arn=attribution),
    )
    judge([entry["metric_name"] for entry in entries])
