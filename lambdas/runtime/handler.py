"""The runtime function: recommendations, rankings and actions."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from botocore.config import Config

from lambdas.timing import Handler, timed
from reco.clock import Clock, system_clock
from reco.errors import InvalidInput
from reco.runtime.model import FAR_ARRAYS, LoadedModel
from reco.runtime.operations import Recommender
from reco.runtime.pointers import Pointers
from reco.settings import Settings
from reco.storage.artefacts import ArtefactCache
from reco.storage.clients import Clients
from reco.storage.events import EventTable
from reco.storage.key_refusals import explain_keys
from reco.storage.objects import Objects
from reco.storage.resources import ResourceTable
from reco.storage.stopwatch import Stopwatch
from reco.wire.dispatch import respond

# A reader waits for the answer: what hangs is tried again soon. The parameters are our own.
_CLIENT = Config(
    connect_timeout=1,
    read_timeout=3,
    retries={"mode": "standard", "max_attempts": 3},
    parameter_validation=False,
)
_DISK_SHARE = 0.8


def build(environment: Mapping[str, str], clock: Clock = system_clock) -> Handler:
    """The handler with its clients and caches, made once per sandbox."""
    settings = Settings(environment)
    stopwatch = Stopwatch()
    clients = Clients(settings.region)
    dynamodb = stopwatch.watch(clients.make("dynamodb", _CLIENT))
    s3 = stopwatch.watch(explain_keys(clients.make("s3"), InvalidInput))
    folder = tempfile.TemporaryDirectory(prefix="reco-models-", ignore_cleanup_errors=True)
    models = ArtefactCache(
        Path(folder.name),
        Objects(s3),
        int(shutil.disk_usage(folder.name).total * _DISK_SHARE),
        LoadedModel,
        by_rows=FAR_ARRAYS,
    )
    recommender = Recommender(
        Pointers(ResourceTable(dynamodb, settings.resources_table), cache_s=settings.pointer_cache_s, clock=clock),
        models.fetch,
        EventTable(dynamodb, settings.events_table),
    )
    operations = recommender.operations()

    handler = timed("runtime", stopwatch, lambda event: respond(event, operations, clock, region=settings.region))
    # The folder lives as long as the handler, and goes with it.
    handler.folder = folder  # type: ignore[attr-defined]
    return handler


@lru_cache(maxsize=1)
def _handler() -> Handler:
    return build(os.environ)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return _handler()(event, context)
