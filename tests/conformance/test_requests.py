"""Every operation takes the smallest and the fullest valid request, and answers what the service model says.

Generated from the service model: nothing here names an operation.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.answers import Heard, echo_faults, faults_of
from tests.conformance.requests import CONTROL, fullest, is_within, members, smallest
from tests.conformance.values import NEVER_TAKEN
from tests.conformance.world import World
from tests.wire.samples import OPERATIONS


def _check(world: World, operation: str, request: dict[str, Any]) -> None:
    heard = Heard.of(world.bench.client)
    answer = world.send(operation, request)
    assert faults_of(operation, heard, world.bench.now) == [], request
    assert echo_faults(world, operation, request, answer) == []


@pytest.mark.parametrize("operation", CONTROL)
def test_the_smallest_request_is_answered_as_the_model_says(world: World, operation: str) -> None:
    _check(world, operation, smallest(world, operation))


@pytest.mark.parametrize("operation", CONTROL)
def test_the_fullest_requests_are_answered_as_the_model_says(world: World, operation: str) -> None:
    for request in fullest(world, operation):
        with world.undone():
            _check(world, operation, request)


@pytest.mark.parametrize("operation", CONTROL)
def test_the_fullest_requests_hold_every_member_together(world: World, operation: str) -> None:
    """Else a member would be tried in no valid request."""
    sent = {path for request in fullest(world, operation) for path in _paths(request, "")}
    never = {path for (name, path) in NEVER_TAKEN if name == operation}
    missing = {path for path, _ in members(OPERATIONS[operation].input_shape)} - sent
    assert {path for path in missing if not is_within(path, never)} == set()
    assert never <= missing


def _paths(value: Any, path: str) -> set[str]:
    if isinstance(value, list):
        return {inner for element in value for inner in _paths(element, f"{path}[]")}
    if not isinstance(value, dict):
        return set()
    named = {f"{path}.{name}" if path else name: inner for name, inner in value.items()}
    return set(named) | {deeper for inner, held in named.items() for deeper in _paths(held, inner)}
