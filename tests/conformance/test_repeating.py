"""A create that is repeated is refused in the service's words, wherever the repeat stands in the resource's life.

Generated from the service model. Source: control-plane reference, section A.
"""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from reco.control.lifecycle import MACHINES
from tests.conformance.answers import describing
from tests.conformance.requests import CONTROL, kind_of, smallest
from tests.conformance.world import World
from tests.control.conftest import TRANSITION_S

NOT_NAMED_BY_NAME = ("CreateEventTracker",)
"""Its ARN is drawn; a group's second one is refused whatever its name is."""
CREATES = [name for name in CONTROL if describing(name) and name not in NOT_NAMED_BY_NAME]


@pytest.mark.parametrize("operation", CREATES)
def test_a_name_is_taken_from_its_first_create_to_the_end_of_its_delete(world: World, operation: str) -> None:
    request = smallest(world, operation)
    if operation == "CreateSolutionVersion":
        request["name"] = "monday"
    answer = world.send(operation, request)
    (member,) = (name for name in answer if name.endswith("Arn"))
    arn, kind = answer[member], kind_of(member)
    assert kind is not None
    refusals = [_refusal(world, operation, request)]
    world.bench.pass_time(TRANSITION_S)
    refusals.append(_refusal(world, operation, request))
    world.bench.settle()
    if kind in MACHINES:
        world.bench.end_job(arn)
    refusals.append(_refusal(world, operation, request))
    delete = operation.replace("Create", "Delete")
    if delete in CONTROL:
        world.send(delete, {member: arn})
        if operation != "CreateSchema":
            refusals.append(_refusal(world, operation, request))
        world.bench.settle()
        assert world.send(operation, request)[member] == arn
    words = f"Another resource with Arn {arn} already exists."
    assert set(refusals) == {("ResourceAlreadyExistsException", words)}


def _refusal(world: World, operation: str, request: dict[str, object]) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        world.send(operation, request)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]
