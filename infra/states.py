"""States that the machines have in common, as Amazon States Language: the beginning, the ends, a step, a container run.

State holds names, addresses and small numbers only, and a result nobody needs is cut to a number: a null ResultPath
would say it better, but nulls do not survive the way from Python into the template.
Kept within what moto executes: JSONPath, lambda:invoke, createTrainingJob.sync, Choice, Wait, Map, Retry, Catch.
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


def beginnings(addresses: Addresses, machine: str, following: str) -> dict[str, State]:
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
    state = step(addresses, machine, "begin")
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


def endings(addresses: Addresses, machine: str) -> dict[str, State]:
    return {
        "Claim failed": {
            "Type": "Pass",
            "Comment": "No attempt was made: there is no token to show when marking the failure.",
            "Result": {"attempt": ""},
            "ResultPath": "$.claim",
            "Next": FAILED,
        },
        FAILED: {
            **invoke(
                addresses.partition,
                addresses.workflow_arn,
                {**payload(machine, "fail"), "attempt.$": "$.claim.attempt", "error.$": "$.error"},
            ),
            "Comment": "CREATE FAILED with the reason, if this attempt still owns the job.",
            "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 5, "BackoffRate": 2.0}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.unmarked", "Next": "Failed"}],
            **result_unused("marked"),
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


def step(addresses: Addresses, machine: str, step: str, function_arn: str | None = None) -> State:
    """A task that asks the workflow function (or another) for one step, retries what passes, catches what does not."""
    asked = payload(machine, step)
    if step != "begin":
        asked["attempt.$"] = "$.claim.attempt"
    return {
        **invoke(addresses.partition, function_arn or addresses.workflow_arn, asked),
        "Retry": [retry(TRANSIENT_LAMBDA_ERRORS)],
        "Catch": [to_failed()],
    }


def payload(machine: str, step: str) -> State:
    return {"step": step, "machine": machine, "arn.$": "$.arn", "execution.$": "$$.Execution.Id"}


def invoke(partition: str, function_arn: str, payload: State) -> State:
    return {
        "Type": "Task",
        "Resource": f"arn:{partition}:states:::lambda:invoke",
        "Parameters": {"FunctionName": function_arn, "Payload": payload},
        "TimeoutSeconds": STEP_TIMEOUT_S,
    }


def retry(errors: list[str]) -> State:
    return {"ErrorEquals": errors, "IntervalSeconds": 2, "MaxAttempts": 6, "BackoffRate": 2.0}


def to_failed() -> State:
    return {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": FAILED}


def result_unused(name: str) -> State:
    """Keeps the input, and of a function's answer only its HTTP status, under `name`."""
    return {"ResultSelector": {"status.$": "$.StatusCode"}, "ResultPath": f"$.{name}"}
