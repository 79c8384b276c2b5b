"""The control function: all operations that manage resources."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import boto3

from reco.clock import system_clock
from reco.control import operations
from reco.jobs.start import starter_for
from reco.settings import Settings
from reco.storage.resources import ResourceTable
from reco.wire.dispatch import respond

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def build(environment: Mapping[str, str]) -> Handler:
    """The function with its clients, made once for as long as the sandbox lives."""
    settings = Settings(environment)
    table = ResourceTable(boto3.client("dynamodb", region_name=settings.region), settings.resources_table)
    jobs = starter_for(boto3.client("stepfunctions", region_name=settings.region), settings)
    available = operations.build(table, jobs, settings)

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        return respond(event, available, system_clock, region=settings.region)

    return handle


@cache
def _built() -> Handler:
    return build(os.environ)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return _built()(event, context)
