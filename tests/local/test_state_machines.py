"""Executed state machines: every extension of moto's interpreter that the template's machines rely on."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.world import World

PATIENCE_S = 120.0
"""How long a machine with other work may take for what should happen at once."""


def wait_for(check: Callable[[], Any]) -> Any:
    """The first true answer.

    Raises:
        AssertionError: there was none in time.
    """
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = check()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


def gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{process}/stat").read_text().split()[2] == "Z" if Path("/proc").is_dir() else False


class Machine:
    """The small template's state machine."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.states = world.client("stepfunctions")

    def start(self, how: str, name: str, **job: str) -> str:
        answer = self.states.start_execution(
            stateMachineArn=self.world.outputs["Machine"],
            name=name,
            input=json.dumps({"how": how, "name": name, "job": job}),
        )
        return str(answer["executionArn"])

    def end(self, execution: str) -> dict[str, Any]:
        def ended() -> Any:
            answer = self.states.describe_execution(executionArn=execution)
            return answer if answer["status"] != "RUNNING" else None

        answer: dict[str, Any] = wait_for(ended)
        return answer


@pytest.fixture
def machine(small_world: World) -> Machine:
    return Machine(small_world)


def test_a_function_step_and_a_container_in_the_function_tier(machine: Machine) -> None:
    ended = machine.end(machine.start("function", "fn", command="train", specification="s3://a/b"))
    assert ended["status"] == "SUCCEEDED", ended
    item = machine.world.client("dynamodb").get_item(
        TableName=machine.world.outputs["Table"], Key={"pk": {"S": "fn"}, "sk": {"S": "written"}}
    )
    assert "Item" in item


def test_a_container_gets_the_functions_environment(machine: Machine) -> None:
    bucket = machine.world.outputs["DataBucket"]
    assert machine.end(machine.start("function", "env", command="store", bucket=bucket))["status"] == "SUCCEEDED"
    stored = machine.world.client("s3").get_object(Bucket=bucket, Key="result")["Body"].read()
    assert stored == b"by the template"


def test_a_training_job_runs_and_its_execution_can_be_described(machine: Machine) -> None:
    bucket = machine.world.outputs["DataBucket"]
    ended = machine.end(machine.start("instance", "job-1", command="store", bucket=bucket))
    assert ended["status"] == "SUCCEEDED", ended
    result = json.loads(ended["output"])["result"]
    assert result["TrainingJobStatus"] == "Completed"
    assert isinstance(result["CreationTime"], str)
    s3 = machine.world.client("s3")
    assert s3.get_object(Bucket=bucket, Key="result")["Body"].read() == b"by the state"
    assert s3.head_object(Bucket=bucket, Key="jobs/job-1/output/model.tar.gz")["ContentLength"] > 0


def test_the_failure_file_is_the_failure_reason(machine: Machine) -> None:
    ended = machine.end(machine.start("instance", "job-2", command="fail"))
    assert ended["status"] == "FAILED"
    job = machine.world.client("sagemaker").describe_training_job(TrainingJobName="job-2")
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: user: the column price is not a number, exit code: 1"
    assert "the column price is not a number" in ended["cause"]


def test_a_failure_in_the_function_tier_has_the_class_that_the_image_raises(machine: Machine) -> None:
    ended = machine.end(machine.start("function", "fn-fail", command="fail"))
    assert (ended["status"], ended["error"]) == ("FAILED", "UserFault")
    assert json.loads(ended["cause"])["errorMessage"] == "the column price is not a number"


def test_a_crash_in_the_function_tier_looks_as_on_lambda(machine: Machine) -> None:
    assert machine.end(machine.start("function", "fn-crash", command="crash"))["error"] == "Runtime.ExitError"


def test_what_a_function_raises_can_be_caught_by_its_class(machine: Machine) -> None:
    ended = machine.end(machine.start("raise", "raised"))
    assert ended["error"] == "BadStep"
    assert json.loads(ended["cause"])["errorMessage"] == "the step said no"


