"""Runs of the jobs' image: planned by the workflow function, made in the job function or on an instance."""

from __future__ import annotations

from dataclasses import dataclass

from infra.states import (
    OUTGROWN_ERRORS,
    STEP_TIMEOUT_S,
    TRANSIENT_LAMBDA_ERRORS,
    Addresses,
    Command,
    State,
    invoke,
    result_unused,
    retry,
    step,
)

PLANNED = (
    "tier",
    "reason",
    "command",
    "specification",
    "job_name",
    "resource_config",
    "output_config",
    "max_runtime_s",
    "tags",
)
"""What the machines take from the plan."""
BUSY_ERRORS = ["SageMaker.ThrottlingException", "SageMaker.SdkClientException"]


@dataclass(frozen=True)
class RunStates:
    """How the three states of a run are called, and where they lead. Names are unique in a whole machine."""

    choice: str
    in_function: str
    on_instance: str
    following: str
    failed: State
    """The Catch of whatever is not outgrown."""
    at: str = "$.plan"
    """Where in the state the run's tier, command, specification and job name are."""
    retried: tuple[State, ...] = ()
    """What the run is tried again for, before and beyond what passes soon."""


def plan(addresses: Addresses, machine: str, following: str, *more: str) -> State:
    """The state that plans; `more` names further parts of the plan to keep."""
    return {
        **step(addresses, machine, "plan"),
        "Comment": "Measures the input, chooses the machine, writes the specification for the container.",
        "ResultSelector": {f"{name}.$": f"$.Payload.{name}" for name in (*PLANNED, *more)},
        "ResultPath": "$.plan",
        "Next": following,
    }


def run_states(addresses: Addresses, command: Command, run: RunStates) -> dict[str, State]:
    """One run of the image. What a function has no time, memory or disk for, an instance does again."""
    return {
        run.choice: {
            "Type": "Choice",
            "Comment": "Small work starts at once in a function; large work gets an instance of its own.",
            "Choices": [{"Variable": f"{run.at}.tier", "StringEquals": "function", "Next": run.in_function}],
            "Default": run.on_instance,
        },
        run.in_function: _in_function(addresses, run),
        run.on_instance: _on_instance(addresses, command, run),
    }


def commit(addresses: Addresses, command: Command) -> State:
    return {
        **step(addresses, command, "commit"),
        "Comment": "Makes the result the one that counts, if this attempt still owns the job; marks it ACTIVE.",
        "ResultSelector": {"summary.$": "$.Payload.summary"},
        "ResultPath": "$.commit",
        "Next": "Done",
    }


def _asked(run: RunStates) -> State:
    return {f"{name}.$": f"{run.at}.{name}" for name in ("command", "specification")}


def _in_function(addresses: Addresses, run: RunStates) -> State:
    return {
        **invoke(addresses.partition, addresses.job_arn, _asked(run)),
        "Comment": "The jobs' image as a Lambda function. Out of time or memory, an instance does the work again.",
        "TimeoutSeconds": STEP_TIMEOUT_S + 60,
        "Retry": [*run.retried, retry(TRANSIENT_LAMBDA_ERRORS)],
        "Catch": [
            {"ErrorEquals": OUTGROWN_ERRORS, "ResultPath": "$.outgrown", "Next": run.on_instance},
            run.failed,
        ],
        **result_unused("made"),
        "Next": run.following,
    }


def _on_instance(addresses: Addresses, command: Command, run: RunStates) -> State:
    return {
        "Type": "Task",
        "Comment": "The same image as a SageMaker training job, on a machine that exists only as long as the job.",
        "Resource": f"arn:{addresses.partition}:states:::sagemaker:createTrainingJob.sync",
        "Parameters": {
            "TrainingJobName.$": f"{run.at}.job_name",
            "RoleArn": addresses.job_role_arn,
            "AlgorithmSpecification": {
                "TrainingImage": addresses.image_uri,
                "TrainingInputMode": "File",
                "ContainerEntrypoint": ["python", "-m", "training_container.entry"],
                "ContainerArguments": [command],
            },
            "HyperParameters": _asked(run),
            # Whole, from the plan: a key is a member that is there or not, and a template cannot leave one out.
            "OutputDataConfig.$": "$.plan.output_config",
            "ResourceConfig.$": "$.plan.resource_config",
            "StoppingCondition": {"MaxRuntimeInSeconds.$": "$.plan.max_runtime_s"},
            "Tags.$": "$.plan.tags",
        },
        "Retry": [*run.retried, retry(BUSY_ERRORS)],
        "Catch": [run.failed],
        "ResultSelector": {"job.$": "$.TrainingJobName"},
        "ResultPath": "$.made",
        "Next": run.following,
    }
