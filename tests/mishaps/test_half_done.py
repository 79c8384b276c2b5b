"""Every operation that changes something, AWS refusing in its middle for good: it is done or it is not, never half."""

from __future__ import annotations

import random

import pytest

from tests.faults import ANY, Faults, ServerError, Throttle
from tests.mishaps.trials import MUTATING, Trials

ASKED_AGAIN_IS_ANOTHER = frozenset({"CreateSolutionVersion"})
"""When its user asks again, and not an SDK that lost the answer: nothing tells the two apart, nor should it."""


@pytest.mark.parametrize("operation", MUTATING)
def test_throttled_from_some_write_on_it_is_done_or_not_at_the_next_look(trials: Trials, operation: str) -> None:
    nothing, undisturbed = trials.nothing(), trials.undisturbed(operation)
    cut = random.Random(operation).choice(undisturbed.writes)
    with trials.undone():
        with Faults() as faults:
            faults.add(trials.clients, ANY, Throttle(), skip=cut)
            answer = trials.ask(operation)
        left = trials.left()
    assert left in (nothing, undisturbed.left)
    assert answer.code is not None or (answer, left) == (undisturbed.answer, undisturbed.left)


@pytest.mark.parametrize("operation", MUTATING)
def test_cut_off_right_after_a_write_and_asked_again_it_is_done_once(trials: Trials, operation: str) -> None:
    undisturbed = trials.undisturbed(operation)
    cut = random.Random(f"again {operation}").choice(undisturbed.writes)
    with trials.undone():
        with Faults() as faults:
            faults.add(trials.clients, ANY, ServerError(after=True), skip=cut, times=1)
            faults.add(trials.clients, ANY, ServerError(), skip=cut)
            trials.ask(operation)
        if operation not in ASKED_AGAIN_IS_ANOTHER:
            trials.ask(operation)
        left = trials.left()
    assert left in (
        [undisturbed.left] if operation not in ASKED_AGAIN_IS_ANOTHER else [trials.nothing(), undisturbed.left]
    )
