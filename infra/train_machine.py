"""The machine that trains a solution version: as an import, with a search before it where one is asked for.

    Claim the job -> Plan -> run it in the function or on an instance -> Commit
                       |                 ^
                       v                 | nothing left
                     Begin the search -> What is left? -> Run the round -> What is left? ...

A round is a list of container runs that may be made at once: one that proposes what to try, then the trials
themselves. The workflow function reads from S3 what has ended, so this loop holds no count and can be entered anew.
One run that fails is noted and does not end the search; only when nothing was worth anything does the function say so.
"""

from __future__ import annotations

from infra.container_runs import RunStates, commit, plan, run_states
from infra.states import Addresses, State, beginnings, endings, result_unused, step, to_failed

MOST_AT_ONCE = 10
"""Runs of one round; the workflow function hands out no more than the search may make at once."""


def train_machine(addresses: Addresses) -> State:
    training = RunStates("Which machine?", "Run in the function", "Run on an instance", "Commit", to_failed())
    return {
        "Comment": (
            "Freezes a dataset group's data, searches where it is asked to, trains a solution version and measures it. "
            "Input: the version's ARN."
        ),
        "StartAt": "Is there an ARN?",
        "States": {
            **beginnings(addresses, "train", "Plan"),
            "Plan": plan(addresses, "train", "Is there a search?", "search"),
            "Is there a search?": {
                "Type": "Choice",
                "Comment": "performHPO and performAutoML try before they train.",
                "Choices": [{"Variable": "$.plan.search", "BooleanEquals": True, "Next": "Begin the search"}],
                "Default": training.choice,
            },
            **_search(addresses, training.choice),
            **run_states(addresses, "train", training),
            "Commit": commit(addresses, "train"),
            **endings(addresses, "train"),
        },
    }


def _search(addresses: Addresses, following: str) -> dict[str, State]:
    asking = step(addresses, "train", "search")
    asking["Parameters"]["Payload"]["ran.$"] = "$.ran"
    return {
        "Begin the search": {
            "Type": "Pass",
            "Comment": "No run has ended yet.",
            "Result": [],
            "ResultPath": "$.ran",
            "Next": "What is left?",
        },
        "What is left?": {
            **asking,
            "Comment": "Looks which trials have ended; answers with what to run next, or writes the search's report.",
            "ResultSelector": {"more.$": "$.Payload.more", "runs.$": "$.Payload.runs"},
            "ResultPath": "$.search",
            "Next": "Anything left?",
        },
        "Anything left?": {
            "Type": "Choice",
            "Comment": "The search is over when its jobs are used up, or its ranges are.",
            "Choices": [{"Variable": "$.search.more", "BooleanEquals": True, "Next": "Run the round"}],
            "Default": following,
        },
        "Run the round": {
            "Type": "Map",
            "Comment": "Every run of a round is a container of its own; one that fails is noted and ends nothing else.",
            "ItemsPath": "$.search.runs",
            "ItemSelector": {
                "arn.$": "$.arn",
                "claim.$": "$.claim",
                "plan.$": "$.plan",
                "run.$": "$$.Map.Item.Value",
            },
            "MaxConcurrency": MOST_AT_ONCE,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                "StartAt": "Which machine for this?",
                "States": _one_run(addresses),
            },
            "Catch": [to_failed()],
            "ResultPath": "$.ran",
            "Next": "What is left?",
        },
    }


def _one_run(addresses: Addresses) -> dict[str, State]:
    run = RunStates(
        "Which machine for this?",
        "Try in the function",
        "Try on an instance",
        "Ran",
        {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Note the failure"},
        at="$.run",
        retried=(_when_others_have_ended(),),
    )
    noting = step(addresses, "train", "note")
    noting["Parameters"]["Payload"] |= {"run.$": "$.run.name", "error.$": "$.error"}
    # Without a Catch of its own: it fails the round, and the round has one.
    del noting["Catch"]
    return {
        **run_states(addresses, "train", run),
        "Note the failure": {
            **noting,
            "Comment": "Leaves the reason in the run's folder, unless the run has said it itself.",
            **result_unused("noted"),
            "Next": "Ran",
        },
        "Ran": {
            "Type": "Pass",
            "Comment": "Of a run nothing but its name goes on.",
            "InputPath": "$.run.name",
            "End": True,
        },
    }


def _when_others_have_ended() -> State:
    """A quota of fewer machines than the search may use at once: the others give theirs back."""
    return {
        "ErrorEquals": [
            "Lambda.TooManyRequestsException",
            "SageMaker.ResourceLimitExceeded",
            "SageMaker.ResourceLimitExceededException",
        ],
        "IntervalSeconds": 60,
        "MaxAttempts": 20,
        "BackoffRate": 1.2,
        "MaxDelaySeconds": 600,
    }
