"""The control function: all operations that manage resources."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from botocore.config import Config

from reco.clock import system_clock
from reco.control import operations
from reco.jobs.start import starter_for
from reco.settings import Settings
from reco.storage.clients import Clients
from reco.storage.resources import ResourceTable
from reco.wire.dispatch import respond

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

# API Gateway gives up after 30 s: what hangs or is throttled must be over before that. The parameters are our own.
_CLIENT = Config(
    connect_timeout=1,
    read_timeout=5,
    retries={"mode": "standard", "max_attempts": 3},
    parameter_validation=False,
)


def build(environment: Mapping[str, str]) -> Handler:
    """The function with its clients, made once for as long as the sandbox lives."""
    settings = Settings(environment)
    clients = Clients(settings.region)
    table = ResourceTable(clients.make("dynamodb", _CLIENT), settings.resources_table)
    jobs = starter_for(clients.make("stepfunctions", _CLIENT), settings)
    available = operations.build(table, jobs, settings)

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        return respond(event, available, system_clock, region=settings.region)

    return handle


@cache
def _built() -> Handler:
    return build(os.environ)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return _built()(event, context)
