"""What is the same of every state machine, executed by the interpreter that the local stack uses."""

from __future__ import annotations

import json

import boto3
import pytest

from infra.machines import OUTGROWN_ERRORS
from reco.jobs.cost_tags import job_tags
from tests.infra.machine_runs import CALLS, LARGEST_PAYLOAD, MACHINES, PLAN, WELL, Start


@pytest.mark.parametrize("machine", ["import", "train"])
def test_small_work_is_planned_done_in_the_function_and_committed(run: Start, machine: str) -> None:
    done = run(machine, WELL)
    assert done.end["status"] == "SUCCEEDED", done.end
    assert done.steps == ["begin", "plan", "job", "commit"]
    begin, plan, job, commit = CALLS
    assert begin == {"step": "begin", "machine": machine, "arn": "arn:of:it", "execution": done.execution}
    assert plan == {**begin, "step": "plan", "attempt": "a1"}
    assert job == {"command": PLAN["command"], "specification": PLAN["specification"]}
    assert commit == {**begin, "step": "commit", "attempt": "a1"}


@pytest.mark.parametrize("machine", MACHINES)
def test_the_output_says_what_came_of_it_and_on_which_machine(run: Start, machine: str) -> None:
    output = json.loads(run(machine, WELL).end["output"])
    assert output["commit"]["summary"] == {"rows": 1000, "report": "s3://data/jobs/1/2/report.json"}
    if machine != "deploy":
        assert (output["plan"]["tier"], output["plan"]["reason"]) == ("function", "it is small")


@pytest.mark.parametrize("machine", ["import", "train", "recommender"])
def test_an_instance_carries_the_tags_of_what_it_works_for(run: Start, machine: str) -> None:
    done = run(machine, {**WELL, "plan": lambda _: {**PLAN, "tier": "instance"}})
    assert done.end["status"] == "SUCCEEDED", done.end
    sagemaker = boto3.client("sagemaker")
    (job,) = sagemaker.list_training_jobs()["TrainingJobSummaries"]
    assert sagemaker.list_tags(ResourceArn=job["TrainingJobArn"])["Tags"] == PLAN["tags"]


@pytest.mark.parametrize("machine", MACHINES)
def test_as_many_tags_as_there_may_be_fit_into_a_state(run: Start, machine: str) -> None:
    tags = job_tags({f"{number:02d}{'k' * 126}": "v" * 256 for number in range(50)})
    done = run(machine, {**WELL, "plan": lambda _: {**PLAN, "tags": tags}})
    assert done.end["status"] == "SUCCEEDED", done.end
    entered = [each["stateEnteredEventDetails"] for each in done.history if "stateEnteredEventDetails" in each]
    assert max(len(each["input"]) for each in entered) < LARGEST_PAYLOAD


@pytest.mark.parametrize("machine", MACHINES)
def test_a_job_that_is_done_or_in_other_hands_is_left_alone(run: Start, machine: str) -> None:
    idle = {"arn": "arn:of:it", "attempt": "", "proceed": False, "refused": False, "reason": "it is done"}
    done = run(machine, {**WELL, "begin": lambda _: idle})
    assert done.end["status"] == "SUCCEEDED"
    assert done.steps == ["begin"]
    assert json.loads(done.end["output"])["claim"]["reason"] == "it is done"


@pytest.mark.parametrize("machine", MACHINES)
def test_an_arn_of_nothing_to_work_on_ends_failed_with_the_plain_reason(run: Start, machine: str) -> None:
    why = "arn:of:it is not the ARN of a campaign of this account"
    refusal = {"arn": "arn:of:it", "attempt": "", "proceed": False, "refused": True, "reason": why}
    done = run(machine, {**WELL, "begin": lambda _: refusal})
    assert (done.end["status"], done.end["error"], done.end["cause"]) == ("FAILED", "InvalidInput", why)
    assert done.steps == ["begin"]


@pytest.mark.parametrize("given", ["{}", "[]", "7", '"arn"', '{"arn": null}', '{"arn": {}}', '{"ARN": "x"}'])
def test_input_without_an_arn_ends_failed_before_the_first_step(run: Start, given: str) -> None:
    done = run("train", WELL, given)
    assert (done.end["status"], done.end["error"]) == ("FAILED", "InvalidInput")
    assert done.end["cause"] == 'The input must be {"arn": "ARN OF THE RESOURCE"}.'
    assert CALLS == []


@pytest.mark.parametrize(
    ("machine", "step"),
    [("import", "plan"), ("train", "job"), ("import", "commit"), ("deploy", "check"), ("deploy", "settle")]
    + [("recommender", step) for step in ("plan", "job", "adopt", "check", "commit", "settle")],
)
def test_a_failed_step_is_marked_with_its_attempt_and_cause(run: Start, machine: str, step: str) -> None:
    done = run(machine, {**WELL, step: lambda _: ValueError("UserFault", "the column PRICE is missing")})
    assert done.end["status"] == "FAILED"
    assert done.end["error"] == "JobFailed"
    assert "the column PRICE is missing" in done.end["cause"]
    marked = CALLS[-1]
    assert (marked["step"], marked["attempt"], marked["execution"]) == ("fail", "a1", done.execution)
    assert marked["error"]["Error"] == "UserFault"


def test_a_failed_claim_is_marked_without_an_attempt(run: Start) -> None:
    done = run("train", {**WELL, "begin": lambda _: ValueError("KeyError", "'arn'")})
    assert done.end["status"] == "FAILED"
    assert (CALLS[-1]["step"], CALLS[-1]["attempt"]) == ("fail", "")


@pytest.mark.parametrize("error", [error for error in OUTGROWN_ERRORS if not error.startswith("States.")])
def test_work_that_outgrows_the_function_goes_to_an_instance(run: Start, error: str) -> None:
    done = run("import", {**WELL, "job": lambda _: ValueError(error, "too small")})
    assert "Run on an instance" in done.entered
    assert done.end["status"] == "SUCCEEDED", done.end


@pytest.mark.parametrize("machine", MACHINES)
def test_no_state_carries_more_than_names_and_addresses(run: Start, machine: str) -> None:
    chatty = {
        name: (lambda payload, made=made: {**made(payload), "more": "x" * 200_000}) for name, made in WELL.items()
    }
    done = run(machine, {**chatty, "check": WELL["check"]})
    assert done.end["status"] == "SUCCEEDED", done.end
    carried = [
        len(each["stateEnteredEventDetails"]["input"]) for each in done.history if "stateEnteredEventDetails" in each
    ]
    assert max(carried) < LARGEST_PAYLOAD
