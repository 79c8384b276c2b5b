"""What a person reads in failureReason."""

from __future__ import annotations

import json

import pytest

from reco.jobs.failures import LONGEST_REASON, described, reason_of


def caught(name: str, **cause: str) -> dict[str, str]:
    return {"Error": name, "Cause": json.dumps(cause)}


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (caught("UserFault", errorMessage="Change the schema.", errorType="UserFault"), ["Change the schema."]),
        (
            {
                "Error": "SageMaker.ResourceLimitExceededException",
                "Cause": "The account-level service limit 'ml.m5.xlarge for training job usage' is 0 Instances",
            },
            ["'ml.m5.xlarge for training job usage' is 0", "Service Quotas", "-c instanceType="],
        ),
        (caught("States.TaskFailed", FailureReason="CapacityError: no capacity"), ["no ml.m5.xlarge free"]),
        (caught("Sandbox.Timedout", errorMessage="Task timed out after 900 s"), ["longer than it may"]),
        (caught("Runtime.ExitError", errorMessage="signal: killed"), ["out of memory"]),
        (caught("States.TaskFailed", TrainingJobStatus="Stopped"), ["was stopped"]),
        (
            caught("States.TaskFailed", FailureReason="AlgorithmError: user: too few users, exit code: 1"),
            ["too few users"],
        ),
        ({"Error": "ABORTED", "Cause": ""}, ["was stopped"]),
        ({}, ["without a reason", "Try again"]),
        ({"Error": "Odd", "Cause": "not { json"}, ["Odd"]),
        ({"Error": "Odd", "Cause": "[1]"}, ["Odd"]),
    ],
)
def test_every_way_to_fail_says_what_to_do(error: dict[str, str], words: list[str]) -> None:
    reason = reason_of(error, "ml.m5.xlarge")
    for word in words:
        assert word in reason
    assert "{" not in reason and "Traceback" not in reason


def test_texts_begin_as_personalize_words_them() -> None:
    assert described("import", "Items", "No.") == "Failed to create a data import job for Items dataset...No."
    missing = "Input CSV is missing the following columns:[USER_ID]."
    assert described("import", "Items", missing) == f"Failed to create a data import job Items dataset...{missing}"
    assert described("train", "", "Too few.") == "Create failed. Too few."
    assert described("train", "", "Create failed. Too few.") == "Create failed. Too few."
    assert len(described("train", "", "x" * 5000)) == LONGEST_REASON
