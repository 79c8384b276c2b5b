"""The machine that trains a recommender and lets it serve: the states of a training, then those of a deployment.

Claim the job -> Plan -> run it in the function or on an instance -> Take the model -> Check the model -> Commit
                   |                                                                    ^
                   +-- the model that is kept will do ----------------------------------+   -> Wait -> Settle
"""

from __future__ import annotations

from infra.container_runs import RunStates, plan, run_states
from infra.deploy_machine import serving_states
from infra.states import Addresses, State, beginnings, endings, step, to_failed
from reco.jobs.plan import NOWHERE


def recommender_machine(addresses: Addresses) -> State:
    training = RunStates("Which machine?", "Run in the function", "Run on an instance", "Take the model", to_failed())
    return {
        "Comment": (
            "Trains a model for a recommender where it needs one, checks it and lets the recommender serve it. "
            "Input: the recommender's ARN."
        ),
        "StartAt": "Is there an ARN?",
        "States": {
            **beginnings(addresses, "recommender", "Plan"),
            "Plan": plan(addresses, "recommender", "Is there anything to train?"),
            "Is there anything to train?": {
                "Type": "Choice",
                "Comment": "A start, and an update of the same columns, go on with the model that is kept.",
                "Choices": [{"Variable": "$.plan.tier", "StringEquals": NOWHERE, "Next": "Check the model"}],
                "Default": training.choice,
            },
            **run_states(addresses, "train", training),
            "Take the model": {
                **step(addresses, "recommender", "adopt"),
                "Comment": "Notes the artefact that the training left; nothing serves it yet.",
                "ResultSelector": {"summary.$": "$.Payload.summary"},
                "ResultPath": "$.trained",
                "Next": "Check the model",
            },
            **serving_states(addresses, "recommender"),
            **endings(addresses, "recommender"),
        },
    }
