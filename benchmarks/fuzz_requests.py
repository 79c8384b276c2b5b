"""Requests for the control plane, each made from a number of its own: valid ones, most of them changed.

The same base seed and number give the same request, whatever came before, so a run is taken up at any number. ARNs
whose last part the service draws (an event tracker's) differ from process to process; all else is the same.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from benchmarks.fuzz_mutations import around, bytes_of, mutated
from benchmarks.fuzz_values import Living, valid_request
from reco.control.operations import METHODS
from reco.wire.gateway import gateway_event
from tests.wire.clients import ACCOUNT, CALLER, NOW, REGION

NAMES = tuple(sorted(METHODS))


@dataclass(frozen=True)
class Request:
    """One request and how it came about."""

    number: int
    seed: int
    """Of this request alone, from the run's seed and the number."""
    operation: str
    """Whose valid request it began as."""
    changes: tuple[str, ...]
    event: Mapping[str, Any]
    waits_s: float
    """How far the clock moves before it is sent."""
    ends_job: str | None
    """The status with which the oldest job in progress ends before it is sent; None for most."""


def seed_of(base: int, number: int) -> int:
    return int.from_bytes(sha256(f"{base}/{number}".encode()).digest()[:8], "big")


def request_at(base: int, number: int, living: Living) -> Request:
    """The request of this number in the run with this seed."""
    seed = seed_of(base, number)
    draw = random.Random(seed)
    operation = draw.choice(NAMES)
    document = valid_request(draw, operation, living)
    changed, done = mutated(draw, operation, document)
    body = bytes_of(draw, changed, done)
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"AmazonPersonalize.{operation}"}
    event = gateway_event("POST", "/", "", headers, body, ACCOUNT, REGION, CALLER, str(number), NOW)
    return Request(
        number=number,
        seed=seed,
        operation=operation,
        event=around(draw, event, done),
        changes=tuple(done),
        waits_s=draw.choice((0.0, 0.0, 1.0, 5.0, 15.0, 61.0)),
        ends_job=draw.choice(("ACTIVE", "ACTIVE", "CREATE FAILED")) if draw.random() < 0.1 else None,
    )
