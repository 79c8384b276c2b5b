"""AWS in this process for the tests of handlers: moto, a clock, the two tables and what lies in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import boto3
import botocore.loaders
import botocore.session
import pytest
from moto import backend_index, mock_aws

from local import dispatch, tables
from local.patching import patched
from reco.arns import Kind, Owner
from reco.storage.resources import Resource, ResourceTable

REGION = "us-east-1"
ACCOUNT = "123456789012"
OWNER = Owner(ACCOUNT, REGION)
GROUP = "feedfacefeedface"
"""Incarnation of the dataset group of most tests."""

_LOADER = botocore.loaders.create_loader()
"""One for all tests: it remembers the service models, which take longer to read than most tests run."""


def reading_once() -> botocore.session.Session:
    """A session of its own that reads no service model anew."""
    session = botocore.session.Session()
    session.register_component("data_loader", _LOADER)
    return session


SESSION = boto3.Session("test", "test", region_name=REGION, botocore_session=reading_once())


@dataclass
class Clock:
    """A clock that tests move."""

    now: float = 1_720_000_000.5

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@contextmanager
def quick_moto(config: Any = None) -> Iterator[Any]:
    """moto as the local stack has it: stock moto's answers (tests/local/test_tables.py) at a third of their cost.

    `boto3.client` has the credentials that the environment had when it was first called in any block. What does not
    speak through botocore is refused, not answered: to prepare that for every service takes longer than most tests.
    Yields what `mock_aws` does.
    """
    mock = mock_aws(config=config)
    with patched(backend_index, backend_url_patterns=[]):
        mock.start()
    try:
        with tables.quick(), dispatch.remembering(), patched(boto3, DEFAULT_SESSION=_default_session()):
            yield mock
    finally:
        mock.stop()


@cache
def _default_session() -> boto3.Session:
    """What `boto3.client` uses in every block."""
    return boto3.Session(botocore_session=reading_once())


@contextmanager
def in_moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty account, in which botocore does not wait between its own attempts."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda seconds: None))
    with quick_moto():
        yield


def make_table(dynamodb: Any, name: str) -> None:
    keys = (("pk", "HASH"), ("sk", "RANGE"))
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
        BillingMode="PAY_PER_REQUEST",
    )


def make_resource(resources: ResourceTable, kind: Kind, name: str, body: dict[str, Any], **more: Any) -> Resource:
    incarnation = more.pop("incarnation", sha256(f"{kind}/{name}".encode()).hexdigest()[:16])
    return resources.create(Resource(kind, name, incarnation, body, 1_700_000_000.0, 1_700_000_000.0, **more))


def gateway_event(path: str, body: Any, request_id: str) -> dict[str, Any]:
    """What API Gateway hands a function for a POST; `body` is JSON or its text."""
    return {
        "version": "2.0",
        "routeKey": f"POST {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json"},
        "requestContext": {
            "accountId": ACCOUNT,
            "requestId": request_id,
            "http": {"method": "POST", "path": path},
        },
        "body": body if isinstance(body, str) else json.dumps(body),
        "isBase64Encoded": False,
    }
