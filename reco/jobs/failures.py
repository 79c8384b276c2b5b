"""From what went wrong to the sentence in failureReason: what happened, and what to change.

Sources, best first: the container's own `failure.json`; a fault raised by a step; what AWS says of the job. Stack
traces and AWS's own JSON stay in the logs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

LONGEST_REASON = 2_000
OWN_FAULTS = ("UserFault", "PlatformFault", "AlgorithmFault", "CorruptArtefact", "StaleAttempt")
"""Exception classes of ours whose message is meant for a reader."""

OUT_OF_TIME = ("Sandbox.Timedout", "States.Timeout", "States.HeartbeatTimeout")
OUT_OF_MEMORY = ("MemoryError", "Runtime.OutOfMemory", "Runtime.ExitError")


def reason_of(error: Mapping[str, Any], instance_type: str) -> str:
    """A sentence for the resource's failureReason.

    Args:
        error: `Error` and `Cause` as Step Functions catches them; empty when nothing is known.
        instance_type: what the deployment trains on, for the advice about quotas.
    """
    name = str(error.get("Error", ""))
    cause = str(error.get("Cause", ""))
    details = _json_object(cause)
    said = str(details.get("errorMessage") or details.get("FailureReason") or "")
    if name in OWN_FAULTS:
        return said or cause
    if "ResourceLimitExceeded" in name or "ResourceLimitExceeded" in said:
        return (
            f"{_sentence(said or cause)} The account's SageMaker quota does not allow this job: ask AWS Service Quotas "
            f'for more of "{instance_type} for training job usage", or deploy with another type: -c instanceType=...'
        )
    if "CapacityError" in said or "InsufficientCapacity" in said:
        return f"AWS has no {instance_type} free at the moment. Try again, or deploy with -c instanceType=..."
    if name in OUT_OF_TIME or "MaxRuntimeExceeded" in said:
        return "The job took longer than it may. Bring less data, or deploy with a larger -c instanceType=..."
    if name in OUT_OF_MEMORY:
        return "The job ran out of memory. Bring less data, or deploy with a larger -c instanceType=..."
    if name in ("ABORTED", "Stopped") or details.get("TrainingJobStatus") == "Stopped":
        return "The job was stopped before it had finished."
    if said:
        return f"The job failed: {_sentence(said)}"
    return f"The job failed without a reason of its own ({name or 'unknown error'}); its log says more. Try again."


def described(machine: str, subject: str, reason: str) -> str:
    """The reason as Amazon Personalize words it for this kind of job.

    Source: control-plane reference, section B.4.

    Args:
        subject: for an import, what the dataset's records are called: Interactions; not used for the others.
    """
    # So the service says it: without "for" where the header is wrong.
    of = "" if reason.startswith("Input CSV is missing") else "for "
    beginning = {
        "import": f"Failed to create a data import job {of}{subject} dataset...",
        "train": "Create failed. ",
        "deploy": "Create failed. ",
        "recommender": "Create failed. ",
    }[machine]
    known = ("Failed to create", "Create failed")
    return (reason if reason.startswith(known) else beginning + reason)[:LONGEST_REASON]


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text if text.endswith(".") else text + "."


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
