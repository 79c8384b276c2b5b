"""A world in which everything is that any operation needs: one of each kind, and what only some operations ask for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore import xform_name

from reco.arns import Kind
from tests.conformance import values
from tests.control.conftest import RECIPE, Bench
from tests.control.every_kind import FOR_YOU, one_of_each
from tests.control.putting_back import Kept


@dataclass
class World:
    """ARNs of what is there: by kind, and by the names that tests.conformance.values uses."""

    bench: Bench
    living: dict[Kind, str]
    made: dict[str, str]
    kept: Kept

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Whatever happens inside, it is as if it had not."""
        now, settings, standing = self.bench.now, self.bench.settings, dict(self.bench.schedules.standing)
        try:
            yield
        finally:
            self.kept.put_back()
            self.bench.now, self.bench.settings = now, settings
            self.bench.schedules.standing = standing

    def send(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """By the real client.

        Raises:
            ClientError: refused.
        """
        answer: dict[str, Any] = getattr(self.bench.client, xform_name(operation))(**request)
        return answer


def build(bench: Bench) -> World:
    """Everything ACTIVE, or at its end."""
    # A time of more digits than an answer may show.
    bench.pass_time(0.123456)
    living, special = one_of_each(bench, "")
    made = {
        "solution": living[Kind.SOLUTION],
        "filter": living[Kind.FILTER],
        "metric attribution": living[Kind.METRIC_ATTRIBUTION],
        "segmenting version": special["CreateBatchSegmentJob", "solutionVersionArn"],
        "shop": special["CreateRecommender", "datasetGroupArn"],
        "use case": FOR_YOU,
    }
    made["user filter"] = bench.client.create_filter(
        name="users", datasetGroupArn=living[Kind.DATASET_GROUP], filterExpression=values.OF_USERS
    )["filterArn"]
    bench.settle()
    bench.end_job(living[Kind.SOLUTION_VERSION], artefact={"uri": "s3://b/m/", "digest": "0" * 64})
    made.update(_shop(bench, made["shop"]))
    made.update(_open_group(bench))
    made["empty group"] = bench.group("empty")
    made["training version"] = _training(bench)
    return World(bench, living, made, Kept(bench))


def _shop(bench: Bench, shop: str) -> dict[str, str]:
    """Items for the shop, with metadata, and a recommender that does not answer."""
    client = bench.client
    schema = client.create_schema(name="shop-items", schema=values.SHOP_ITEMS, domain="ECOMMERCE")["schemaArn"]
    bench.dataset(shop, schema, "Items")
    stopped = client.create_recommender(name="stopped", datasetGroupArn=shop, recipeArn=FOR_YOU)["recommenderArn"]
    bench.end_job(stopped)
    client.stop_recommender(recommenderArn=stopped)
    bench.settle()
    return {"stopped recommender": stopped}


def _open_group(bench: Bench) -> dict[str, str]:
    """A group with rich data, and with room for one more of everything."""
    client = bench.client
    group = bench.group("open")
    bench.dataset(group, bench.schema("rich-interactions", values.INTERACTIONS))
    made = {
        "open group": group,
        "items": bench.dataset(group, bench.schema("rich-items", values.ITEMS), "Items"),
        "users schema": bench.schema("users", values.USERS),
        "wider schema": bench.schema("wider-items", values.WIDER_ITEMS),
    }
    recipes = {"open": RECIPE, "second": values.V2, "similar": values.SIMILAR, "semantic": values.SEMANTIC}
    for name, recipe in recipes.items():
        made[f"{name} solution"] = client.create_solution(
            name=f"{name}-solution", datasetGroupArn=group, recipeArn=recipe, performAutoTraining=False
        )["solutionArn"]
        bench.settle()
        made[f"{name} version"] = bench.version(made[f"{name} solution"])
    made["semantic campaign"] = bench.campaign(made["semantic version"], "semantic")
    return made


def _training(bench: Bench) -> str:
    """A version that is being trained, in a group of its own: no dataset of it can be deleted meanwhile."""
    group = bench.group("busy")
    bench.dataset(group, bench.schema("busy"))
    solution = bench.solution(group, "busy", performAutoTraining=False)
    return str(bench.client.create_solution_version(solutionArn=solution)["solutionVersionArn"])
