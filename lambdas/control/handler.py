"""The control function: all operations that manage resources, and what AWS itself tells it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from botocore.config import Config

from reco.clock import system_clock
from reco.control import operations
from reco.control.notices import is_internal, owner_of, take_notice
from reco.control.permissions import read_permissions
from reco.jobs.schedules import schedules_for
from reco.jobs.start import starter_for
from reco.settings import Settings
from reco.storage.arrivals import Arrivals
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
    dynamodb = clients.make("dynamodb", _CLIENT)
    table = ResourceTable(dynamodb, settings.resources_table)
    jobs = starter_for(clients.make("stepfunctions", _CLIENT), settings)
    schedules = schedules_for(cache(lambda: clients.make("scheduler", _CLIENT)), settings)
    kms = cache(lambda: clients.make("kms", _CLIENT))
    registry_at = operations.registries(table, jobs, settings, schedules, kms)
    available = operations.build(registry_at, read_permissions(settings.permissions))
    events = Arrivals(dynamodb, settings.events_table)
    owner = owner_of(settings.schedule_role, settings.region)

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        if is_internal(event):
            return take_notice(registry_at(system_clock(), owner), events, event)
        return respond(event, available, system_clock, region=settings.region)

    return handle


@cache
def _built() -> Handler:
    return build(os.environ)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return _built()(event, context)
