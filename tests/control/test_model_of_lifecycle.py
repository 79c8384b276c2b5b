"""The control plane against a model small enough to be seen through: any history, same answers, nothing left behind.

Every kind of resource, any order of creating, changing, stopping, deleting and waiting, whatever machines write. In
memory, where a history takes milliseconds; some in moto too. `--hypothesis-profile=long` looks at a hundred times as
many.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, run_state_machine_as_test

from benchmarks.fuzz_memory import MemoryTable
from reco.arns import Kind, parse_arn
from reco.control.claims import claims_of
from reco.storage.resources import Resource, ResourceTable
from tests.control.conftest import TRANSITION_S, Bench, Cloud, Machines, Schedules
from tests.control.model_of_campaigns import LATEST, Campaigns
from tests.control.model_of_data import Data
from tests.control.model_of_parts import GroupsParts
from tests.control.model_of_recommenders import Recommenders
from tests.control.model_of_tags import Tags
from tests.control.model_of_training import Training
from tests.control.model_world import FINAL

LONG_S = 1000.0
CLEAN_UP = (
    (Kind.CAMPAIGN, Kind.RECOMMENDER, Kind.METRIC_ATTRIBUTION, Kind.FILTER, Kind.EVENT_TRACKER),
    (Kind.SOLUTION,),
    (Kind.DATASET,),
    (Kind.DATASET_GROUP, Kind.SCHEMA),
)
"""The order of the official clean-up (control-plane reference, B.3); what is not in it goes with its parent."""


class Lifecycle(Data, Training, Campaigns, Recommenders, GroupsParts, Tags):
    """All rules together, a beginning, and what must be true in the end."""

    @initialize(far=st.sampled_from([0, 1, 2, 3, 4, 5, 6, 6, 7, 7, 8, 8]))
    def come_so_far(self, far: int) -> None:
        """The journey that every shop makes, or some of it: most histories would never get there by chance."""
        self.begin()
        steps: list[Callable[[], None]] = [
            lambda: self._each(self.create_group, "g", "h", "shop"),
            lambda: self._each(partial(self.create_dataset, dataset_type="INTERACTIONS"), "g", "h", "shop"),
            lambda: self._each(partial(self.create_dataset, dataset_type="ITEMS"), "g", "shop"),
            lambda: self._each(partial(self.create_solution, group="g"), "s", "seg"),
            lambda: self._each(partial(self.train, version="v"), "s", "seg"),
            self._serve,
        ]
        for step in steps[:far]:
            step()
            for life in self.in_progress():
                self.write(life, "ACTIVE", metrics={"coverage": 0.5})
            self.pass_time(2 * TRANSITION_S)
        if far > len(steps):
            self.train("s", "w")
            self.stop_recommender("r")
            self.create_batch_job(Kind.BATCH_INFERENCE_JOB, "s", "v", "b", filtered=True)
        if far > len(steps) + 1:
            self.write(self.world.lives[Kind.SOLUTION_VERSION, "s/w"], "ACTIVE", metrics={"coverage": 0.5})
            self.describe_campaign("c")
            assert self.world.lives[Kind.CAMPAIGN, "c"].updating

    def _serve(self) -> None:
        self.create_campaign("c", "s", LATEST, follow=True)
        self.create_recommender("r", "shop")
        self.create_filter("g")

    @staticmethod
    def _each(work: Callable[..., None], *names: str) -> None:
        for name in names:
            work(name)

    def end(self) -> None:
        self.end_all_work()
        for life in self.world.lives.values():
            assert life.status(self.now) in FINAL, life
        self.followers_follow()
        self.tags_are_as_put(*self.world.lives.values())
        self.nothing_is_an_orphan()
        self.everything_can_be_deleted()

    def end_all_work(self) -> None:
        for life in self.in_progress():
            self.write(life, "INACTIVE" if life.written == "START PENDING" else "CREATE FAILED")
        for life in [each for each in self.world.lives.values() if each.updating]:
            self.finish_update(life, "CREATE FAILED")
        self.pass_time(LONG_S)

    def nothing_is_an_orphan(self) -> None:
        items = self.bench.table.client.scan(TableName=self.bench.table.name)["Items"]
        resources = self._resources()
        for resource in resources.values():
            assert claims_of(resource) is None, "a claim is never settled"
            if resource.parent:
                assert self._named(resource.parent) in resources, "a child whose parent is gone"
        entries = [
            (item["pk"]["S"].split("#"), item)
            for item in items
            if item["pk"]["S"].startswith("list#") and _is_shown(item["pk"]["S"])
        ]
        for (_, kind, *owner), item in entries:
            found = resources.get((Kind(kind), item["id"]["S"]))
            assert found and item["sk"]["S"].endswith(found.incarnation), "a list entry of nothing"
            assert not owner or owner[0] in (found.parent, *found.also_under)
        for resource in resources.values():
            lists = [1 for _, item in entries if item["sk"]["S"].endswith(resource.incarnation)]
            owners = {resource.parent, *resource.also_under} - {None}
            assert len(lists) == 1 + sum(owner.startswith("arn:") for owner in owners if owner)

    def everything_can_be_deleted(self) -> None:
        for kinds in CLEAN_UP:
            for life in [each for kind in kinds for each in self.world.of(kind)]:
                self.delete(life.kind, life.id)
            self.pass_time(LONG_S)
        assert self.bench.table.client.scan(TableName=self.bench.table.name)["Items"] == []

    def _resources(self) -> dict[tuple[Kind, str], Resource]:
        found = {}
        for life in self.world.lives.values():
            stored = self.bench.table.get(life.kind, life.id)
            assert stored is not None, life
            found[life.kind, life.id] = stored
        return found

    @staticmethod
    def _named(arn: str) -> tuple[Kind, str]:
        name = parse_arn(arn)
        assert name is not None
        return name.kind, name.resource_id


def _is_shown(partition: str) -> bool:
    """Whether a list is the account's or a resource's: the others are for counting what is at work and the like."""
    owner = partition.split("#", 2)[2:]
    return not owner or owner[0].startswith("arn:")


def in_memory() -> Bench:
    return Bench(None, ResourceTable(MemoryTable(), "resources"), Machines(), Schedules())


def look(make: Callable[[], Bench], forget: Callable[[Bench], Any], examples: int, steps: int) -> None:
    made, forgotten = make, forget

    class Bound(Lifecycle):
        make = staticmethod(made)
        forget = staticmethod(forgotten)

    run_state_machine_as_test(
        Bound,
        settings=settings(max_examples=examples, stateful_step_count=steps, suppress_health_check=list(HealthCheck)),
    )


def test_any_history_gives_the_models_answers_and_leaves_nothing_behind() -> None:
    look(in_memory, lambda bench: None, examples=3 * settings().max_examples // 2, steps=60)


def test_so_does_a_history_in_moto(cloud: Cloud) -> None:
    look(cloud.bench, cloud.forget, examples=settings().max_examples // 50, steps=30)
