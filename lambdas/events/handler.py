"""The events function: PutEvents."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

from botocore.config import Config

from lambdas.timing import Handler, timed
from reco.clock import Clock, system_clock
from reco.events import operations
from reco.events.intake import EventIntake
from reco.events.trackers import Trackers
from reco.settings import Settings
from reco.storage.clients import Clients
from reco.storage.event_stream import EventStream
from reco.storage.events import EventTable
from reco.storage.resources import ResourceTable
from reco.storage.stopwatch import Stopwatch
from reco.storage.tracking import find_tracking
from reco.wire.dispatch import respond

# API Gateway gives up after 30 s: what hangs must be tried again before that. The parameters are our own.
_CLIENT = Config(
    connect_timeout=1,
    read_timeout=5,
    retries={"mode": "standard", "max_attempts": 3},
    parameter_validation=False,
)


def build(environment: Mapping[str, str], clock: Clock = system_clock) -> Handler:
    """The handler with its clients and caches, made once per sandbox."""
    settings = Settings(environment)
    stopwatch = Stopwatch()
    clients = Clients(settings.region)
    dynamodb = stopwatch.watch(clients.make("dynamodb", _CLIENT))
    firehose = stopwatch.watch(clients.make("firehose", _CLIENT))
    trackers = Trackers(
        partial(find_tracking, dynamodb, settings.resources_table),
        ResourceTable(dynamodb, settings.resources_table),
        cache_s=settings.pointer_cache_s,
        clock=clock,
    )
    intake = EventIntake(EventStream(firehose, settings.event_stream), EventTable(dynamodb, settings.events_table))
    offered = operations.build(trackers, intake)
    return timed("events", stopwatch, lambda event: respond(event, offered, clock, region=settings.region))


@lru_cache(maxsize=1)
def _handler() -> Handler:
    return build(os.environ)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return _handler()(event, context)
