"""A resources table in moto."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest

from reco.storage.resources import ResourceTable
from tests.aws import quick_moto

_TABLE = "resources"


@pytest.fixture(scope="module")
def _dynamodb() -> Iterator[object]:
    with pytest.MonkeyPatch.context() as environment, quick_moto():
        environment.setenv("AWS_ACCESS_KEY_ID", "testing")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        yield boto3.client("dynamodb", region_name="eu-west-1")


@pytest.fixture
def table(_dynamodb: object) -> Iterator[ResourceTable]:
    client = _dynamodb
    client.create_table(  # type: ignore[attr-defined]
        TableName=_TABLE,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    yield ResourceTable(client, _TABLE)
    client.delete_table(TableName=_TABLE)  # type: ignore[attr-defined]
