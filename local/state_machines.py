"""moto's Step Functions, made to run the template's machines: the rest of what they need of AWS.

moto carries an interpreter, yet CloudFormation makes machines in the backend that does not use it; SageMaker's .sync
is not there; a finished execution whose output holds a time cannot be described; a start without a name gets the name
None. Each patch below mends one of these, and `tests/local/test_state_machines.py` holds each to it.
"""

from __future__ import annotations

import json
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import botocore.session
from botocore.model import ListShape, Shape, StructureShape

from local.clients import Clients
from local.containers import Containers
from local.functions import CURRENT_EXECUTION
from local.patching import patched

POLL_S = 0.05
"""Between two looks at a training job. moto's is 0.5 s, AWS's unknown."""

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
    from moto.stepfunctions.parser.backend import execution

    # It takes moto's own backends by name when first imported, and must not meet their replacement then.
    import_module("moto.stepfunctions.responses")
    with ExitStack() as patches:
        use = patches.enter_context
        # Machines that CloudFormation makes land where executions run.
        use(patched(models, stepfunctions_backends=parser.stepfunctions_parser_backends))
        use(patched(parser.StepFunctionsParserBackend, start_execution=_named_start(parser)))
        use(patched(state_task_factory, state_task_service_for=_services_with_sagemaker(state_task_factory)))
        use(patched(state_task_service_callback, _DELAY_SECONDS_SYNC_CONDITION_CHECK=POLL_S))
        use(patched(state_task_service.StateTaskService, **_task_methods(state_task_service)))
        use(patched(boto_client, boto3=SimpleNamespace(client=_shared_client(clients))))
        use(patched(asl_parser.AmazonStateLanguageParser, parse=staticmethod(_parsing_once(asl_parser))))
        deciding = threading.Lock()
        terminated = _terminated(execution, containers, execution_ended, deciding)
        use(patched(execution.BaseExecutionWorkerCommunication, terminated=terminated))
        use(patched(execution.Execution, stop=_stop_with_jobs(containers, execution_ended, deciding)))
        yield


def _named_start(parser: Any) -> Any:
    original = parser.StepFunctionsParserBackend.start_execution

    def start_execution(self: Any, state_machine_arn: str, name: Any = None, *rest: Any, **named: Any) -> Any:
        return original(self, state_machine_arn, name or str(uuid.uuid4()), *rest, **named)

    return start_execution


def _parsing_once(module: Any) -> Callable[[str], Any]:
    """Keeps the tree of each definition: moto parses at creation and again at every start, 0.2 s each time.

    A tree is shared by executions that run at once, for what they evaluate lies in their environment; Map and Parallel
    states keep some of it in the tree, so machines that have them are parsed anew.
    """
    parse = module.AmazonStateLanguageParser.parse
    trees: dict[str, Any] = {}
    lock = threading.Lock()

    def parse_once(definition: str) -> Any:
        if re.search(r'"Type"\s*:\s*"(Map|Parallel)"', definition):
            return parse(definition)
        with lock:
            if definition not in trees:
                trees[definition] = parse(definition)
            return trees[definition]

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


def _task_methods(module: Any) -> dict[str, Any]:
    evaluate = module.StateTaskService._eval_execution

    def eval_execution(self: Any, env: Any) -> None:
        """Names the execution to whatever the task calls in this thread, so that its jobs end with it."""
        arn = env.states.context_object.context_object_data["Execution"]["Id"]
        token = CURRENT_EXECUTION.set(arn)
        try:
            evaluate(self, env)
        finally:
            CURRENT_EXECUTION.reset(token)

    def normalise_parameters(
        self: Any, parameters: dict[str, Any], boto_service_name: Any = None, service_action_name: Any = None
    ) -> None:
        shape = _input_shape(
            self._get_boto_service_name(boto_service_name), self._get_boto_service_action(service_action_name)
        )
        if shape is not None:
            parameters.update(_recased(parameters, shape, parameters))

    return {"_eval_execution": eval_execution, "_normalise_parameters": normalise_parameters}


@lru_cache
def _input_shape(service: str, action: str) -> StructureShape | None:
    """Input of an operation named in snake case; None when the service has none of that name."""
    from botocore import xform_name

    model = botocore.session.get_session().get_service_model(service)
    for name in model.operation_names:
        if xform_name(name) == action:
            return model.operation_model(name).input_shape
    return None


