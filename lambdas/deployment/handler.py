"""The deploy machine's check: a trained model is tried before a campaign or a recommender serves it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import boto3

from reco.arns import parse_arn
from reco.errors import UserFault
from reco.jobs.target import SERVERS, target_of
from reco.jobs.trial import try_model
from reco.settings import Settings
from reco.storage.key_refusals import explain_keys
from reco.storage.objects import Objects
from reco.storage.resources import ResourceTable

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def build(environment: Mapping[str, str]) -> Handler:
    """The handler for one environment; makes its clients once."""
    settings = Settings(environment)
    table = ResourceTable(boto3.client("dynamodb", region_name=settings.region), settings.resources_table)
    home = Objects(explain_keys(boto3.client("s3", region_name=settings.region), UserFault))

    def check(event: dict[str, Any], _: Any) -> dict[str, Any]:
        name = parse_arn(event["arn"])
        if event.get("step") != "check" or name is None or name.kind not in SERVERS:
            raise ValueError(f"cannot check {event.get('arn')}")
        target = target_of(table, name.kind, name.resource_id, event["attempt"])
        return {"digest": target.digest, "probes": try_model(home, target.uri, target.digest)}

    return check


@cache
def _handler() -> Handler:
    return build(os.environ)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return _handler()(event, context)
