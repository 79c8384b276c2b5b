"""How an execution of moto's Step Functions ends, by itself or stopped: its jobs end with it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from local.containers import Containers


def terminated_with_jobs(
    module: Any, containers: Containers, execution_ended: Callable[[Any], None], deciding: threading.Lock
) -> Any:
    """Makes an execution's output JSON before anybody asks for it; times become text. Ends what it left running.

    Args:
        deciding: held by whoever settles how an execution ended.
    """
    from moto.stepfunctions.parser.api import ExecutionStatus
    from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
    from moto.stepfunctions.parser.utils import TMP_THREADS

    original = module.BaseExecutionWorkerCommunication.terminated

    def terminated(self: Any) -> None:
        execution = self.execution
        # moto keeps every thread it ever started.
        TMP_THREADS[:] = [thread for thread in TMP_THREADS if thread.is_alive()]
        with deciding:
            if execution.exec_status == ExecutionStatus.ABORTED:
                # Its jobs were ended, and what they then reported is not how it ended.
                return
            original(self)
            if execution.output is not None:
                execution.output = json.loads(to_json_str(execution.output))
        execution_ended(execution)
        containers.stop_owned(execution.exec_arn)

    return terminated


def stop_with_jobs(containers: Containers, execution_ended: Callable[[Any], None], deciding: threading.Lock) -> Any:
    from moto.stepfunctions.parser.api import ExecutionStatus

    def stop(execution: Any, stop_date: Any, error: str | None, cause: str | None) -> None:
        """Ends the execution, then the jobs it started, so that their end is no failure to catch."""
        worker = execution.exec_worker
        if worker is None or execution.exec_status != ExecutionStatus.RUNNING:
            return
        # The worker's thread makes the environment a moment after the start was answered.
        while worker.env is None or worker.env.program_state() is None:
            time.sleep(0.001)
        with deciding:
            if execution.exec_status != ExecutionStatus.RUNNING:
                return
            # The worker's thread says so when it gets there; AWS says so at once.
            execution.exec_status, execution.stop_date = ExecutionStatus.ABORTED, stop_date
            execution.error, execution.cause = error or None, cause or None
        worker.env.set_stop(stop_date=stop_date, cause=cause, error=error)
        execution_ended(execution)
        containers.stop_owned(execution.exec_arn)

    return stop
