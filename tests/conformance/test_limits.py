"""Every limit of every member that valid requests hold, tried over the whole control plane.

Just outside, a request is refused with InvalidInputException naming the member, and nothing is written. Just inside,
validation lets it pass: it is answered, or refused for what it means. Generated from the service model; that each limit
is found when it stands alone, tests/wire/test_limits.py says of all three services.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from reco.control import operations
from tests.conformance.requests import CONTROL, tried_places
from tests.conformance.world import World
from tests.wire.clients import connect
from tests.wire.limits import bounds
from tests.wire.samples import Place, removed, replaced, sample

Ask = Callable[[str, Any], tuple[str, str]]


@pytest.fixture(scope="module")
def ask(shared_world: World) -> Ask:
    """Code and message of the refusal of what boto3 would check before it sends it; empty when it is answered."""
    bench = shared_world.bench
    client = connect("personalize", operations.build(bench.registry_at), lambda: bench.now, checks=False)

    def asked(operation: str, request: Any) -> tuple[str, str]:
        try:
            getattr(client, xform_name(operation))(**request)
        except ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400, (operation, request)
            return error.response["Error"]["Code"], error.response["Error"]["Message"]
        return "", ""

    return asked


@pytest.mark.parametrize("operation", CONTROL)
def test_just_outside_a_limit_is_refused_by_name_and_changes_nothing(world: World, operation: str, ask: Ask) -> None:
    for request, place in tried_places(world, operation):
        for bound in bounds(place.shape):
            for value in bound.broken:
                code, message = ask(operation, replaced(request, place.steps, value))
                assert code == "InvalidInputException", (place, value)
                assert f"{place.spelled}: {bound.words}" in message, (place, value)
        for bound in bounds(place.shape.key) if place.shape.type_name == "map" else ():
            for key in bound.broken:
                entries = {key: sample(place.shape.value, full=False)}
                code, message = ask(operation, replaced(request, place.steps, entries))
                assert code == "InvalidInputException", (place, key)
                assert message.startswith(f'{place.spelled}["') and bound.words in message, (place, key)
        if place.required:
            code, message = ask(operation, removed(request, place.steps))
            assert (code, message) == ("InvalidInputException", f"{place.spelled}: is required")
    assert world.kept.written == set()


@pytest.mark.parametrize("operation", CONTROL)
def test_just_inside_a_limit_validation_says_nothing(world: World, operation: str, ask: Ask) -> None:
    for request, place in tried_places(world, operation):
        for value in _kept(place):
            with world.undone():
                _, message = ask(operation, replaced(request, place.steps, value))
            assert not _by_validation(place, message), (value, message)


def _kept(place: Place) -> list[Any]:
    """What keeps the limits of a place, each value once: 100 and 100.0 are one."""
    values: list[Any] = []
    for bound in bounds(place.shape):
        values.extend(value for value in bound.kept if value not in values)
    return values


def _by_validation(place: Place, message: str) -> bool:
    return f"{place.spelled}: must be " in message or f"{place.spelled}: must match " in message
