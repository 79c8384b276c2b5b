"""Jobs as clients ask for them: one request of each kind, over a shop that has everything they need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.control.conftest import ROLE, Bench, Shop

INPUT = "s3://bucket/in/users.json"
OUTPUT = "s3://bucket/out/"
PLACES = {
    "jobInput": {"s3DataSource": {"path": INPUT}},
    "jobOutput": {"s3DataDestination": {"path": OUTPUT}},
}
SIMILAR = "arn:aws:personalize:::recipe/aws-similar-items"
SEGMENTS = "arn:aws:personalize:::recipe/aws-item-affinity"


@dataclass(frozen=True)
class Ready:
    """A shop, with a version for segments beside it."""

    bench: Bench
    shop: Shop
    segmenting: str
    """ARN of a version of a segmentation recipe."""

    def asked(self, kind: str) -> tuple[str, dict[str, Any]]:
        """The ARN of the parent, and the smallest request of a kind, without its name."""
        parents = {
            "batch_inference_job": self.shop.version,
            "batch_segment_job": self.segmenting,
            "dataset_export_job": self.shop.dataset,
            "data_deletion_job": self.shop.group,
        }
        parent = parents[kind]
        return parent, {PARENTS[kind]: parent, "roleArn": ROLE, **SENT[kind]}

    def create(self, kind: str, name: str, **more: Any) -> str:
        answer = self.operation("create", kind)(jobName=name, **{**self.asked(kind)[1], **more})
        return str(answer[f"{camel(kind)}Arn"])

    def describe(self, kind: str, arn: str) -> dict[str, Any]:
        shown: dict[str, Any] = self.operation("describe", kind)(**{f"{camel(kind)}Arn": arn})[camel(kind)]
        return shown

    def list(self, kind: str, **asked: Any) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self.operation("list", f"{kind}s")(**asked)[f"{camel(kind)}s"]
        return listed

    def operation(self, verb: str, kind: str) -> Callable[..., Any]:
        operation: Callable[..., Any] = getattr(self.bench.client, f"{verb}_{kind}")
        return operation


PARENTS = {
    "batch_inference_job": "solutionVersionArn",
    "batch_segment_job": "solutionVersionArn",
    "dataset_export_job": "datasetArn",
    "data_deletion_job": "datasetGroupArn",
}
SENT: dict[str, dict[str, Any]] = {
    "batch_inference_job": PLACES,
    "batch_segment_job": PLACES,
    "dataset_export_job": {"jobOutput": PLACES["jobOutput"]},
    "data_deletion_job": {"dataSource": {"dataLocation": "s3://bucket/users.csv"}},
}


def camel(kind: str) -> str:
    first, *rest = kind.split("_")
    return first + "".join(word.capitalize() for word in rest)


def ready(bench: Bench) -> Ready:
    return Ready(bench, *bench.once(_segmenting_shop))


def _segmenting_shop(bench: Bench) -> tuple[Shop, str]:
    """A shop, and a version that makes segments."""
    shop = bench.shop()
    created = bench.client.create_solution(name="segments", datasetGroupArn=shop.group, recipeArn=SEGMENTS)
    bench.settle()
    return shop, bench.version(created["solutionArn"])
