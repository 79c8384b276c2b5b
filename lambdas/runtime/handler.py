"""The runtime function: GetRecommendations and GetPersonalizedRanking."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import boto3
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from botocore.config import Config

from reco.clock import Clock, system_clock
from reco.runtime.campaigns import Campaigns
from reco.runtime.model import HISTORY_ARRAYS, LoadedModel
from reco.runtime.operations import Recommender
from reco.settings import Settings
from reco.storage.artefacts import ArtefactCache
from reco.storage.events import EventTable
from reco.storage.objects import Objects
from reco.storage.resources import ResourceTable
from reco.storage.stopwatch import Stopwatch
from reco.wire.dispatch import respond

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

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
    dynamodb = stopwatch.watch(boto3.client("dynamodb", region_name=settings.region, config=_CLIENT))
    s3 = stopwatch.watch(boto3.client("s3", region_name=settings.region))
    folder = tempfile.TemporaryDirectory(prefix="reco-models-", ignore_cleanup_errors=True)
    models = ArtefactCache(
        Path(folder.name),
        Objects(s3),
        int(shutil.disk_usage(folder.name).total * _DISK_SHARE),
        LoadedModel,
        by_rows=HISTORY_ARRAYS,
    )
    recommender = Recommender(
        Campaigns(ResourceTable(dynamodb, settings.resources_table), cache_s=settings.pointer_cache_s, clock=clock),
        models.fetch,
        EventTable(dynamodb, settings.events_table),
    )
    operations = recommender.operations()

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        stopwatch.take()
        began = time.perf_counter()
        answer = respond(event, operations, clock, region=settings.region)
        aws_ms = stopwatch.take() * 1000
        own_ms = (time.perf_counter() - began) * 1000 - aws_ms
        _report(own_ms, aws_ms)
        answer["headers"]["Server-Timing"] = f"own;dur={own_ms:.3f}, aws;dur={aws_ms:.3f}"
        return answer

    # The folder lives as long as the handler, and goes with it.
    handle.folder = folder  # type: ignore[attr-defined]
    return handle


def _report(own_ms: float, aws_ms: float) -> None:
    """A line in the log that CloudWatch counts. Made anew each time: two threads must not share one."""
    metrics = EphemeralMetrics(namespace="Reco", service="runtime")
    metrics.add_metric("OwnTime", MetricUnit.Milliseconds, own_ms)
    metrics.add_metric("AwsTime", MetricUnit.Milliseconds, aws_ms)
    metrics.flush_metrics()


@lru_cache(maxsize=1)
def _handler() -> Handler:
    return build(os.environ)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return _handler()(event, context)
