"""How long an answer took, split into AWS and us: in a header for who asked, in a metric for who runs it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from reco.storage.stopwatch import Stopwatch

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

NAMESPACE = "Reco"


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
        print(metric_line(function, {"OwnTime": own_ms, "AwsTime": aws_ms}))
        return response

    return handle


def metric_line(function: str, milliseconds: dict[str, float]) -> str:
    """Metrics as a line of the log that CloudWatch reads (embedded metric format). No library: it is one document."""
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [["service"]],
        "Metrics": [{"Name": name, "Unit": "Milliseconds"} for name in milliseconds],
    }
    document = {
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]},
        "service": function,
        **{name: [value] for name, value in milliseconds.items()},
    }
    return json.dumps(document)