def test_a_training_jobs_name_is_taken_for_ever(machine: Machine) -> None:
    machine.end(machine.start("instance", "job-3", command="train"))
    request = {
        "TrainingJobName": "job-3",
        "RoleArn": "arn:aws:iam::123456789012:role/job",
        "AlgorithmSpecification": {"TrainingImage": "i", "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": "s3://b/c"},
        "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }
    with pytest.raises(ClientError, match="ResourceInUse"):
        machine.world.client("sagemaker").create_training_job(**request)


@pytest.mark.parametrize("how", ["function", "instance"])
def test_stopping_an_execution_ends_its_job_and_all_the_jobs_children(
    machine: Machine, tmp_path: Path, how: str
) -> None:
    note = tmp_path / "note"
    execution = machine.start(how, f"stop-{how}", command="hang", note=str(note))
    processes = json.loads(wait_for(lambda: note.is_file() and note.read_text()))
    machine.states.stop_execution(executionArn=execution)
    assert machine.states.describe_execution(executionArn=execution)["status"] == "ABORTED"
    wait_for(lambda: all(map(gone, processes)))
    assert machine.states.describe_execution(executionArn=execution)["status"] == "ABORTED"


def test_stop_training_job_kills_what_does_not_listen(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.containers.GRACE_S", 0.3)
    note = tmp_path / "note"
    execution = machine.start("instance", "deaf-job", command="hang", note=str(note), deaf="yes")
    processes = json.loads(wait_for(lambda: note.is_file() and note.read_text()))
    sagemaker = machine.world.client("sagemaker")
    sagemaker.stop_training_job(TrainingJobName="deaf-job")
    assert machine.end(execution)["status"] == "FAILED"
    assert all(map(gone, processes))
    job = sagemaker.describe_training_job(TrainingJobName="deaf-job")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")


def test_a_waiting_execution_stops(machine: Machine) -> None:
    execution = machine.start("wait", "waits")
    machine.states.stop_execution(executionArn=execution)
    assert machine.states.describe_execution(executionArn=execution)["status"] == "ABORTED"


def test_a_redrive_is_refused_in_words(machine: Machine) -> None:
    execution = machine.start("raise", "redriven")
    machine.end(execution)
    with pytest.raises(ClientError, match="start the machine again with the same input") as refused:
        machine.states.redrive_execution(executionArn=execution)
    assert isinstance(refused.value, machine.states.exceptions.ExecutionNotRedrivable)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    with pytest.raises(machine.states.exceptions.ExecutionDoesNotExist):
        machine.states.redrive_execution(executionArn=f"{execution}-unknown")


def test_a_stop_keeps_the_reason_and_a_second_one_changes_nothing(machine: Machine) -> None:
    execution = machine.start("wait", "stopped-twice")
    machine.states.stop_execution(executionArn=execution, error="Enough", cause="a person stopped it")
    before = machine.states.describe_execution(executionArn=execution)
    machine.states.stop_execution(executionArn=execution, error="Other")
    after = machine.states.describe_execution(executionArn=execution)
    assert (after["error"], after["cause"]) == ("Enough", "a person stopped it")
    assert after["stopDate"] == before["stopDate"]


def test_a_start_without_a_name_gets_one(machine: Machine) -> None:
    arguments = {"stateMachineArn": machine.world.outputs["Machine"], "input": '{"how": "raise", "name": "n"}'}
    starts = [machine.states.start_execution(**arguments)["executionArn"] for _ in range(2)]
    assert starts[0] != starts[1]
    assert not any(arn.endswith(":None") for arn in starts)


def test_members_are_recased_for_services_that_want_another_case(machine: Machine) -> None:
    definition = {
        "StartAt": "Look",
        "States": {
            "Look": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:sfn:describeStateMachine",
                "Parameters": {"StateMachineArn": machine.world.outputs["Machine"]},
                "End": True,
            }
        },
    }
    created = machine.states.create_state_machine(
        name="look", definition=json.dumps(definition), roleArn="arn:aws:iam::123456789012:role/x"
    )
    execution = machine.states.start_execution(stateMachineArn=created["stateMachineArn"], name="look")["executionArn"]
    ended = machine.end(execution)
    assert ended["status"] == "SUCCEEDED", ended
    assert "creationDate" in ended["output"].replace("CreationDate", "creationDate")


def test_a_bad_definition_is_refused_when_it_comes_by_the_port(machine: Machine) -> None:
    with pytest.raises(ClientError, match="definition"):
        machine.states.create_state_machine(
            name="bad", definition='{"StartAt": "A"}', roleArn="arn:aws:iam::123456789012:role/x"
        )
