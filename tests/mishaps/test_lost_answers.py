"""Every operation that changes something, its answers lost: one effect, and what its client then sees.

Lost below it, between the control plane and AWS, it changes nothing: botocore sends the call again, and the control
plane knows its own write. Lost above it, the client's SDK sends the whole request again, and hears what anybody hears
who asks twice (docs/adr/0002).
"""

from __future__ import annotations

import random
import re

import pytest

from tests.faults import ANY, Fault, Faults, LostAnswer, Repeated, ServerError, Throttle
from tests.mishaps.trials import MUTATING, Trials


@pytest.mark.parametrize("operation", MUTATING)
def test_a_fault_that_botocore_overcomes_is_not_noticed(trials: Trials, operation: str) -> None:
    undisturbed, draw = trials.undisturbed(operation), random.Random(operation)
    assert undisturbed.answer.code is None
    lost: tuple[int, Fault] = (draw.choice(undisturbed.writes), draw.choice([LostAnswer(), ServerError(after=True)]))
    refused: tuple[int, Fault] = (draw.randrange(len(undisturbed.sent)), draw.choice([Throttle(), ServerError()]))
    for number, fault in (lost, refused):
        with trials.undone():
            with Faults() as faults:
                faults.add(trials.clients, ANY, fault, skip=number, times=1)
                answer = trials.ask(operation)
                assert faults.count() == 1
            assert (answer, trials.left()) == (undisturbed.answer, undisturbed.left), (number, fault)


SAME_AGAIN = frozenset({"CreateEventTracker", "CreateSolutionVersion", "TagResource", "UntagResource"})
"""Answered the second time as the first: trackers, and versions without a name, go by the SDK's id of the call."""
HEARD = {
    "Create": "ResourceAlreadyExistsException",
    "Delete": "ResourceInUseException",
    "DeleteSchema": "ResourceNotFoundException",
    "Update": "ResourceInUseException",
    "Start": "ResourceInUseException",
    "Stop": "ResourceInUseException",
    "StopSolutionVersionCreation": "InvalidInputException",
}
"""What else a client hears the second time, by operation or by verb: its own resource is there, being deleted, gone,
being changed, or stopping."""


def heard_twice(operation: str) -> str | None:
    verb = re.match("[A-Z][a-z]+", operation)
    assert verb is not None
    return None if operation in SAME_AGAIN else HEARD.get(operation) or HEARD[verb[0]]


@pytest.mark.parametrize("operation", MUTATING)
def test_a_request_that_the_clients_sdk_sends_again_has_one_effect(trials: Trials, operation: str) -> None:
    undisturbed = trials.undisturbed(operation)
    with trials.undone():
        with Faults() as faults:
            faults.add(trials.client, operation, Repeated(), times=1)
            answer = trials.ask(operation)
        assert trials.left() == undisturbed.left
    assert answer.code == heard_twice(operation)
    assert answer.code is not None or answer == undisturbed.answer
