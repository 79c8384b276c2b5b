"""moto's Step Functions, made to run the template's machines: the rest of what they need of AWS.

moto carries an interpreter, yet CloudFormation makes machines in the backend that does not use it; SageMaker's .sync
is not there; a finished execution whose output holds a time cannot be described; a start without a name gets the name
None. Each patch below mends one of these, and `tests/local/test_state_machines.py` holds each to it.
"""

from __future__ import annotations

import copy
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from local.clients import Clients
from local.containers import Containers
from local.execution_ends import stop_with_jobs, terminated_with_jobs
from local.patching import patched
from local.sagemaker_tasks import services_with_sagemaker
from local.task_parameters import task_methods

POLL_S = 0.05
"""Between two looks at a training job. moto's is 0.5 s, AWS's unknown."""

BEGIN_S = 0.01
"""From the start of an execution to its first state. It shares an interpreter with whoever asked for it and is still to
be answered; on AWS it does not."""

MOTO_CONFIGURATION: Any = {"stepfunctions": {"execute_state_machine": True}}
"""For mock_aws: use the interpreter."""


@contextmanager
def executing(
    containers: Containers, clients: Clients, execution_ended: Callable[[Any], None] = lambda execution: None
) -> Iterator[None]:
    """Runs state machines for real while the block does.

    Args:
        clients: tasks call with these; moto makes a client per task, 10 ms each.
        execution_ended: told each of moto's Executions once its status is final.
    """
    import moto.stepfunctions.models as models
    import moto.stepfunctions.parser.models as parser
    from moto.stepfunctions.parser.asl.component.state.exec.state_task import state_task_factory
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
        state_task_service,
        state_task_service_callback,
    )
    from moto.stepfunctions.parser.asl.parse import asl_parser
    from moto.stepfunctions.parser.asl.utils import boto_client
    from moto.stepfunctions.parser.backend import execution, execution_worker

    # It takes moto's own backends by name when first imported, and must not meet their replacement then.
    import_module("moto.stepfunctions.responses")
    with ExitStack() as patches:
        use = patches.enter_context
        # Machines that CloudFormation makes land where executions run.
        use(patched(models, stepfunctions_backends=parser.stepfunctions_parser_backends))
        use(patched(parser.StepFunctionsParserBackend, start_execution=_named_start(parser)))
        use(patched(state_task_factory, state_task_service_for=services_with_sagemaker(state_task_factory)))
        use(patched(state_task_service_callback, _DELAY_SECONDS_SYNC_CONDITION_CHECK=POLL_S))
        use(patched(state_task_service.StateTaskService, **task_methods(state_task_service)))
        use(patched(boto_client, boto3=SimpleNamespace(client=_shared_client(clients))))
        use(patched(asl_parser.AmazonStateLanguageParser, parse=staticmethod(_parsing_once(asl_parser))))
        use(patched(execution_worker.ExecutionWorker, _get_evaluation_entrypoint=_after_the_answer(execution_worker)))
        deciding = threading.Lock()
        terminated = terminated_with_jobs(execution, containers, execution_ended, deciding)
        use(patched(execution.BaseExecutionWorkerCommunication, terminated=terminated))
        use(patched(execution.Execution, stop=stop_with_jobs(containers, execution_ended, deciding)))
        yield


def _named_start(parser: Any) -> Any:
    original = parser.StepFunctionsParserBackend.start_execution

    def start_execution(self: Any, state_machine_arn: str, name: Any = None, *rest: Any, **named: Any) -> Any:
        return original(self, state_machine_arn, name or str(uuid.uuid4()), *rest, **named)

    return start_execution


def _after_the_answer(module: Any) -> Any:
    original = module.ExecutionWorker._get_evaluation_entrypoint

    def entrypoint(self: Any) -> Any:
        """Called by the execution's own thread before anything else."""
        time.sleep(BEGIN_S)
        return original(self)

    return entrypoint


def _parsing_once(module: Any) -> Callable[[str], Any]:
    """Keeps the program of each definition: moto parses at creation and again at every start, 0.1 s each time.

    A program is shared by executions that run at once, for what they evaluate lies in their environment; Map and
    Parallel states keep some of it in the program, so each execution of a machine that has them gets a copy, 0.003 s.
    """
    parse = module.AmazonStateLanguageParser.parse
    parsed: dict[str, Any] = {}
    lock = threading.Lock()

    def parse_once(definition: str) -> Any:
        with lock:
            if definition not in parsed:
                parsed[definition] = parse(definition)
            program, tree = parsed[definition]
        if re.search(r'"Type"\s*:\s*"(Map|Parallel)"', definition):
            return copy.deepcopy(program), tree
        return program, tree

    return parse_once


@contextmanager
def unchecked() -> Iterator[None]:
    """Creates machines without parsing their definitions; `check_later` then does it."""
    from moto.stepfunctions.parser.models import StepFunctionsParserBackend

    with patched(StepFunctionsParserBackend, _validate_definition=staticmethod(lambda definition: None)):
        yield


def check_later(report: Callable[[str], None]) -> Callable[[], None]:
    """Parses every machine's definition in the background, so that the first start finds it done.

    Returns what ends that: the patches it parses with must not go before it does.
    """
    from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
    from moto.stepfunctions.parser.models import stepfunctions_parser_backends

    backends: list[Any] = [backend for _, _, backend in stepfunctions_parser_backends.iter_backends()]
    machines = [machine for backend in backends for machine in backend.state_machines]
    parse = AmazonStateLanguageParser.parse

    def check() -> None:
        for machine in machines:
            if ended.is_set():
                return
            try:
                parse(machine.definition)
            except Exception as error:
                report(f"state machine {machine.name} cannot be read: {error!r}")

    def end() -> None:
        ended.set()
        thread.join()

    ended = threading.Event()
    thread = threading.Thread(target=check, name="state machines", daemon=True)
    thread.start()
    return end


def end_executions(wait_s: float = 5.0) -> None:
    """Ends every running execution and waits for their threads, so that none outlives the stack."""
    from moto.core.utils import utcnow
    from moto.stepfunctions.parser.models import stepfunctions_parser_backends
    from moto.stepfunctions.parser.utils import TMP_THREADS

    backends: list[Any] = [backend for _, _, backend in stepfunctions_parser_backends.iter_backends()]
    machines = [machine for backend in backends for machine in backend.state_machines]
    running = [execution for machine in machines for execution in machine.executions if execution.status == "RUNNING"]
    for execution in running:
        execution.stop(stop_date=utcnow(), error=None, cause=None)
    deadline = time.monotonic() + wait_s
    while any(thread.is_alive() for thread in TMP_THREADS) and time.monotonic() < deadline:
        time.sleep(0.01)
    TMP_THREADS.clear()


def _shared_client(clients: Clients) -> Callable[..., Any]:
    def client(*, service_name: str, region_name: str, **settings: Any) -> Any:
        return clients.shared(service_name, config=settings["config"])

    return client
