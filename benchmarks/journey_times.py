"""Times of the journey on MovieLens latest-small: start of the stack, file to answer, latency of an answer."""

from __future__ import annotations

import os
import re
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

WARM_UP = 20


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    measured: str
    bar: str
    aim: str


@dataclass(frozen=True)
class Answer:
    """One timed GetRecommendations, in seconds."""

    whole: float
    """As the client sees it, over HTTP."""
    own: float
    """Inside the handler, without its AWS clients."""
    aws: float
    """Inside the handler, in its AWS clients."""


def measure(data: Path | None, *, runs: int, requests: int) -> list[Row]:
    """All rows; those that need MovieLens say so when it is absent."""
    folder = data / "movielens-latest-small" if data else None
    starts: list[float] = []
    journeys: list[float] = []
    answers: list[Answer] = []
    for _ in range(runs):
        with _stack() as (endpoint, start_s):
            starts.append(start_s)
            if folder and folder.exists():
                seconds, traveller, campaign, users = _journey(endpoint, folder)
                journeys.append(seconds)
                answers += _ask(traveller, campaign, users, requests)
    absent = "skipped: RECO_BENCHMARK_DATA names no folder with movielens-latest-small"

    def latency(part: str) -> str:
        return _percentiles([getattr(answer, part) for answer in answers]) if answers else absent

    return [
        Row(
            "MovieLens latest-small, CreateDatasetImportJob to first recommendation",
            f"{statistics.median(journeys):.1f} s" if journeys else absent,
            "30 s",
            "10 s",
        ),
        Row("`reco up` to ready", f"{statistics.median(starts):.1f} s", "8 s", "3 s"),
        Row(
            "GetRecommendations through boto3 over HTTP, 9.7k items, p50 / p99",
            latency("whole"),
            "15 / 60 ms",
            "6 / 20 ms",
        ),
        Row("the same inside the handler, without the AWS clients, p50 / p99", latency("own"), "3 / 10 ms", "1 / 3 ms"),
        Row("the AWS clients inside the handler, p50 / p99", latency("aws"), "", ""),
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


def _ask(traveller: Traveller, campaign: str, users: list[str], requests: int) -> list[Answer]:
    """Warm answers, one after another; the handler's own account of its time is in the Server-Timing header."""
    answers = []
    for number in range(requests + WARM_UP):
        began = time.perf_counter()
        answer = traveller.runtime.get_recommendations(
            campaignArn=campaign, userId=users[number % len(users)], numResults=25
        )
        whole = time.perf_counter() - began
        timing = answer["ResponseMetadata"]["HTTPHeaders"]["server-timing"]
        parts = {name: float(ms) / 1e3 for name, ms in re.findall(r"(\w+);dur=([\d.]+)", timing)}
        answers.append(Answer(whole, parts["own"], parts["aws"]))
    return answers[WARM_UP:]
