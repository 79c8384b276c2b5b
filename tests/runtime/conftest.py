"""A shop of two tastes: even users touch even items, odd ones odd items; one campaign for each recipe."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reco.arns import Kind
from reco.artefact import Vocabulary, write_artefact
from reco.models.fit_settings import FitSettings
from reco.models.fitting import fit_model
from reco.models.history import HISTORY_WEIGHTS
from reco.models.interactions import Interactions
from reco.models.source import FittedModel
from reco.models.training_data import TrainingData
from reco.recipes.catalogue import recipe_by_arn
from reco.runtime.model import FAR_ARRAYS, LoadedModel
from reco.runtime.operations import Recommender
from reco.runtime.pointers import Pointers
from reco.storage.artefacts import ArtefactCache
from reco.storage.event_records import EVENTS_THROUGH, UNSETTLED_EVENTS, EventRecord
from reco.storage.events import EventTable
from reco.storage.objects import Objects
from reco.storage.resources import Resource, ResourceTable
from reco.wire.dispatch import respond
from tests.aws import GROUP, OWNER, REGION, SESSION, Clock, gateway_event, in_moto, make_resource, make_table

ITEMS = [f"i{number:02}" for number in range(40)]
USERS = [f"u{number:02}" for number in range(30)]
HISTORY = 12
CACHE_S = 5.0


def shop() -> Interactions:
    """Each user touches a dozen of the twenty items of one taste, drawn by a seed, a minute apart."""
    draw = np.random.default_rng(7)
    items = [draw.permutation(20)[:HISTORY] * 2 + user % 2 for user in range(len(USERS))]
    times = np.tile(1_700_000_000 + 60 * np.arange(HISTORY), len(USERS))
    offsets = np.arange(len(USERS) + 1) * HISTORY
    return Interactions(offsets, np.concatenate(items).astype(np.int32), times.astype(np.int64), len(ITEMS))


@cache
def fitted(recipe_name: str) -> FittedModel:
    """The shop's model, fitted once for all tests."""
    recipe = recipe_by_arn(f"arn:aws:personalize:::recipe/{recipe_name}")
    given = {"hidden_dimension": "32"} if recipe.hyperparameter("hidden_dimension") else {}
    values = recipe.resolve(given, {})
    if recipe.family == "item_similarity":
        values = {**values, "max_item_interaction_count_percentile": 1.0, "max_user_history_length_percentile": 1.0}
    return fit_model(TrainingData(shop()), recipe.family, values, FitSettings())


def write_model(folder: Path, recipe_name: str, **attributes: Any) -> str:
    """A trained artefact of the shop; returns its digest."""
    interactions, model = shop(), fitted(recipe_name)
    unsettled = attributes.pop("unsettled", ())
    weights = attributes.pop("event_weights", None)
    return write_artefact(
        folder,
        kind="model",
        arrays={
            **model.arrays,
            **Vocabulary.from_strings(ITEMS).arrays("items"),
            **Vocabulary.from_strings(USERS).arrays("users"),
            **Vocabulary.from_strings(unsettled).arrays(UNSETTLED_EVENTS),
            "history_offsets": interactions.offsets,
            "history_items": interactions.items,
            "history_times": interactions.times,
            **({} if weights is None else {HISTORY_WEIGHTS: np.asarray(weights, np.float32)}),
        },
        attributes={**model.attributes, EVENTS_THROUGH: 0, "recipe": recipe_name, **attributes},
    )


