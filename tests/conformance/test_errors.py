"""Every error that the service model gives an operation is really answered, or listed with the reason why it is not."""

from __future__ import annotations

import pytest

from reco.control.operations import METHODS
from tests.conformance import other_services
from tests.conformance.other_services import OTHERS
from tests.conformance.provoking import codes
from tests.conformance.requests import CONTROL
from tests.conformance.unreachable import BESIDE_MODEL, NOT_YET, UNREACHABLE, modelled, reached
from tests.conformance.world import World
from tests.wire.samples import OPERATIONS


@pytest.mark.parametrize("operation", CONTROL)
def test_an_operation_answers_just_the_errors_of_its_model(world: World, operation: str) -> None:
    answered = codes(world, operation)
    beside = {code for (name, code) in BESIDE_MODEL if name == operation}
    assert answered & set(modelled(operation)) == set(reached(operation)), "answered, but listed; or neither"
    assert answered - set(modelled(operation)) == beside


@pytest.mark.parametrize("operation", OTHERS)
def test_an_operation_of_the_other_services_answers_just_the_errors_of_its_model(
    shared_world: World, operation: str
) -> None:
    assert other_services.codes(shared_world.bench.table, operation) == set(reached(operation))


def test_what_is_not_available_yet_is_known(shared_world: World) -> None:
    there = {*METHODS, *other_services.operations(shared_world.bench.table)}
    assert set(OPERATIONS) - there == set(NOT_YET)


def test_what_is_listed_is_of_the_model_and_told_in_a_sentence() -> None:
    for (operation, code), reason in UNREACHABLE.items():
        assert code in modelled(operation)
        assert reason.endswith(".")
    for operation, code in BESIDE_MODEL:
        assert code not in modelled(operation)
