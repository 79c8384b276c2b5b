"""The three state machines as data: Amazon States Language, with the addresses they call passed in.

    import   Claim the job -> Plan -> run it in the function or on an instance -> Commit
    train    the same, with another command
    deploy   Claim the job -> Check the model -> Commit -> Wait -> Settle

Input is {"arn": <the resource>}: starting one by hand again is harmless, since the claim decides; an ARN of nothing
that it could work on ends it FAILED at once. The output says what came of it: $.plan the machine and why, $.commit the
result. State holds names, addresses and small numbers only, and a result nobody needs is cut to a number: a null
ResultPath would say it better, but nulls do not survive the way from Python into the template. Every failure of a step
goes to `Mark as failed`, which writes the resource's failureReason.
There is no timeout over a whole machine: it would end an execution without a catch, and leave its resource as it is.
Kept within what moto executes: JSONPath, lambda:invoke, createTrainingJob.sync, Choice, Wait, Retry, Catch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

State = dict[str, Any]
Command = Literal["import", "train"]

FAILED = "Mark as failed"
REFUSED = "InvalidInput"
"""Error of an execution whose input names nothing to work on."""
STEP_TIMEOUT_S = 900
"""A Lambda lives no longer; a task that says nothing for so long is lost."""

TRANSIENT_LAMBDA_ERRORS = [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Lambda.ClientExecutionTimeoutException",
]
OUTGROWN_ERRORS = [
    "Sandbox.Timedout",
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Runtime.OutOfMemory",
    "States.Timeout",
    "MemoryError",
    "TooLargeForFunction",
]
"""How a function that ran out of time, memory or disk looks from outside. Lambda names only some of these; a killed
process is Lambda.Unknown or Runtime.ExitError, and Python itself may raise MemoryError first."""


@dataclass(frozen=True)
class Addresses:
    """What the definitions call; tokens at synthesis, plain ARNs in tests."""

    partition: str
    workflow_arn: str
    deployment_arn: str
    job_arn: str
    job_role_arn: str
    image_uri: str
    data_bucket: str
    key_arn: str | None = None


def import_machine(addresses: Addresses) -> State:
    return _job_machine(
        addresses,
        "import",
        "Reads a caller's CSV files into a snapshot of a dataset. Input: the dataset import job's ARN.",
    )


def train_machine(addresses: Addresses) -> State:
    return _job_machine(
        addresses,
        "train",
        "Freezes a dataset group's data, trains a solution version and measures it. Input: the version's ARN.",
    )


def deploy_machine(addresses: Addresses) -> State:
    check = {
        **_step(addresses, "deploy", "check", function_arn=addresses.deployment_arn),
        "Comment": "Does the artefact have its digest, does it load, does it answer as it did after training?",
        "ResultSelector": {"checked.$": "$.Payload"},
        "ResultPath": "$.check",
        "Next": "Commit",
    }
    return {
        "Comment": "Checks a trained model and lets a campaign serve it. Input: the campaign's ARN.",
        "StartAt": "Is there an ARN?",
        "States": {
            **_beginnings(addresses, "deploy", "Check the model"),
            "Check the model": check,
            "Commit": {
                **_step(addresses, "deploy", "commit"),
                "Comment": "Switches the campaign's pointer to the new model, if this attempt still owns the job.",
                "ResultSelector": {"settle_s.$": "$.Payload.settle_s", "summary.$": "$.Payload.summary"},
                "ResultPath": "$.commit",
                "Next": "Wait for caches",
            },
            "Wait for caches": {
                "Type": "Wait",
                "Comment": "Until no runtime still serves the old model from memory, so that ACTIVE means everywhere.",
                "SecondsPath": "$.commit.settle_s",
                "Next": "Settle",
            },
            "Settle": {
                **_step(addresses, "deploy", "settle"),
                "Comment": "Marks the campaign ACTIVE.",
                **_result_unused("settle"),
                "Next": "Done",
            },
            **_endings(addresses, "deploy"),
        },
    }


def _job_machine(addresses: Addresses, command: Command, comment: str) -> State:
    return {
        "Comment": comment,
        "StartAt": "Is there an ARN?",
        "States": {
            **_beginnings(addresses, command, "Plan"),
            "Plan": {
                **_step(addresses, command, "plan"),
                "Comment": "Measures the input, chooses the machine, writes the specification for the container.",
                "ResultSelector": {
                    f"{name}.$": f"$.Payload.{name}"
                    for name in (
                        "tier",
                        "reason",
                        "command",
                        "specification",
                        "job_name",
                        "instance_type",
                        "volume_gb",
                        "max_runtime_s",
                    )
                },
                "ResultPath": "$.plan",
                "Next": "Which machine?",
            },
            "Which machine?": {
                "Type": "Choice",
                "Comment": "Small work starts at once in a function; large work gets an instance of its own.",
                "Choices": [{"Variable": "$.plan.tier", "StringEquals": "function", "Next": "Run in the function"}],
                "Default": "Run on an instance",
            },
            "Run in the function": _run_in_function(addresses),
            "Run on an instance": _run_on_instance(addresses, command),
            "Commit": {
                **_step(addresses, command, "commit"),
                "Comment": "Makes the result the one that counts, if this attempt still owns the job; marks it ACTIVE.",
                "ResultSelector": {"summary.$": "$.Payload.summary"},
                "ResultPath": "$.commit",
                "Next": "Done",
            },
            **_endings(addresses, command),
        },
    }


def _beginnings(addresses: Addresses, machine: str, following: str) -> dict[str, State]:
    """From the input to `following`, or to an end at once."""
    return {
        "Is there an ARN?": {
            "Type": "Choice",
            "Comment": "Whatever else the input is, there is nothing to claim in it.",
            "Choices": [
                {
                    "And": [{"Variable": "$.arn", "IsPresent": True}, {"Variable": "$.arn", "IsString": True}],
                    "Next": "Claim the job",
                }
            ],
            "Default": "No ARN",
        },
        "No ARN": {
            "Type": "Fail",
            "Comment": "Nothing was written.",
            "Error": REFUSED,
            "Cause": 'The input must be {"arn": "ARN OF THE RESOURCE"}.',
        },
        "Claim the job": _claim(addresses, machine),
        "Anything to do?": _proceed(following),
        "Refused": {
            "Type": "Fail",
            "Comment": "The ARN names nothing that this machine works on. Nothing was written.",
            "Error": REFUSED,
            "CausePath": "$.claim.reason",
        },
    }


def _claim(addresses: Addresses, machine: str) -> State:
    state = _step(addresses, machine, "begin")
    return {
        **state,
        "Comment": "Takes the job for this execution, unless it is done, gone, or another execution still runs it.",
        "ResultSelector": {f"{name}.$": f"$.Payload.{name}" for name in ("attempt", "proceed", "refused", "reason")},
        "ResultPath": "$.claim",
        "Next": "Anything to do?",
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Claim failed"}],
    }


def _proceed(following: str) -> State:
    return {
        "Type": "Choice",
        "Comment": "A second start of finished or running work ends well, without harm; a wrong ARN ends badly.",
        "Choices": [
            {"Variable": "$.claim.proceed", "BooleanEquals": True, "Next": following},
            {"Variable": "$.claim.refused", "BooleanEquals": True, "Next": "Refused"},
        ],
        "Default": "Done",
    }


def _endings(addresses: Addresses, machine: str) -> dict[str, State]:
    return {
        "Claim failed": {
            "Type": "Pass",
            "Comment": "No attempt was made: there is no token to show when marking the failure.",
            "Result": {"attempt": ""},
            "ResultPath": "$.claim",
            "Next": FAILED,
        },
        FAILED: {
            **_invoke(
                addresses.partition,
                addresses.workflow_arn,
                {**_payload(machine, "fail"), "attempt.$": "$.claim.attempt", "error.$": "$.error"},
            ),
            "Comment": "CREATE FAILED with the reason, if this attempt still owns the job.",
            "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 5, "BackoffRate": 2.0}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.unmarked", "Next": "Failed"}],
            **_result_unused("marked"),
            "Next": "Failed",
        },
        "Failed": {
            "Type": "Fail",
            "Comment": "The resource says why; so does this execution.",
            # A constant: the names that Step Functions gives, such as States.Timeout, may not be given on.
            "Error": "JobFailed",
            "CausePath": "$.error.Cause",
        },
        "Done": {"Type": "Succeed"},
    }


def _step(addresses: Addresses, machine: str, step: str, function_arn: str | None = None) -> State:
    """A task that asks the workflow function (or another) for one step, retries what passes, catches what does not."""
    payload = _payload(machine, step)
    if step != "begin":
        payload["attempt.$"] = "$.claim.attempt"
    return {
        **_invoke(addresses.partition, function_arn or addresses.workflow_arn, payload),
        "Retry": [_retry(TRANSIENT_LAMBDA_ERRORS)],
        "Catch": [_to_failed()],
    }


def _payload(machine: str, step: str) -> State:
    return {"step": step, "machine": machine, "arn.$": "$.arn", "execution.$": "$$.Execution.Id"}


def _invoke(partition: str, function_arn: str, payload: State) -> State:
    return {
        "Type": "Task",
        "Resource": f"arn:{partition}:states:::lambda:invoke",
        "Parameters": {"FunctionName": function_arn, "Payload": payload},
        "TimeoutSeconds": STEP_TIMEOUT_S,
    }


def _run_in_function(addresses: Addresses) -> State:
    return {
        **_invoke(
            addresses.partition,
            addresses.job_arn,
            {"command.$": "$.plan.command", "specification.$": "$.plan.specification"},
        ),
        "Comment": "The jobs' image as a Lambda function. Out of time or memory, an instance does the work again.",
        "TimeoutSeconds": STEP_TIMEOUT_S + 60,
        "Retry": [_retry(TRANSIENT_LAMBDA_ERRORS)],
        "Catch": [
            {"ErrorEquals": OUTGROWN_ERRORS, "ResultPath": "$.outgrown", "Next": "Run on an instance"},
            _to_failed(),
        ],
        **_result_unused("run"),
        "Next": "Commit",
    }


def _run_on_instance(addresses: Addresses, command: Command) -> State:
    key = addresses.key_arn
    return {
        "Type": "Task",
        "Comment": "The same image as a SageMaker training job, on a machine that exists only as long as the job.",
        "Resource": f"arn:{addresses.partition}:states:::sagemaker:createTrainingJob.sync",
        "Parameters": {
            "TrainingJobName.$": "$.plan.job_name",
            "RoleArn": addresses.job_role_arn,
            "AlgorithmSpecification": {
                "TrainingImage": addresses.image_uri,
                "TrainingInputMode": "File",
                "ContainerEntrypoint": ["python", "-m", "training_container.entry"],
                "ContainerArguments": [command],
            },
            "HyperParameters": {"command.$": "$.plan.command", "specification.$": "$.plan.specification"},
            "OutputDataConfig": {
                "S3OutputPath": f"s3://{addresses.data_bucket}/jobs/sagemaker/",
                **({"KmsKeyId": key} if key else {}),
            },
            "ResourceConfig": {
                "InstanceCount": 1,
                "InstanceType.$": "$.plan.instance_type",
                "VolumeSizeInGB.$": "$.plan.volume_gb",
                **({"VolumeKmsKeyId": key} if key else {}),
            },
            "StoppingCondition": {"MaxRuntimeInSeconds.$": "$.plan.max_runtime_s"},
        },
        "Retry": [_retry(["SageMaker.ThrottlingException", "SageMaker.SdkClientException"])],
        "Catch": [_to_failed()],
        "ResultSelector": {"job.$": "$.TrainingJobName"},
        "ResultPath": "$.run",
        "Next": "Commit",
    }


def _retry(errors: list[str]) -> State:
    return {"ErrorEquals": errors, "IntervalSeconds": 2, "MaxAttempts": 6, "BackoffRate": 2.0}


def _to_failed() -> State:
    return {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": FAILED}


def _result_unused(name: str) -> State:
    """Keeps the input, and of a function's answer only its HTTP status, under `name`."""
    return {"ResultSelector": {"status.$": "$.StatusCode"}, "ResultPath": f"$.{name}"}
