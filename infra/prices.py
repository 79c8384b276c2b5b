"""What a deployment costs while nobody uses it, counted from its templates: `python -m infra.prices`.

List prices of us-east-1 in USD, as of 2026-11-21; the tables, functions, machines and streams cost by use only. Every
resource type must be priced or named as free here, so that nothing billed by the hour slips in.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.code import ROOT


@dataclass(frozen=True)
class Price:
    """A month of one thing."""

    usd: float
    what: str
    verified: bool = True
    """False where the price is remembered and was not looked up."""


ALARM_METRIC = Price(0.10, "alarm, by the metric it watches")
DASHBOARD = Price(3.00, "dashboard")
KEY = Price(1.00, "customer key", verified=False)
IMAGE_GB = Price(0.10, "GB of container image", verified=False)
OBJECT_GB = Price(0.023, "GB in S3")

IMAGE_SIZE_GB = 0.2
"""Compressed: 45 MB of base image and 130 MB of wheels, estimated from the lock; no image has been built yet."""
CODE_SIZE_GB = 0.03
"""Both archives of the handlers' code."""

FREE_ALARM_METRICS = 10
FREE_DASHBOARDS = 3
"""What CloudWatch gives every account each month for ever; remembered, not looked up."""

FREE_WHILE_IDLE = frozenset(
    {
        "AWS::ApiGatewayV2::Api",
        "AWS::ApiGatewayV2::Integration",
        "AWS::ApiGatewayV2::Route",
        "AWS::ApiGatewayV2::Stage",
        "AWS::Cognito::IdentityPool",
        "AWS::Cognito::IdentityPoolRoleAttachment",
        "AWS::DynamoDB::Table",
        "AWS::Events::Rule",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::KinesisFirehose::DeliveryStream",
        "AWS::Lambda::Function",
        "AWS::Lambda::Permission",
        "AWS::Logs::LogGroup",
        "AWS::Logs::LogStream",
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::Subscription",
        "AWS::SNS::Topic",
        "AWS::SNS::TopicPolicy",
        # One schedule, which calls a function once a day: less than a thousandth of a dollar a month.
        "AWS::Scheduler::Schedule",
        "AWS::Scheduler::ScheduleGroup",
        "AWS::StepFunctions::StateMachine",
    }
)


class Unpriced(Exception):
    """A resource type that nobody has said the price of."""


@dataclass(frozen=True)
class Line:
    """One line of a bill."""

    price: Price
    amount: float

    @property
    def usd(self) -> float:
        return self.amount * self.price.usd


def idle_bill(templates: Sequence[Mapping[str, Any]]) -> list[Line]:
    """A month's bill for the resources of these templates, without any use and any data.

    Raises:
        Unpriced: a type is neither priced nor free while idle.
    """
    resources = [resource for template in templates for resource in template["Resources"].values()]
    counts = Counter(resource["Type"] for resource in resources)
    unpriced = set(counts) - FREE_WHILE_IDLE - {"AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard", "AWS::KMS::Key"}
    if unpriced:
        raise Unpriced(", ".join(sorted(unpriced)))
    metrics = sum(_metrics(resource) for resource in resources if resource["Type"] == "AWS::CloudWatch::Alarm")
    return [
        Line(ALARM_METRIC, metrics),
        Line(DASHBOARD, counts["AWS::CloudWatch::Dashboard"]),
        Line(KEY, counts["AWS::KMS::Key"]),
        Line(IMAGE_GB, IMAGE_SIZE_GB),
        Line(OBJECT_GB, CODE_SIZE_GB),
    ]


def after_allowances(bill: Sequence[Line]) -> float:
    """The bill of an account that has no other alarms and dashboards, USD."""
    free = {ALARM_METRIC: FREE_ALARM_METRICS, DASHBOARD: FREE_DASHBOARDS}
    return sum(max(0.0, line.amount - free.get(line.price, 0)) * line.price.usd for line in bill)


def _metrics(alarm: Mapping[str, Any]) -> int:
    queries = alarm["Properties"].get("Metrics", [])
    return sum("MetricStat" in query for query in queries) or 1


def read_templates(assembly: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(assembly.glob("*.template.json"))]


def main() -> int:
    templates = read_templates(ROOT / "build" / "cdk.out")
    if not templates:
        raise SystemExit("Error: there is no template to count yet: run `make build/template.json`.")
    bill = idle_bill(templates)
    for line in bill:
        note = "" if line.price.verified else " (price remembered, not looked up)"
        print(f"{line.amount:8.2f} x {line.price.usd:5.3f} = {line.usd:5.2f} USD  {line.price.what}{note}")
    print(f"{sum(line.usd for line in bill):24.2f} USD a month, idle, at list prices")
    print(f"{after_allowances(bill):24.2f} USD after CloudWatch's monthly allowances")
    return 0


if __name__ == "__main__":
    sys.exit(main())
