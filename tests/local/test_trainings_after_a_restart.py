"""Automatic training over restarts of a laptop: its schedules go with each process, and no training is lost by that."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from local.journey import Journey, Traveller
from local.sample_data import shop_data
from local.world import World
from reco.cli.train_due import train_due

pytestmark = pytest.mark.xdist_group("restarted")

DAY_S = 86_400
QUICK = {"RECO_TRANSITION_SECONDS": "0.02", "RECO_POINTER_CACHE_SECONDS": "0"}


class Laptop:
    """A stack that keeps its data, started and stopped, with a clock that is ahead of the machine's."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.ahead_s = 0.0
        self._folder = folder
        patch.setattr("lambdas.control.handler.system_clock", self.now)
        self._patch = patch

    def now(self) -> float:
        return time.time() + self.ahead_s

    @contextmanager
    def up(self) -> Iterator[World]:
        with World(data_dir=self._folder, overrides=QUICK) as world:
            for name, value in world.environment().items():
                self._patch.setenv(name, value)
            yield world

    def train_due(self) -> str:
        """What a person calls now and then, at the time that the stack believes it to be."""
        at = f"{datetime.fromtimestamp(self.now(), UTC):%Y-%m-%dT%H:%M:%S}"
        ran = CliRunner().invoke(train_due, ["--at", at])
        assert ran.exit_code == 0, ran.output
        return ran.output


@pytest.fixture
def laptop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Laptop:
    return Laptop(tmp_path / "data", monkeypatch)


def schedules(world: World) -> list[dict[str, Any]]:
    return list(world.client("scheduler").list_schedules(GroupName=world.outputs["ScheduleGroup"])["Schedules"])


def test_a_training_that_came_due_while_the_laptop_was_off_is_made_once_after_its_start(laptop: Laptop) -> None:
    with laptop.up() as world:
        traveller, journey, sample = Traveller(world.client, poll_s=0.05), Journey("kept", "kept-data"), shop_data()
        traveller.upload(journey, sample)
        traveller.import_data(journey, sample)
        solution = traveller.personalize.create_solution(
            name="kept",
            datasetGroupArn=journey.arns["group"],
            recipeArn="arn:aws:personalize:::recipe/aws-popularity-count",
        )["solutionArn"]
        traveller.wait("solution", partial(traveller.personalize.describe_solution, solutionArn=solution))
        assert "No schedule has been due yet" in laptop.train_due()
        (made,) = schedules(world)
    laptop.ahead_s += 10 * DAY_S
    with laptop.up() as world:
        personalize = world.client("personalize")
        personalize.describe_solution(solutionArn=solution)
        assert schedules(world) == [], "they went with the process, and the group has the same name"
        assert "started" in laptop.train_due()
        assert [each["Name"] for each in schedules(world)] == [made["Name"]]
        assert "this time was looked at before" in laptop.train_due()
        (version,) = personalize.list_solution_versions(solutionArn=solution)["solutionVersions"]
        assert version["trainingType"] == "AUTOMATIC"
        laptop.ahead_s += 7 * DAY_S
        assert "no interactions arrived" in laptop.train_due(), "a week later it is due again, on nothing new"
