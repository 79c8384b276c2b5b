"""GetRecommendations inside the runtime handler: its own time, and its AWS clients' time apart."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import boto3
from local.world import World
from reco.wire.gateway import gateway_event

from lambdas.runtime import handler
from local.journey import Journey, Traveller
from local.sample_data import movielens_data

_clock = threading.local()


def measure_handler(folder: Path, requests: int) -> list[dict[str, float]]:
    """Seconds `own` and `aws` of each warm request."""
    sample = movielens_data(folder)
    with World(port=0) as world:

        def client(service: str) -> Any:
            return boto3.client(
                service,
                endpoint_url=world.endpoint,
                region_name="us-east-1",
                aws_access_key_id="benchmark",
                aws_secret_access_key="benchmark",
            )

        traveller = Traveller(client)
        journey = Journey(prefix="bench", bucket="bench-data")
        traveller.upload(journey, sample)
        traveller.import_data(journey, sample)
        traveller.start_training(journey, "user-personalization", dict(sample.solution_config))
        campaign = traveller.deploy(journey, "user-personalization")
        answer = handler.build(world.environment("Runtime"))
        users = sorted(sample.histories)
        times = []
        with _timed_clients():
            for number in range(requests + 20):
                body = {"campaignArn": campaign, "userId": users[number % len(users)], "numResults": 25}
                event = _event(body)
                _clock.aws = 0.0
                began = time.perf_counter()
                response = answer(event, None)
                whole = time.perf_counter() - began
                if response["statusCode"] != 200:
                    raise RuntimeError(response["body"])
                if number >= 20:
                    times.append({"own": whole - _clock.aws, "aws": _clock.aws})
        return times


def _event(body: dict[str, Any]) -> dict[str, Any]:
    return gateway_event(
        method="POST",
        path="/recommendations",
        query="",
        headers={"content-type": "application/json"},
        body=json.dumps(body).encode(),
        account="123456789012",
        region="us-east-1",
        caller_arn="arn:aws:iam::123456789012:user/benchmark",
        request_id="benchmark",
        time_epoch=time.time(),
    )


class _timed_clients:
    """While open, every call of a boto3 client adds its seconds to `_clock.aws`."""

    def __enter__(self) -> None:
        from botocore.client import BaseClient

        self._original = original = BaseClient._make_api_call

        def timed(client: Any, *arguments: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return original(client, *arguments, **named)
            finally:
                _clock.aws = getattr(_clock, "aws", 0.0) + time.perf_counter() - began

        BaseClient._make_api_call = timed

    def __exit__(self, *_: object) -> None:
        from botocore.client import BaseClient

        BaseClient._make_api_call = self._original
