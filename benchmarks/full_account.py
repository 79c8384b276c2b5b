"""An account with thousands of resources: one small journey of every kind, and copies of it under other names.

The journey is made by the control plane itself, in moto. Its copies are written straight into a stack's table as the
items they would be, since five thousand creates would take minutes.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from moto import mock_aws

from reco.arns import Kind
from tests.control.conftest import Cloud
from tests.control.every_kind import one_of_each
from tests.wire.clients import REGION

RESOURCES = 5000
_FIRST = "shop00000"
_DRAWN = re.compile(r"\b[0-9a-f]{8}(?:[0-9a-f]{8}|(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?\b")
"""What the control plane draws by chance: incarnations, tracking ids, and what ends the ARN of a version or tracker."""
_AT_ONCE = 25
"""Items that one BatchWriteItem takes."""


@dataclass(frozen=True)
class Copied:
    """One journey of the account."""

    arns: dict[Kind, str]
    segmenting: str
    """ARN of a version of a segmentation recipe."""
    shop: str
    """ARN of a dataset group of a domain that has interactions, and no event tracker yet."""


@dataclass(frozen=True)
class Account:
    """What was written."""

    resources: int
    journeys: list[Copied]

    def journey(self, number: int) -> Copied:
        return self.journeys[number % len(self.journeys)]


def fill(dynamodb: Any, table: str, region: str, resources: int = RESOURCES) -> Account:
    """Writes at least so many resources into an empty table; about a second for each thousand."""
    items, first = _journey()
    each = sum(item["sk"]["S"] == "resource" for item in items)
    text = json.dumps([items, first]).replace(REGION, region)
    drawn = sorted(set(_DRAWN.findall(text)))
    journeys: list[Copied] = []
    pending: list[dict[str, Any]] = []
    while len(journeys) * each < resources:
        copied, described = json.loads(_renamed(text, drawn, len(journeys)))
        pending += copied
        made, segmenting, shop = described
        journeys.append(Copied({Kind(kind): arn for kind, arn in made.items()}, segmenting, shop))
    for start in range(0, len(pending), _AT_ONCE):
        puts = [{"PutRequest": {"Item": item}} for item in pending[start : start + _AT_ONCE]]
        answer = dynamodb.batch_write_item(RequestItems={table: puts})
        assert not answer.get("UnprocessedItems")
    return Account(each * len(journeys), journeys)


def _journey() -> tuple[list[dict[str, Any]], tuple[dict[Kind, str], str, str]]:
    """The items of the first journey, and its ARNs."""
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "testing")
        bench = Cloud().bench()
        made, special = one_of_each(bench, _FIRST)
        items = list(_scanned(bench.table.client, bench.table.name))
    segmenting = special["CreateBatchSegmentJob", "solutionVersionArn"]
    return items, (made, segmenting, special["CreateRecommender", "datasetGroupArn"])


def _scanned(dynamodb: Any, table: str) -> Iterator[dict[str, Any]]:
    for page in dynamodb.get_paginator("scan").paginate(TableName=table):
        yield from page["Items"]


def _renamed(text: str, drawn: list[str], number: int) -> str:
    """The journey under names of its own, everything that was drawn drawn anew."""
    anew = {each: "-".join(secrets.token_hex(len(part) // 2) for part in each.split("-")) for each in drawn}
    return _DRAWN.sub(lambda found: anew[found[0]], text).replace(_FIRST, f"shop{number:05d}")
