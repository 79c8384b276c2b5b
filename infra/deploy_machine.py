"""The machine that lets a campaign serve a model: Claim the job -> Check the model -> Commit -> Wait -> Settle."""

from __future__ import annotations

from infra.states import Addresses, State, beginnings, endings, result_unused, step


def deploy_machine(addresses: Addresses) -> State:
    check = {
        **step(addresses, "deploy", "check", function_arn=addresses.deployment_arn),
        "Comment": "Does the artefact have its digest, does it load, does it answer as it did after training?",
        "ResultSelector": {"checked.$": "$.Payload"},
        "ResultPath": "$.check",
        "Next": "Commit",
    }
    return {
        "Comment": "Checks a trained model and lets a campaign serve it. Input: the campaign's ARN.",
        "StartAt": "Is there an ARN?",
        "States": {
            **beginnings(addresses, "deploy", "Check the model"),
            "Check the model": check,
            "Commit": {
                **step(addresses, "deploy", "commit"),
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
                **step(addresses, "deploy", "settle"),
                "Comment": "Marks the campaign ACTIVE.",
                **result_unused("settle"),
                "Next": "Done",
            },
            **endings(addresses, "deploy"),
        },
    }
