"""A bench whose containers, and deployment function, are the real ones: each works in a process of its own, which may
die at any request to AWS that it makes, in whichever thread and through whichever client.

Steps of the machine run in this process, where nothing dies: what becomes of a job whose steps do is the matter of
the bench with stand-ins.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from functools import partial
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import boto3

from lambdas.deployment.handler import build
from reco.arns import Kind
from reco.events.freeze import freeze_events
from reco.storage.event_records import EventRecord
from reco.storage.events import EventTable
from reco.storage.layout import EVENT_LOG_PREFIX
from tests.aws import make_table
from tests.faults import Killed
from tests.jobs.bench import CAMPAIGN, IMPORT, REGION, VERSION, Bench
from tests.jobs.cases import Case, added
from tests.jobs.recommenders import RECOMMENDER, put_recommender, recommender_of
from tests.processes import Death, Ended, Request, in_a_process
from tests.schemas import EVENTS, schema_text
from training_container import entry, training, tuning
from training_container.job import Job
from training_container.layout import ContainerFolders

# Before any process is made, so that none of them imports them anew.
from training_container import importing, proposing  # noqa: F401, isort: skip

SCHEMA = schema_text("Interactions", *EVENTS, version="1.0")
POPULAR = "arn:aws:personalize:::recipe/aws-popularity-count"
SEARCHED = "arn:aws:personalize:::recipe/aws-sims"
VIEWED = "arn:aws:personalize:::recipe/aws-ecomm-popular-items-by-views"
USERS, ITEMS_EACH, ITEMS = 50, 20, 40


def clicks() -> bytes:
    """A thousand interactions, each once."""
    draw = random.Random(0)
    rows = [
        f"u{user},i{item},{1_600_000_000 + place},View"
        for user in range(USERS)
        for place, item in enumerate(draw.sample(range(ITEMS), ITEMS_EACH))
    ]
    return "\n".join(["USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE", *rows, ""]).encode()


@dataclass
class RealBench(Bench):
    """Data that can be imported and learned from, a hot table and a log of events, and the image's own code."""

    schema: str = SCHEMA
    source: bytes = field(default_factory=clicks)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._session = boto3.Session(region_name=REGION)
        self._death: Death | None = None
        self._requests: tuple[Request, ...] = ()
        dynamodb = self.context.table.client
        make_table(dynamodb, "events")
        hot, logged = (self._event(name) for name in ("hot", "logged"))
        EventTable(dynamodb, "events").add([hot])
        self.context.home.client.put_object(
            Bucket="home", Key=EVENT_LOG_PREFIX + "2023/11/14/22/log", Body=(logged.line() + "\n").encode()
        )

    def _event(self, name: str) -> EventRecord:
        group = self.get(Kind.DATASET_GROUP, "shop").incarnation
        return EventRecord(group, f"{name}-0", "u1", "s1", "i1", "View", self.now, self.now, name)

    def apart(self, work: Callable[[], Any], death: Death | None = None) -> Ended:
        """Does work here, but for the containers in it, of which one may die."""
        self._death, self._requests = death, ()
        try:
            return Ended(False, answer=work(), requests=self._requests)
        except Killed:
            return Ended(True, requests=self._requests)
        finally:
            self._death = None

    def run_container(self, plan: dict[str, Any]) -> None:
        with TemporaryDirectory(prefix="reco-ml-") as root:
            config = Path(root) / "input" / "config"
            config.mkdir(parents=True)
            asked = {name: plan[name] for name in ("command", "specification")}
            (config / "hyperparameters.json").write_text(json.dumps(asked))
            self._alone(lambda: self._entry(ContainerFolders(Path(root)), plan["command"]))

    def check(self, arn: str, attempt: str) -> None:
        check = partial(build(self.environment), {"step": "check", "arn": arn, "attempt": attempt})
        self._alone(lambda: check(None))

    def _alone(self, work: Callable[[], Any]) -> None:
        """Does one process's work, which dies if that of this machine is to die within it."""
        death = self._death
        if death:
            death = replace(death, request=death.request - len(self._requests))
        ended = in_a_process(work, death)
        self._requests += ended.requests
        if ended.killed:
            raise Killed(f"at request {len(self._requests)}")

    def _entry(self, folders: ContainerFolders, command: str) -> None:
        """What the image runs. No time passes in it, so that what it says of its duration is always the same."""
        still = SimpleNamespace(monotonic=lambda: 0.0)
        freeze = partial(freeze_events, clock=lambda: self.now)
        said = StringIO()
        with (
            patch.object(training, "time", still),
            patch.object(tuning, "time", still),
            patch.object(training, "freeze_events", freeze),
            redirect_stdout(said),
            redirect_stderr(said),
        ):
            code = entry.run(Job(folders, self._session), [command])
        assert code == 0, said.getvalue()


def _importing(bench: Bench) -> None:
    bench.run(IMPORT, bench.start())
    bench.put_import("tuesday", mode="INCREMENTAL")


def _training(bench: Bench) -> None:
    bench.run(IMPORT, bench.start())
    bench.change_version(recipe_arn=POPULAR, solution_config={})


def _searching(bench: Bench) -> None:
    bench.run(IMPORT, bench.start())
    ranges = {
        "continuous_hyper_parameter_ranges": [
            {"name": "popularity_discount_factor", "min_value": 0.25, "max_value": 0.75}
        ]
    }
    resources = {"max_number_of_training_jobs": "1", "max_parallel_training_jobs": "1"}
    config = {"hpo_config": {"algorithm_hyper_parameter_ranges": ranges, "hpo_resource_config": resources}}
    bench.change_version(perform_hpo=True, solution_config=config, recipe_arn=SEARCHED)


def _deploying(bench: Bench) -> None:
    _training(bench)
    bench.run(VERSION, bench.start())
    body = {"solution_version_arn": VERSION, "min_provisioned_tps": 1, "campaign_config": None}
    bench.put(Kind.CAMPAIGN, "front", body, status="CREATE PENDING")


def _recommending(bench: Bench) -> None:
    bench.run(IMPORT, bench.start())
    put_recommender(bench, VIEWED)


def _trained(bench: Bench) -> object:
    return bench.version.status, set(bench.version.inner["metrics"]) >= {"coverage", "precision_at_5"}


def _searched(bench: Bench) -> object:
    return bench.version.status, bench.version.inner["search"]["trials"]


CONTAINERS: dict[str, Case] = {
    "import's container": (IMPORT.replace("monday", "tuesday"), _importing, added, ("ACTIVE", 2000)),
    "training's container": (VERSION, _training, _trained, ("ACTIVE", True)),
    "search's containers": (VERSION, _searching, _searched, ("ACTIVE", 1)),
    "deployment's check": (CAMPAIGN, _deploying, lambda bench: bench.campaign.status, "ACTIVE"),
    "recommender's container": (RECOMMENDER, _recommending, lambda bench: recommender_of(bench).status, "ACTIVE"),
}
"""By kind of job: as `CASES`, for a RealBench."""
