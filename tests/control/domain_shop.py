"""A dataset group of a domain with its datasets, and recommenders in it, for the tests of recommenders."""

from __future__ import annotations

import json
from typing import Any

from reco.arns import Kind
from reco.jobs.status import ACTIVE
from tests.control.conftest import Bench

FOR_YOU = "arn:aws:personalize:::recipe/aws-ecomm-recommended-for-you"
MOST_VIEWED = "arn:aws:personalize:::recipe/aws-ecomm-popular-items-by-views"
TOP_PICKS = "arn:aws:personalize:::recipe/aws-vod-top-picks"
MORE_LIKE = "arn:aws:personalize:::recipe/aws-vod-more-like-x"
CUSTOM = "arn:aws:personalize:::recipe/aws-sims"
METRICS = {"coverage": 0.25, "precision_at_5": 0.1}
MODEL = {"uri": "s3://b/models/1/", "digest": "0" * 64, "result": {"metrics": METRICS}}
SERVING = {"uri": "s3://b/models/1/", "digest": "0" * 64}


def schema_text(name: str, *fields: tuple[str, Any]) -> str:
    described = [{"name": field, **(kind if isinstance(kind, dict) else {"type": kind})} for field, kind in fields]
    return json.dumps({"type": "record", "name": name, "fields": described})


INTERACTIONS = schema_text(
    "Interactions",
    ("USER_ID", "string"),
    ("ITEM_ID", "string"),
    ("TIMESTAMP", "long"),
    ("EVENT_TYPE", "string"),
    ("DEVICE", {"type": ["string", "null"], "categorical": True}),
)
VIDEOS = schema_text(
    "Items",
    ("ITEM_ID", "string"),
    ("GENRES", {"type": "string", "categorical": True}),
    ("CREATION_TIMESTAMP", "long"),
)
ITEMS = schema_text(
    "Items",
    ("ITEM_ID", "string"),
    ("PRICE", "float"),
    ("CATEGORY_L1", {"type": "string", "categorical": True}),
    ("COLOUR", {"type": ["string", "null"], "categorical": True}),
)


class DomainShop:
    """A domain group with its datasets."""

    def __init__(self, bench: Bench, domain: str = "ECOMMERCE", *, items: bool = True) -> None:
        self.bench, self.client, self.domain = bench, bench.client, domain
        name = domain.lower().replace("_", "-")
        self.group = self.client.create_dataset_group(name=name, domain=domain)["datasetGroupArn"]
        bench.settle()
        self.datasets = {"Interactions": self.dataset("Interactions", INTERACTIONS)}
        if items:
            self.datasets["Items"] = self.dataset("Items", ITEMS if domain == "ECOMMERCE" else VIDEOS)

    def dataset(self, dataset_type: str, text: str) -> str:
        schema = self.client.create_schema(
            name=f"{self.domain}-{dataset_type}".replace("_", "-"), schema=text, domain=self.domain
        )
        return self.bench.dataset(self.group, schema["schemaArn"], dataset_type)

    def create(self, name: str = "r", recipe: str = FOR_YOU, **more: Any) -> str:
        return str(
            self.client.create_recommender(name=name, datasetGroupArn=self.group, recipeArn=recipe, **more)[
                "recommenderArn"
            ]
        )

    def active(self, name: str = "r", recipe: str = FOR_YOU, **more: Any) -> str:
        """A recommender as its machine leaves it."""
        arn = self.create(name, recipe, **more)
        self.bench.end_job(arn, model=MODEL, serving=SERVING)
        return arn

    def shown(self, arn: str) -> dict[str, Any]:
        return dict(self.client.describe_recommender(recommenderArn=arn)["recommender"])

    def status(self, arn: str) -> str:
        return str(self.shown(arn)["status"])

    def end_update(self, arn: str, status: str = ACTIVE, reason: str | None = None) -> None:
        """What the machine writes at the end of an update."""
        stored = self.bench.stored(Kind.RECOMMENDER, arn.rpartition("/")[2])
        update = {**stored.inner["update"], "status": status, "failure_reason": reason}
        self.bench.end_job(arn, update=update)
