"""Times of the journey on MovieLens latest-small: start of the stack, file to answer, latency of an answer."""

from __future__ import annotations

import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local.journey import Journey, Traveller
from local.sample_data import movielens_data


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    measured: str
    bar: str
    aim: str


def measure(data: Path | None, *, runs: int, requests: int) -> list[Row]:
    """All rows; those that need MovieLens say so when it is absent."""
    folder = data / "movielens-latest-small" if data else None
    starts: list[float] = []
    journeys: list[float] = []
    latencies: list[float] = []
    inside: list[dict[str, float]] = []
    for run in range(runs):
        with _stack() as (endpoint, start_s):
            starts.append(start_s)
            if folder and folder.exists():
                seconds, traveller, campaign, users = _journey(endpoint, folder)
                journeys.append(seconds)
                if run == runs - 1:
                    latencies = _latencies(traveller, campaign, users, requests)
    if folder and folder.exists():
        from benchmarks.handler_times import measure_handler

        inside = measure_handler(folder, requests)
    absent = "skipped: RECO_BENCHMARK_DATA names no folder with movielens-latest-small"
    return [
        Row(
            "MovieLens latest-small, CreateDatasetImportJob to first recommendation",
            f"{statistics.median(journeys):.1f} s" if journeys else absent,
            "30 s",
            "10 s",
        ),
        Row("`reco up` to ready", f"{statistics.median(starts):.1f} s", "8 s", "3 s"),
        Row(
            "GetRecommendations through boto3 over HTTP, p50 / p99",
            _percentiles(latencies) if latencies else absent,
            "15 / 60 ms",
            "6 / 20 ms",
        ),
        Row(
            "the same inside the handler without the AWS clients' time, p50 / p99",
            _percentiles([one["own"] for one in inside]) if inside else absent,
            "3 / 10 ms",
            "1 / 3 ms",
        ),
        Row(
            "the AWS clients' time of that handler, p50 / p99",
            _percentiles([one["aws"] for one in inside]) if inside else absent,
            "",
            "",
        ),
    ]


def _percentiles(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    return f"{ordered[len(ordered) // 2] * 1e3:.1f} / {ordered[int(len(ordered) * 0.99)] * 1e3:.1f} ms"


@contextmanager
def _stack() -> Iterator[tuple[str, float]]:
    """A `reco up` of its own: endpoint, and seconds from the start of the process to an answered request."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    began = time.perf_counter()
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("reco")), "up", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
    )
    endpoint = f"http://127.0.0.1:{port}"
    try:
        personalize = _client(endpoint)("personalize")
        while True:
            try:
                personalize.list_schemas()
                break
            except Exception:
                if process.poll() is not None:
                    raise
                time.sleep(0.02)
        yield endpoint, time.perf_counter() - began
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def _client(endpoint: str) -> Any:
    def make(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="benchmark",
            aws_secret_access_key="benchmark",
            config=Config(retries={"max_attempts": 0}),
        )

    return make


def _journey(endpoint: str, folder: Path) -> tuple[float, Traveller, str, list[str]]:
    sample = movielens_data(folder)
    traveller = Traveller(_client(endpoint), poll_s=0.05)
    journey = Journey(prefix="bench", bucket="bench-data")
    traveller.upload(journey, sample)
    traveller.import_data(journey, sample)
    traveller.start_training(journey, "user-personalization", dict(sample.solution_config))
    campaign = traveller.deploy(journey, "user-personalization")
    users = sorted(sample.histories)
    traveller.recommend(campaign, user=users[0])
    seconds = time.perf_counter() - min(journey.started.values())
    return seconds, traveller, campaign, users


def _latencies(traveller: Traveller, campaign: str, users: list[str], requests: int) -> list[float]:
    seconds = []
    for number in range(requests):
        began = time.perf_counter()
        traveller.recommend(campaign, user=users[number % len(users)], count=25)
        seconds.append(time.perf_counter() - began)
    return seconds
