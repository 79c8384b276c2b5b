"""Times of the journey on MovieLens latest-small: start of the stack, file to answer, latency of an answer."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.table_row import Row
from local.journey import Journey, Traveller
from local.process import StackProcess
from local.sample_data import movielens_data

WARM_UP = 20


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
        with _stack() as (stack, start_s):
            starts.append(start_s)
            if folder and folder.exists():
                seconds, traveller, campaign, users = _journey(stack, folder)
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
def _stack() -> Iterator[tuple[StackProcess, float]]:
    """A `reco up` of its own, and seconds from the start of the process to an answered request."""
    began = time.perf_counter()
    with StackProcess() as stack:
        stack.client("personalize").list_schemas()
        yield stack, time.perf_counter() - began


def _journey(stack: StackProcess, folder: Path) -> tuple[float, Traveller, str, list[str]]:
    sample = movielens_data(folder)
    traveller = Traveller(stack.client, poll_s=0.05)
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
