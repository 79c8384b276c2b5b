"""The schedules of automatic training in Scheduler itself, when the stack that holds their group is made anew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from reco.arns import Kind, Owner
from reco.control.automatic_training import FIRST_RUN_S
from reco.control.notices import take_notice
from reco.jobs.schedules import DAY_S, SchedulerSchedules
from tests.control.conftest import Bench
from tests.control.domain_shop import DomainShop
from tests.control.test_automatic_training import Events
from tests.faults import Faults
from tests.wire.clients import ACCOUNT, REGION

ROLE = f"arn:aws:iam::{ACCOUNT}:role/schedules"


@dataclass
class Deployment:
    """A control plane whose schedules lie in a group of Scheduler."""

    bench: Bench
    scheduler: Any

    def deploy(self, group: str) -> None:
        self.scheduler.create_schedule_group(Name=group)
        schedules: Any = SchedulerSchedules(lambda: self.scheduler, group, "arn:aws:lambda:::function", ROLE)
        self.bench.schedules = schedules

    def destroy(self, group: str) -> None:
        """As Scheduler does it: a group goes with its schedules."""
        for each in self.scheduler.list_schedules(GroupName=group)["Schedules"]:
            self.scheduler.delete_schedule(GroupName=group, Name=each["Name"])
        self.scheduler.delete_schedule_group(Name=group)

    def mend(self) -> None:
        """What the stack's own schedule says as soon as it is there, and each day."""
        registry = self.bench.registry_at(self.bench.now, Owner(ACCOUNT, REGION))
        take_notice(registry, Events(), {"automatic_training": "mend"})  # type: ignore[arg-type]

    def first_times(self, group: str) -> dict[str, float]:
        """When each of the group's schedules begins, by the incarnation that it is for."""
        names = [each["Name"] for each in self.scheduler.list_schedules(GroupName=group)["Schedules"]]
        found = [self.scheduler.get_schedule(GroupName=group, Name=name) for name in names]
        for each in found:
            assert each["Name"] == json.loads(each["Target"]["Input"])["automatic_training"]["incarnation"]
        return {each["Name"]: each["StartDate"].timestamp() for each in found}


@pytest.fixture
def deployment(bench: Bench) -> Iterator[Deployment]:
    made = Deployment(bench, boto3.client("scheduler", region_name=REGION))
    yield made
    for group in made.scheduler.list_schedule_groups()["ScheduleGroups"]:
        if group["Name"] != "default":
            made.destroy(group["Name"])


def test_a_stack_made_anew_makes_every_schedule_that_went_with_its_group_and_keeps_to_the_times(
    deployment: Deployment,
) -> None:
    bench = deployment.bench
    shop = DomainShop(bench)
    deployment.deploy("first")
    began = bench.now
    recommender, stopped = shop.active("r"), shop.active("s")
    for name in ("one", "two"):
        bench.solution(shop.group, name)
    bench.solution(shop.group, "by-hand", performAutoTraining=False)
    deployment.mend()
    bench.client.stop_recommender(recommenderArn=stopped)
    solutions = [bench.stored(Kind.SOLUTION, name) for name in ("one", "two")]
    first_hour = {each.incarnation: each.created_at + FIRST_RUN_S for each in solutions}
    incarnation = bench.stored(Kind.RECOMMENDER, "r").incarnation
    assert deployment.first_times("first") == first_hour | {incarnation: began + 7 * DAY_S}

    deployment.destroy("first")
    bench.pass_time(17 * DAY_S)
    deployment.deploy("second")
    deployment.mend()
    later = {name: first + 21 * DAY_S for name, first in first_hour.items()}
    assert deployment.first_times("second") == later | {incarnation: began + 21 * DAY_S}
    with Faults() as faults:
        faults.watch(deployment.scheduler)
        deployment.mend()
        bench.client.describe_recommender(recommenderArn=recommender)
    assert faults.sent == [], "nothing is missing any more"
