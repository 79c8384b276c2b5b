"""Every member that the service model gives an answer is really shown in some state, or listed with the reason."""

from __future__ import annotations

import pytest

from tests.conformance import states
from tests.conformance.answers import Heard, faults_of, shown
from tests.conformance.requests import CONTROL, is_within, members
from tests.conformance.states import NEVER_SHOWN
from tests.conformance.world import World
from tests.wire.samples import OPERATIONS

ANSWERING = [name for name in CONTROL if OPERATIONS[name].output_shape is not None]


@pytest.mark.parametrize("operation", ANSWERING)
def test_every_member_of_an_answer_is_shown_as_the_model_says(world: World, operation: str) -> None:
    heard = Heard.of(world.bench.client)
    seen: set[str] = set()
    for request in states.requests(world, operation):
        world.send(operation, request)
        assert faults_of(operation, heard, world.bench.now) == [], request
        seen |= shown(operation, heard)
    never = [path for (name, path) in NEVER_SHOWN if name == operation]
    every = {path for path, _ in members(OPERATIONS[operation].output_shape)}
    assert {path for path in every - seen if not is_within(path, never)} == set()
    assert {path for path in seen if is_within(path, never)} == set(), "shown, but listed"


def test_what_is_listed_is_of_the_model_and_told_in_a_sentence() -> None:
    for (operation, path), reason in NEVER_SHOWN.items():
        assert path in {each for each, _ in members(OPERATIONS[operation].output_shape)}
        assert reason.endswith(".")
