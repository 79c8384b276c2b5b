"""A job is started once, however often it is asked for."""

from __future__ import annotations

import json

from reco.jobs.executions import execution_name
from reco.jobs.start import StepFunctionsStarter
from tests.jobs.bench import IMPORT, Bench


def test_starting_twice_makes_one_execution_also_after_it_has_ended(bench: Bench) -> None:
    executions = bench.context.executions
    machines = {"import": bench.machine, "train": bench.machine, "deploy": bench.machine}
    starter = StepFunctionsStarter(executions, machines)
    name = execution_name("abc", 0)
    starter.start(IMPORT, name, "import")
    starter.start(IMPORT, name, "import")
    (only,) = executions.list_executions(stateMachineArn=bench.machine)["executions"]
    assert only["name"] == "abc-0"
    described = executions.describe_execution(executionArn=only["executionArn"])
    assert json.loads(described["input"]) == {"arn": IMPORT}
    bench.stop(only["executionArn"])
    starter.start(IMPORT, name, "import")
    assert len(executions.list_executions(stateMachineArn=bench.machine)["executions"]) == 1