@dataclass
class RuntimeWorld:
    """What the runtime handler composes, with a clock of the test's own."""

    dynamodb: Any
    s3: Any
    clock: Clock
    folder: Path
    queries: list[str] = field(default_factory=list)
    """Partition of each query of the events table."""
    reads: list[str] = field(default_factory=list)
    """Key of each item read from the resources table."""
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.table = EventTable(self.dynamodb, "events")
        self.resources = ResourceTable(self.dynamodb, "resources")
        self.models = ArtefactCache(self.folder / "cache", Objects(self.s3), 10**9, LoadedModel, by_rows=FAR_ARRAYS)
        pointers = Pointers(self.resources, cache_s=CACHE_S, clock=self.clock)
        self.operations = Recommender(pointers, self.models.fetch, self.table).operations()
        self.dynamodb.meta.events.register(
            "provide-client-params.dynamodb.Query",
            lambda params, **_: self.queries.append(params["ExpressionAttributeValues"][":pk"]["S"]),
        )
        self.dynamodb.meta.events.register(
            "provide-client-params.dynamodb.GetItem", lambda params, **_: self.reads.append(params["Key"]["pk"]["S"])
        )

    def publish(self, recipe_name: str, **attributes: Any) -> dict[str, str]:
        """Trains and uploads a model; returns the pointer that a deployment would write."""
        number = next(self._numbers)
        digest = write_model(self.folder / f"model{number}", recipe_name, **attributes)
        uri = f"s3://data/models/{number}/"
        Objects(self.s3).upload_folder(self.folder / f"model{number}", uri)
        solution = f"{recipe_name}-{number}"
        group_arn = OWNER.arn(Kind.DATASET_GROUP, "shop")
        recipe_arn = f"arn:aws:personalize:::recipe/{recipe_name}"
        make_resource(
            self.resources, Kind.SOLUTION, solution, {"recipe_arn": recipe_arn, "dataset_group_arn": group_arn}
        )
        return {"version_arn": OWNER.arn(Kind.SOLUTION_VERSION, f"{solution}/0a1b2c3d"), "uri": uri, "digest": digest}

    def deploy(self, recipe_name: str, name: str | None = None, **attributes: Any) -> str:
        """The ARN of a campaign that serves."""
        name = name or recipe_name
        serving = self.publish(recipe_name, **attributes)
        make_resource(self.resources, Kind.CAMPAIGN, name, {}, status="ACTIVE", inner={"serving": serving})
        return OWNER.arn(Kind.CAMPAIGN, name)

    def open_recommender(self, recipe_name: str, name: str = "r", **attributes: Any) -> str:
        """The ARN of a recommender that serves; no solution lies behind it."""
        pointer = self.publish(recipe_name, **attributes)
        body = {
            "recipe_arn": f"arn:aws:personalize:::recipe/{recipe_name}",
            "dataset_group_arn": OWNER.arn(Kind.DATASET_GROUP, "shop"),
        }
        serving = {name: pointer[name] for name in ("uri", "digest")}
        make_resource(self.resources, Kind.RECOMMENDER, name, body, status="ACTIVE", inner={"serving": serving})
        return OWNER.arn(Kind.RECOMMENDER, name)

    def stopped(self, name: str) -> dict[str, str]:
        """Stops a recommender as control does; returns the pointer it had."""
        had: dict[str, str] = {}

        def stopped(now: Resource) -> Resource:
            had.update(now.inner["serving"])
            return replace(now, status="INACTIVE", inner={})

        self.resources.update(Kind.RECOMMENDER, name, stopped)
        return had

    def switch(self, name: str, serving: dict[str, str] | None) -> None:
        """Points the campaign elsewhere; None takes its pointer away."""
        self.resources.update(
            Kind.CAMPAIGN, name, lambda now: replace(now, inner={"serving": serving} if serving else {})
        )

    def post(self, path: str, body: Any) -> dict[str, Any]:
        event = gateway_event(path, body, f"request{next(self._numbers)}=")
        return respond(event, self.operations, self.clock, region=REGION)

    def recommend(self, arn: str, user: str | None = None, **more: Any) -> dict[str, Any]:
        answer = self.post("/recommendations", {"campaignArn": arn, **({"userId": user} if user else {}), **more})
        assert answer["statusCode"] == 200, answer
        return json.loads(answer["body"])

    def items(self, arn: str, user: str | None = None, **more: Any) -> list[str]:
        return [each["itemId"] for each in self.recommend(arn, user, **more)["itemList"]]

    def rank(self, arn: str, user: str, *items: str) -> list[dict[str, Any]]:
        answer = self.post("/personalize-ranking", {"campaignArn": arn, "userId": user, "inputList": items})
        assert answer["statusCode"] == 200, answer
        return json.loads(answer["body"])["personalizedRanking"]

    def stream(self, item: str, user: str | None = None, **changes: Any) -> EventRecord:
        """An event that PutEvents has acknowledged now, in the hot table."""
        record = EventRecord(
            group=GROUP,
            record=f"event{next(self._numbers)}-0",
            user=user,
            session="session",
            item=item,
            type="click",
            sent_at=self.clock.now,
            received_at=self.clock.now,
            event_id="",
        )
        record = replace(record, **changes)
        self.table.add([record])
        return record


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[RuntimeWorld]:
    with in_moto(monkeypatch):
        made = RuntimeWorld(SESSION.client("dynamodb"), SESSION.client("s3"), Clock(), tmp_path)
        make_table(made.dynamodb, "events")
        make_table(made.dynamodb, "resources")
        made.s3.create_bucket(Bucket="data")
        make_resource(made.resources, Kind.DATASET_GROUP, "shop", {}, incarnation=GROUP)
        yield made