def _recased(value: Any, shape: Shape, target: dict[str, Any] | None = None) -> Any:
    """The value with members spelled as the service spells them: a definition has them all in PascalCase.

    `target`, when given, loses the misspelt keys, since moto hands on that very dict.
    """
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_recased(entry, shape.member) for entry in value]
    if not isinstance(shape, StructureShape) or not isinstance(value, dict):
        return value
    members = {name.lower(): name for name in shape.members}
    renamed = {}
    for key, entry in list(value.items()):
        name = members.get(key.lower(), key)
        renamed[name] = _recased(entry, shape.members[name]) if name in shape.members else entry
        if target is not None and name != key:
            del target[key]
    return renamed


def _terminated(
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


def _stop_with_jobs(containers: Containers, execution_ended: Callable[[Any], None], deciding: threading.Lock) -> Any:
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


def _services_with_sagemaker(factory: Any) -> Callable[[str], Any]:
    original = factory.state_task_service_for
    service_class: list[type] = []

    def state_task_service_for(service_name: str) -> Any:
        if service_name != "sagemaker":
            return original(service_name=service_name)
        if not service_class:
            service_class.append(_sagemaker_service())
        return service_class[0]()

    return state_task_service_for


def _sagemaker_service() -> type:
    """The optimised SageMaker integration: request-response, and .sync for createTrainingJob."""
    from moto.stepfunctions.parser.api import HistoryEventType
    from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
    from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
        FailureEvent,
        FailureEventException,
    )
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (
        StateTaskServiceCallback,
    )
    from moto.stepfunctions.parser.asl.utils.boto_client import boto_client_for
    from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

    class SageMakerTask(StateTaskServiceCallback):
        def __init__(self) -> None:
            # moto makes the token that its .sync needs only for services that also take tokens.
            patterns: Any = {ResourceCondition.Sync, ResourceCondition.WaitForTaskToken}
            super().__init__(supported_integration_patterns=patterns)

        def _validate_service_integration_is_supported(self) -> None:
            supported = {("createTrainingJob", None), ("createTrainingJob", ResourceCondition.Sync)}
            if (self.resource.api_action, self.resource.condition) not in supported:
                raise ValueError(f"The resource {self.resource.resource_arn} is not available in the local stack")

        def _client(self, runtime_part: Any, credentials: Any) -> Any:
            return boto_client_for(region=runtime_part.region, service="sagemaker", state_credentials=credentials)

        def _eval_service_task(
            self, env: Any, resource_runtime_part: Any, normalised_parameters: Any, state_credentials: Any
        ) -> None:
            client = self._client(resource_runtime_part, state_credentials)
            response = client.create_training_job(**normalised_parameters)
            response.pop("ResponseMetadata", None)
            env.stack.append(response)

        def _build_sync_resolver(
            self, env: Any, resource_runtime_part: Any, normalised_parameters: Any, state_credentials: Any
        ) -> Callable[[], Any]:
            env.stack.pop()
            client = self._client(resource_runtime_part, state_credentials)
            name = normalised_parameters["TrainingJobName"]

            def resolve() -> Any:
                """The finished job; None while it runs."""
                job = client.describe_training_job(TrainingJobName=name)
                job.pop("ResponseMetadata", None)
                if job["TrainingJobStatus"] == "Completed":
                    return json.loads(to_json_str(job))
                if job["TrainingJobStatus"] in ("Failed", "Stopped"):
                    raise FailureEventException(self._failure(env, "SageMaker.AmazonSageMakerException", job))
                return None

            return resolve

        def _failure(self, env: Any, error: str, cause: Any) -> Any:
            failed: Any = {
                "resource": self._get_sfn_resource(),
                "resourceType": self._get_sfn_resource_type(),
                "error": error,
                "cause": cause if isinstance(cause, str) else to_json_str(cause),
            }
            details: Any = {"taskFailedEventDetails": failed}
            return FailureEvent(
                env=env,
                error_name=CustomErrorName(error),
                event_type=HistoryEventType.TaskFailed,
                event_details=details,
            )

        def _from_error(self, env: Any, ex: Exception) -> Any:
            from botocore.exceptions import ClientError

            if isinstance(ex, ClientError):
                code, message = ex.response["Error"]["Code"], ex.response["Error"]["Message"]
                return self._failure(env, f"SageMaker.{code}Exception", message)
            return super()._from_error(env=env, ex=ex)

    return SageMakerTask
