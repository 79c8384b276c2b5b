"""The machine that reads a caller's files: Claim the job -> Plan -> function or instance -> Commit."""

from __future__ import annotations

from infra.container_runs import RunStates, commit, plan, run_states
from infra.states import Addresses, State, beginnings, endings, to_failed


def import_machine(addresses: Addresses) -> State:
    run = RunStates("Which machine?", "Run in the function", "Run on an instance", "Commit", to_failed())
    return {
        "Comment": "Reads a caller's CSV files into a snapshot of a dataset. Input: the dataset import job's ARN.",
        "StartAt": "Is there an ARN?",
        "States": {
            **beginnings(addresses, "import", "Plan"),
            "Plan": plan(addresses, "import", run.choice),
            **run_states(addresses, "import", run),
            "Commit": commit(addresses, "import"),
            **endings(addresses, "import"),
        },
    }
