"""The control plane: how soon a fresh process answers, and how long calls take with thousands of resources present.

Everything is asked of a `reco up` in a process of its own: by boto3 over HTTP, one call after another. Lists are asked
for without a parent, in pages of a hundred, so each reads as much as a page can. Calls that start a state machine come
last, each after the job before it has ended, so that no job is at work while anything is timed.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore import xform_name
from botocore.exceptions import WaiterError

from benchmarks.cold_start import ENVIRONMENT, start_once
from benchmarks.control_questions import Question, creating, describing, listing, starting, users_schema
from benchmarks.full_account import RESOURCES, fill
from benchmarks.table_row import Row
from local.process import StackProcess
from reco.settings import environment_for
from reco.waiters import wait_until_active

REGION = "us-east-1"
WARM_UP = 3
"""Calls of each operation that are not timed."""
MACHINES = 5
"""Timed calls of each operation that starts a state machine."""
_LIFTED = (
    *("dataset_groups", "schemas", "dataset_import_jobs", "solution_versions"),
    *("batch_inference_jobs", "batch_segment_jobs"),
)
"""Quotas that so full an account, or calls so quick after one another, are beyond: raised and not taken away, so that
they are still counted. A client whose job is one too many waits and tries again, which is not what is measured."""


@dataclass(frozen=True)
class Latency:
    """The calls of one operation, in seconds, in their order."""

    operation: str
    seconds: list[float]

    def at(self, share: float) -> float:
        """The quantile in milliseconds."""
        return sorted(self.seconds)[int(share * (len(self.seconds) - 1) + 0.5)] * 1000


def measure(*, runs: int, requests: int, resources: int = RESOURCES) -> list[Row]:
    """All rows.

    Args:
        runs: fresh processes for each row of starts; the quietest counts, a cold start being a fixed amount of work.
        requests: timed calls of each operation.
        resources: how many there are at least.
    """
    quotas = ",".join(f"{name}:{10 * resources}" for name in _LIFTED)
    with StackProcess(overrides=environment_for(quotas=quotas)) as stack:
        table = stack.outputs["ResourcesTable"]
        account = fill(stack.client("dynamodb"), table, REGION, resources)
        rows = _starts(stack.endpoint, table, runs)
        client = stack.client("personalize")
        groups = {
            "Describe*": _asked(client, describing(account), requests),
            "List*, a page of 100 of the account's": _asked(client, listing(account), requests),
            "Create*, where no state machine starts": _asked(client, creating(account, users_schema(client)), requests),
            "Create*, where one starts": _asked(client, starting(account), MACHINES, _end_of_job(client)),
        }
    for what, latencies in groups.items():
        rows += _latency_rows(f"{what}, {account.resources} resources present", latencies)
    return rows


def _starts(endpoint: str, table: str, runs: int) -> list[Row]:
    """Import to first answer: a list of dataset groups, read from the stack's table."""
    settings = {**ENVIRONMENT, **environment_for(resources_table=table)}
    rows = []
    with tempfile.TemporaryDirectory(prefix="reco-bytecode-") as bytecode:

        def start(folder: Path | None, libraries: tuple[str, ...]) -> tuple[float, float]:
            asks = ("ListDatasetGroups", 200)
            started = start_once(
                "control", folder, settings=settings, endpoint=endpoint, asks=asks, libraries=libraries
            )
            return sum(started.wall), sum(started.cpu)

        start(Path(bytecode), ("boto3",))  # writes the bytecode
        for what, folder, libraries, bar, aim in (
            ("boto3 included", Path(bytecode), ("boto3",), "0.8 s", "0.5 s"),
            ("without boto3, as it is deployed", Path(bytecode), (), "", ""),
            ("boto3 included, no bytecode at hand", None, ("boto3",), "", ""),
        ):
            wall, cpu = min(start(folder, libraries) for _ in range(runs))
            rows.append(
                Row(
                    f"import to first answer, fresh interpreter, {what}", f"{wall:.2f} s ({cpu:.2f} s of CPU)", bar, aim
                )
            )
    return rows


def _asked(
    client: Any,
    questions: Mapping[str, Question],
    requests: int,
    after: Callable[[Mapping[str, Any]], None] = lambda answer: None,
) -> list[Latency]:
    """Each operation's calls one after another; `after` is told each answer, and is not timed."""
    latencies = []
    for operation, question in questions.items():
        call = getattr(client, xform_name(operation))
        seconds = []
        for number in range(WARM_UP + requests):
            parameters = question(number)
            began = time.perf_counter()
            answer = call(**parameters)
            seconds.append(time.perf_counter() - began)
            after(answer)
        latencies.append(Latency(operation, seconds[WARM_UP:]))
    return latencies


def _end_of_job(client: Any) -> Callable[[Mapping[str, Any]], None]:
    def wait(answer: Mapping[str, Any]) -> None:
        arn = next(value for name, value in answer.items() if name.endswith("Arn"))
        try:
            wait_until_active(client, arn)
        except WaiterError:
            # It has failed, as it must without data.
            return

    return wait


def _latency_rows(what: str, latencies: list[Latency]) -> list[Row]:
    """All calls together, against the bar, and the slowest operation by its median."""
    together = Latency("", [seconds for each in latencies for seconds in each.seconds])
    slowest = sorted(latencies, key=lambda each: -each.at(0.5))
    named = ", ".join(f"{each.operation} {each.at(0.5):.1f}" for each in slowest[:3])
    measured = f"{together.at(0.5):.1f} / {together.at(0.99):.1f} ms"
    return [
        Row(f"{what}, p50 / p99", measured, "25 ms (p50)", "10 ms (p50)"),
        Row("  its slowest operations, p50", f"{named} ms", "", ""),
    ]
