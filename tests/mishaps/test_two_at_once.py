"""Every operation that changes something, asked by two clients at once: as if one had come after the other."""

from __future__ import annotations

import random

import pytest

from tests.mishaps.trials import MUTATING, Trials


@pytest.mark.parametrize("operation", MUTATING)
def test_two_at_once_have_the_effect_of_one_after_the_other(trials: Trials, operation: str) -> None:
    with trials.undone():
        in_turn = [trials.ask(operation), trials.ask(operation)]
        wanted = trials.left()
    draw = random.Random(operation)
    with trials.undone():
        at_once = trials.at_once(operation, [draw.random() < 0.5 for _ in range(40)])
        left = trials.left()
    assert left == wanted
    assert sorted(str(each.code) for each in at_once) == sorted(str(each.code) for each in in_turn)
