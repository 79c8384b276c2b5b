"""Every error that the service model gives an operation is really answered, or listed with the reason why it is not."""

from __future__ import annotations

import pytest

from tests.conformance.provoking import codes
from tests.conformance.requests import CONTROL
from tests.conformance.unreachable import BESIDE_MODEL, UNREACHABLE, modelled, reached
from tests.conformance.world import World


@pytest.mark.parametrize("operation", CONTROL)
def test_an_operation_answers_just_the_errors_of_its_model(world: World, operation: str) -> None:
    answered = codes(world, operation)
    beside = {code for (name, code) in BESIDE_MODEL if name == operation}
    assert answered & set(modelled(operation)) == set(reached(operation)), "answered, but listed; or neither"
    assert answered - set(modelled(operation)) == beside


def test_what_is_listed_is_of_the_model_and_told_in_a_sentence() -> None:
    for (operation, code), reason in UNREACHABLE.items():
        assert code in modelled(operation)
        assert reason.endswith(".")
    for operation, code in BESIDE_MODEL:
        assert code not in modelled(operation)
