"""The machine that lets a campaign serve a model: Claim the job -> Check the model -> Commit -> Wait -> Settle."""

from __future__ import annotations

from infra.states import Addresses, State, beginnings, endings, result_unused, step


def deploy_machine(addresses: Addresses) -> State:
    return {
        "Comment": "Checks a trained model and lets a campaign serve it. Input: the campaign's ARN.",
        "StartAt": "Is there an ARN?",
        "States": {
            **beginnings(addresses, "deploy", "Check the model"),
            **serving_states(addresses, "deploy"),
            **endings(addresses, "deploy"),
        },
    }


def serving_states(addresses: Addresses, machine: str) -> dict[str, State]:
    """From `Check the model` to the end: how a model comes into service, whatever serves it."""
    return {
        "Check the model": {
            **step(addresses, machine, "check", function_arn=addresses.deployment_arn),
            "Comment": "Does the artefact have its digest, does it load, does it answer as it did after training?",
            "ResultSelector": {"checked.$": "$.Payload"},
            "ResultPath": "$.check",
            "Next": "Commit",
        },
        "Commit": {
            **step(addresses, machine, "commit"),
            "Comment": "Switches the pointer to the new model, if this attempt still owns the job.",
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
            **step(addresses, machine, "settle"),
            "Comment": "Marks ACTIVE what now serves the model.",
            **result_unused("settle"),
            "Next": "Done",
        },
    }
