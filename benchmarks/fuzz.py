"""Fuzzing of the control plane: changed requests, one after another, and what must be true of every answer.

    no status of 500 or more, and nothing raised
    no error but those the operation's model has and those of the protocol (control-plane reference, C.1)
    no call over SLOWEST_S seconds

Seconds are those of the CPU: nothing in the process waits for anything outside it, and other work on the machine
counts for nothing.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.fuzz_requests import Request, request_at
from benchmarks.fuzz_world import CHAPTER, World
from tests.wire.samples import OPERATIONS

SLOWEST_S = 5.0
PROTOCOL = frozenset(
    {
        "AccessDeniedException",
        "MissingAuthenticationTokenException",
        "SerializationException",
        "ThrottlingException",
        "UnknownOperationException",
        "UnrecognizedClientException",
        "ValidationException",
        # For what breaks a constraint of the model, whatever the operation: C.1, client-side checks.
        "InvalidInputException",
    }
)
"""Errors that any operation may answer with."""


@dataclass(frozen=True)
class Finding:
    """An answer that must not be, and the request that got it: `--from NUMBER --requests 1` with the run's seed."""

    number: int
    seed: int
    operation: str
    changes: list[str]
    why: str


@dataclass
class Figures:
    """What a run found."""

    seed: int
    start: int
    requests: int = 0
    cpu_s: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    """Answers by error type; "" for those without an error."""
    reached: dict[str, int] = field(default_factory=dict)
    """Answers without an error by operation."""
    slowest_s: float = 0.0
    slowest: str = ""
    """Operation and number of the slowest call."""
    findings: list[Finding] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Requests a second of CPU, making them and setting back the table counted in."""
        return self.requests / self.cpu_s if self.cpu_s else 0.0

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "findings": [asdict(each) for each in self.findings], "per_second": self.per_second}


def run(
    world: World, seed: int, requests: int, start: int = 0, tell: Callable[[Figures], None] | None = None
) -> Figures:
    """Sends requests `start` to `start + requests`, after those before them in the first one's chapter.

    An interrupt (Ctrl-C) ends the run early, with the figures so far; it is taken up by `start`.

    Args:
        tell: is given the figures so far at the end of each chapter.
    """
    figures = Figures(seed, start)
    began = time.process_time()
    with suppress(KeyboardInterrupt):
        for number in range(start - start % CHAPTER, start + requests):
            if number % CHAPTER == 0:
                world.begin_chapter()
                if tell and figures.requests:
                    tell(figures)
            request = request_at(seed, number, world.living)
            asked = time.process_time()
            response, raised = _answered(world, request)
            took = time.process_time() - asked
            if number >= start:
                _note(figures, request, response, raised, took)
    figures.cpu_s = time.process_time() - began
    return figures


def _answered(world: World, request: Request) -> tuple[dict[str, Any], str | None]:
    try:
        return world.answer(request), None
    except Exception as error:
        return {}, f"raised {error!r}"


def _note(figures: Figures, request: Request, response: dict[str, Any], raised: str | None, took: float) -> None:
    figures.requests += 1
    status = int(response.get("statusCode", 0))
    error = error_of(response)
    figures.statuses[status] += 1
    figures.errors[error] += 1
    if status == 200:
        figures.reached[request.operation] = figures.reached.get(request.operation, 0) + 1
    if took > figures.slowest_s:
        figures.slowest_s, figures.slowest = took, f"{request.operation}, number {request.number}"
    why = [raised] if raised else list(broken(request, response, took))
    figures.findings += [
        Finding(request.number, request.seed, request.operation, list(request.changes), each) for each in why
    ]


def broken(request: Request, response: dict[str, Any], took: float) -> Iterator[str]:
    """What is not as it must be."""
    status, error = response["statusCode"], error_of(response)
    if status >= 500:
        yield f"status {status}: {response['body'][:200]}"
    elif (status == 200) != (error == ""):
        yield f"status {status} with error {error!r}"
    elif error and error not in PROTOCOL | modelled(request.operation):
        yield f"{error} is none of {request.operation}'s: {response['body'][:200]}"
    if took > SLOWEST_S:
        yield f"took {took:.1f} s"


def error_of(response: dict[str, Any]) -> str:
    """The error's type; "" for none."""
    if response.get("statusCode") == 200:
        return ""
    try:
        return str(json.loads(response["body"])["__type"])
    except (KeyError, TypeError, ValueError):
        return "no type"


def modelled(operation: str) -> frozenset[str]:
    return frozenset(shape.name for shape in OPERATIONS[operation].error_shapes)
