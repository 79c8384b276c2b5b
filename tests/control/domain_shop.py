"""A dataset group of a domain with its datasets, and recommenders in it, for the tests of recommenders."""

from __future__ import annotations

from typing import Any

from reco.arns import Kind
from reco.jobs.status import ACTIVE
from tests.control.conftest import Bench
from tests.schemas import EVENTS, column, schema_text

FOR_YOU = "arn:aws:personalize:::recipe/aws-ecomm-recommended-for-you"
MOST_VIEWED = "arn:aws:personalize:::recipe/aws-ecomm-popular-items-by-views"
TOP_PICKS = "arn:aws:personalize:::recipe/aws-vod-top-picks"
MORE_LIKE = "arn:aws:personalize:::recipe/aws-vod-more-like-x"
CUSTOM = "arn:aws:personalize:::recipe/aws-sims"
METRICS = {"coverage": 0.25, "precision_at_5": 0.1}
MODEL = {"uri": "s3://b/models/1/", "digest": "0" * 64, "result": {"metrics": METRICS}}
SERVING = {"uri": "s3://b/models/1/", "digest": "0" * 64}


INTERACTIONS = schema_text("Interactions", *EVENTS, column("DEVICE", ["string", "null"], categorical=True))
VIDEOS = schema_text(
    "Items",
    column("ITEM_ID", "string"),
    column("GENRES", "string", categorical=True),
    column("CREATION_TIMESTAMP", "long"),
)
ITEMS = schema_text(
    "Items",
    column("ITEM_ID", "string"),
    column("PRICE", "float"),
    column("CATEGORY_L1", "string", categorical=True),
    column("COLOUR", ["string", "null"], categorical=True),
)


def _domain_group(bench: Bench, domain: str, items: bool) -> tuple[str, dict[str, str]]:
    """The group, and its datasets by type."""
    name = domain.lower().replace("_", "-")
    group = str(bench.client.create_dataset_group(name=name, domain=domain)["datasetGroupArn"])
    bench.settle()
    texts = {"Interactions": INTERACTIONS, **({"Items": ITEMS if domain == "ECOMMERCE" else VIDEOS} if items else {})}
    return group, {each: _dataset(bench, group, domain, each, text) for each, text in texts.items()}


def _dataset(bench: Bench, group: str, domain: str, dataset_type: str, text: str) -> str:
    name = f"{domain}-{dataset_type}".replace("_", "-")
    schema = bench.client.create_schema(name=name, schema=text, domain=domain)
    return bench.dataset(group, schema["schemaArn"], dataset_type)


class DomainShop:
    """A domain group with its datasets."""

    def __init__(self, bench: Bench, domain: str = "ECOMMERCE", *, items: bool = True) -> None:
        self.bench, self.client, self.domain = bench, bench.client, domain
        self.group, datasets = bench.once(_domain_group, domain, items)
        self.datasets = dict(datasets)

    def dataset(self, dataset_type: str, text: str) -> str:
        return _dataset(self.bench, self.group, self.domain, dataset_type, text)

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
