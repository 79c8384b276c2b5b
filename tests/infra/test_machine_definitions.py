"""The state machines as data: every state is reached, every failure caught, and the template holds them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from reco.jobs.plan import Plan
from reco.jobs.workflow import JOBS
from tests.infra.machine_runs import MACHINES
from tests.infra.templates import Assembly


def following(state: Mapping[str, Any]) -> set[str]:
    catches = {catch["Next"] for catch in state.get("Catch", [])}
    choices = {choice["Next"] for choice in state.get("Choices", [])}
    return (
        catches | choices | ({state["Next"]} if "Next" in state else set()) | set(filter(None, [state.get("Default")]))
    )


def every_state(machine: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """A machine's states, those inside a Map among them; a name stands for one state in the whole machine."""
    found: dict[str, dict[str, Any]] = {}
    for name, body in machine["States"].items():
        inside = every_state(body["ItemProcessor"]) if body["Type"] == "Map" else {}
        assert not (set(inside) | {name}) & set(found)
        found |= {name: body, **inside}
    return found


def ends_of(machine: Mapping[str, Any]) -> set[str]:
    """The states that end it, each of which and all others being reached."""
    states = machine["States"]
    reached, waiting = set(), [machine["StartAt"]]
    while waiting:
        state = waiting.pop()
        if state not in reached:
            reached.add(state)
            waiting += following(states[state])
    assert reached == set(states)
    return {state for state, body in states.items() if not following(body)}


@pytest.mark.parametrize("name", MACHINES)
def test_every_state_is_reached_and_leads_on(name: str) -> None:
    assert ends_of(MACHINES[name]) == {"Done", "Failed", "No ARN", "Refused"}


def test_every_run_of_a_round_ends_in_one_place() -> None:
    processor = MACHINES["train"]["States"]["Run the round"]["ItemProcessor"]
    assert ends_of(processor) == {"Ran"}
    assert processor["States"]["Ran"]["End"] is True


@pytest.mark.parametrize("name", MACHINES)
def test_every_failure_of_a_task_is_caught_and_marked(name: str) -> None:
    marking = {"Mark as failed": {"Failed"}, "Try in the function": {"Note the failure"}}
    marking["Try on an instance"] = marking["Try in the function"]
    for state, body in every_state(MACHINES[name]).items():
        if state == "Note the failure":
            # Its own failure is that of the round, which is caught.
            assert "Catch" not in body
        elif body["Type"] in ("Task", "Map"):
            last = body["Catch"][-1]
            assert last["ErrorEquals"] == ["States.ALL"]
            assert last["Next"] in marking.get(state, {"Mark as failed", "Claim failed"})
        assert body["Type"] != "Task" or body["Retry"]


@pytest.mark.parametrize("name", MACHINES)
def test_people_can_read_what_each_state_is_for(name: str) -> None:
    assert MACHINES[name]["Comment"].endswith("ARN.")
    for state, body in every_state(MACHINES[name]).items():
        assert body["Type"] == "Succeed" or body["Comment"][-1] in ".?", state


@pytest.mark.parametrize("name", MACHINES)
def test_the_steps_asked_for_are_the_steps_the_workflow_function_has(name: str) -> None:
    asked = {
        body["Parameters"]["Payload"]["step"]
        for body in every_state(MACHINES[name]).values()
        if body["Type"] == "Task" and body["Parameters"].get("FunctionName", "").endswith(":Workflow")
    }
    job = JOBS[name]
    assert asked == {"begin", "commit", "fail"} | {
        step for step in ("plan", "search", "note", "adopt", "settle") if getattr(job, step)
    }


@pytest.mark.parametrize("name", ["import", "train", "recommender"])
def test_what_is_taken_from_the_plan_is_in_the_plan(name: str) -> None:
    taken = {key.removesuffix(".$") for key in MACHINES[name]["States"]["Plan"]["ResultSelector"]}
    assert taken <= set(Plan.__dataclass_fields__)


def test_no_machine_ends_without_its_catch() -> None:
    # TimeoutSeconds over a whole machine would end it without running any state.
    assert not [name for name, machine in MACHINES.items() if "TimeoutSeconds" in machine]


def test_the_template_holds_these_very_definitions(assembly: Assembly) -> None:
    for name, machine in MACHINES.items():
        rendered = assembly.one("AWS::StepFunctions::StateMachine", name.capitalize()).properties["DefinitionString"]
        text = "".join(part if isinstance(part, str) else "X" for part in rendered["Fn::Join"][1])
        there = json.loads(text)
        assert list(there["States"]) == list(machine["States"])
        for state, body in machine["States"].items():
            assert set(there["States"][state]) == set(body), state
            assert there["States"][state]["Type"] == body["Type"]
        # Empty lists and nested machines come through as they are.
        assert there["States"].get("Begin the search") == machine["States"].get("Begin the search")
        assert list(every_state(there)) == list(every_state(machine))
