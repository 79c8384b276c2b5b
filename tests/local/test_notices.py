"""Executions that end badly are told to the function that the template's rule names, once the end can be seen."""

from __future__ import annotations

import json
from typing import Any

from local.world import World
from tests.local.test_state_machines import Machine, wait_for


def noted(world: Any, name: str) -> tuple[int, dict[str, Any]] | None:
    """How often the function was told of the execution of a name, and the last event."""
    item = world.client("dynamodb").get_item(
        TableName=world.outputs["Table"], Key={"pk": {"S": name}, "sk": {"S": "notice"}}
    )
    found = item.get("Item")
    return (int(found["times"]["N"]), json.loads(found["event"]["S"])) if found else None


def times_noted(world: Any, name: str) -> int:
    found = noted(world, name)
    return found[0] if found else 0


def test_a_stopped_execution_is_told_with_what_it_was_for(small_world: World) -> None:
    machine = Machine(small_world)
    execution = machine.start("wait", "told")
    machine.states.stop_execution(executionArn=execution, error="Enough", cause="a person stopped it")
    times, event = wait_for(lambda: noted(small_world, "told"))
    detail = event["detail"]
    assert times == 1
    assert (event["source"], event["detail-type"]) == ("aws.states", "Step Functions Execution Status Change")
    assert detail["executionArn"] == execution and event["resources"] == [execution]
    assert detail["stateMachineArn"] == small_world.outputs["Machine"]
    assert (detail["name"], detail["status"]) == ("told", "ABORTED")
    assert json.loads(detail["input"]) == {"how": "wait", "name": "told", "job": {}}
    assert (detail["error"], detail["cause"]) == ("Enough", "a person stopped it")
    assert detail["startDate"] <= detail["stopDate"]


def test_a_failed_execution_is_told_and_one_that_succeeded_is_not(small_world: World) -> None:
    machine = Machine(small_world)
    machine.end(machine.start("function", "well", command="train"))
    machine.end(machine.start("raise", "badly"))
    _, event = wait_for(lambda: noted(small_world, "badly"))
    assert (event["detail"]["status"], event["detail"]["error"]) == ("FAILED", "BadStep")
    assert noted(small_world, "well") is None


def test_a_machine_that_no_rule_names_is_nobodys_concern(small_world: World) -> None:
    machine = Machine(small_world)
    created = machine.states.create_state_machine(
        name="own",
        definition=json.dumps({"StartAt": "F", "States": {"F": {"Type": "Fail"}}}),
        roleArn="arn:aws:iam::123456789012:role/x",
    )
    start = machine.states.start_execution(stateMachineArn=created["stateMachineArn"], name="unknown")
    machine.end(start["executionArn"])
    machine.end(machine.start("raise", "after"))
    wait_for(lambda: noted(small_world, "after"))
    assert noted(small_world, "unknown") is None


def test_a_timed_out_execution_is_told_by_a_users_own_rule(small_world: World) -> None:
    machine = Machine(small_world)
    wait = {"Type": "Wait", "Seconds": 600, "End": True}
    created = machine.states.create_state_machine(
        name="slow",
        definition=json.dumps({"StartAt": "W", "TimeoutSeconds": 1, "States": {"W": wait}}),
        roleArn="arn:aws:iam::123456789012:role/x",
    )["stateMachineArn"]
    functions, events = small_world.client("lambda"), small_world.client("events")
    function = functions.get_function(FunctionName=small_world.outputs["StepsFunction"])["Configuration"]["FunctionArn"]
    pattern = {"source": ["aws.states"], "detail": {"stateMachineArn": [created], "status": ["TIMED_OUT"]}}
    events.put_rule(Name="slow", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="slow", Targets=[{"Id": "t", "Arn": function}])
    machine.states.start_execution(stateMachineArn=created, name="timed-out", input="{}")
    _, event = wait_for(lambda: noted(small_world, "timed-out"))
    assert event["detail"]["status"] == "TIMED_OUT"


def test_a_function_that_raises_is_told_again(small_world: World) -> None:
    states = small_world.client("stepfunctions")
    given = json.dumps({"how": "raise", "name": "again", "job": {}, "deaf": 1})
    states.start_execution(stateMachineArn=small_world.outputs["Machine"], name="again", input=given)
    wait_for(lambda: times_noted(small_world, "again") == 2)
