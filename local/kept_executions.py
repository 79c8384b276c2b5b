"""Executions on disk: which were started, and how they ended; one that had not ended is run again.

It runs under its own name with its own input, so whoever waits for its ARN sees it end. The machines' first step lets
the same execution claim its job again. One whose bad end nobody has been told of is told of again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from local.deployer import ACCOUNT
from local.journal import Journal, KeptExecution
from local.patching import patched


def restore(journal: Journal, region: str) -> tuple[list[KeptExecution], list[KeptExecution]]:
    """Puts back what has ended; returns what has not, and what has ended without anybody being told."""
    from moto.stepfunctions.parser.models import stepfunctions_parser_backends

    backend: Any = stepfunctions_parser_backends[ACCOUNT][region]
    machines = {machine.arn: machine for machine in backend.state_machines}
    unfinished, unnoticed = [], []
    for kept in journal.executions():
        machine = machines.get(kept.machine)
        if machine is None:
            continue
        if kept.ended is None:
            unfinished.append(kept)
        else:
            machine.executions.append(_ended(kept, machine, region))
            if not kept.noticed:
                unnoticed.append(kept)
    return unfinished, unnoticed


def _ended(kept: KeptExecution, machine: Any, region: str) -> Any:
    from moto.stepfunctions.parser.api import ExecutionStatus
    from moto.stepfunctions.parser.backend.execution import Execution

    execution: Any = Execution(
        name=kept.name,
        sm_type=machine.sm_type,
        role_arn=machine.roleArn,
        exec_arn=kept.arn,
        account_id=ACCOUNT,
        region_name=region,
        state_machine=machine,
        start_date=datetime.fromtimestamp(kept.started, UTC),
        cloud_watch_logging_session=None,
        activity_store={},
        input_data=kept.input,
    )
    ended = kept.ended or {}
    execution.exec_status = ExecutionStatus(ended["status"])
    execution.stop_date = datetime.fromtimestamp(ended["stopped"], UTC)
    execution.output, execution.error, execution.cause = ended["output"], ended["error"], ended["cause"]
    # Its history was not kept: moto shows none where there is no environment.
    execution.exec_worker = SimpleNamespace(env=None, stop=lambda **_: None)
    return execution


def resume(region: str, unfinished: list[KeptExecution]) -> None:
    """Runs the executions again that the last stop cut off."""
    from moto.stepfunctions.parser.models import stepfunctions_parser_backends

    backend: Any = stepfunctions_parser_backends[ACCOUNT][region]
    for kept in unfinished:
        backend.start_execution(kept.machine, kept.name, kept.input)


def as_kept(execution: Any) -> KeptExecution:
    """One of moto's Executions as it is now."""
    ended = None
    if execution.status != "RUNNING":
        ended = {
            "status": execution.status,
            "output": execution.output,
            "error": execution.error,
            "cause": execution.cause,
            "stopped": (execution.stop_date or datetime.now(UTC)).timestamp(),
        }
    return KeptExecution(
        execution.exec_arn,
        execution.state_machine_arn,
        execution.name,
        execution.execution_input or "{}",
        execution.start_date.timestamp(),
        ended,
        noticed=False,
    )


@contextmanager
def keeping(journal: Journal) -> Iterator[None]:
    """Keeps every start before it is answered, while the block runs."""
    from moto.stepfunctions.parser.models import StepFunctionsParserBackend

    start = StepFunctionsParserBackend.start_execution

    def start_and_keep(self: Any, *arguments: Any, **named: Any) -> Any:
        execution = start(self, *arguments, **named)
        kept = as_kept(execution)
        journal.start_execution(kept.arn, kept.machine, kept.name, kept.input, kept.started)
        return execution

    with patched(StepFunctionsParserBackend, start_execution=start_and_keep):
        yield
