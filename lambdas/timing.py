"""How long an answer took, split into AWS and us: in a header for who asked, in a metric for who runs it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from reco.storage.stopwatch import Stopwatch

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def timed(function: str, stopwatch: Stopwatch, answer: Callable[[dict[str, Any]], dict[str, Any]]) -> Handler:
    """The handler that answers so and adds `Server-Timing`.

    Args:
        function: dimension of the metrics OwnTime and AwsTime.
        stopwatch: watches the clients that `answer` uses. Requests that other threads make count as our own time.
    """

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        stopwatch.take()
        began = time.perf_counter()
        response = answer(event)
        aws_ms = stopwatch.take() * 1000
        own_ms = (time.perf_counter() - began) * 1000 - aws_ms
        response["headers"]["Server-Timing"] = f"own;dur={own_ms:.3f}, aws;dur={aws_ms:.3f}"
        # Made anew each time: two threads must not share one.
        metrics = EphemeralMetrics(namespace="Reco", service=function)
        metrics.add_metric("OwnTime", MetricUnit.Milliseconds, own_ms)
        metrics.add_metric("AwsTime", MetricUnit.Milliseconds, aws_ms)
        metrics.flush_metrics()
        return response

    return handle
