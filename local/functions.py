"""Lambda in this process: a zip function's handler is imported and called, an image function is a container job.

moto's own way is Docker. Its one method `LambdaFunction._invoke_lambda` is what every caller ends in: the Invoke API,
Step Functions, S3 notifications; the front calls `Functions.invoke` without that detour.
"""

from __future__ import annotations

import importlib
import io
import json
import sys
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TextIO

from local.containers import ContainerJob, Containers, Ended
from local.patching import patched

CURRENT_EXECUTION: ContextVar[str | None] = ContextVar("current_execution", default=None)
"""ARN of the Step Functions execution on whose behalf this thread works."""

LARGEST_PAYLOAD = 6 * 1024 * 1024
"""Bytes in and out of a synchronous call. Source: Lambda quotas."""

Handler = Callable[[dict[str, Any], Any], Any]


class FunctionError(Exception):
    """A function raised; `payload` is what Lambda would hand back."""

    def __init__(self, error_type: str, message: str, trace: list[str]) -> None:
        super().__init__(f"{error_type}: {message}")
        self.payload = {"errorMessage": message, "errorType": error_type, "stackTrace": trace}


@dataclass
class FunctionContext:
    """The second argument of a handler."""

    function_name: str
    invoked_function_arn: str
    memory_limit_in_mb: str
    deadline: float
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    function_version: str = "$LATEST"
    log_stream_name: str = "local"
    identity: None = None
    client_context: None = None

    @property
    def log_group_name(self) -> str:
        return f"/aws/lambda/{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.deadline - time.monotonic()) * 1000))


class FunctionOutput(io.TextIOBase):
    """Standard output that tells what functions print from what the stack prints; each thread calls one at a time."""

    def __init__(self, stack: TextIO, write_line: Callable[[str, str], None]) -> None:
        self._stack = stack
        self._write_line = write_line
        self._thread = threading.local()

    @contextmanager
    def of(self, function: str) -> Iterator[None]:
        """What this thread writes in the block is the function's."""
        before = getattr(self._thread, "function", None)
        self._thread.function = function
        try:
            yield
        finally:
            self._thread.function = before

    def write(self, text: str) -> int:
        function = getattr(self._thread, "function", None)
        if function is None:
            return self._stack.write(text)
        for line in text.splitlines():
            if line:
                self._write_line(function, line)
        return len(text)

    def flush(self) -> None:
        self._stack.flush()


@dataclass
class Functions:
    """Calls the functions of the stack; each handler is built once, with its template's environment."""

    region: str
    overrides: Mapping[str, str]
    """Replace variables that a function has, where the laptop is to differ from the template."""
    containers: Containers
    write_line: Callable[[str, str], None] = lambda function, line: None
    """Told the name of a function and each line it prints."""
    report_error: Callable[[str, Exception], None] = lambda function, error: None
    """Told the name of a function that raised, and what."""
    _output: FunctionOutput = field(init=False, repr=False)
    _handlers: dict[str, Handler] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._output = FunctionOutput(sys.stdout, self.write_line)

    @property
    def output(self) -> FunctionOutput:
        """To stand in for the standard output, so that what functions print is told apart."""
        return self._output

    def invoke(self, function: Any, event: Any) -> Any:
        """What the function returns for an event, both as JSON has them.

        Args:
            function: moto's LambdaFunction.
        Raises:
            FunctionError: it raised, or answered what JSON cannot hold or Lambda would not carry.
        """
        try:
            if "ImageUri" in function.code:
                return self._run_container(function, event)
            with self._output.of(function.function_name):
                answer = self._handler(function)(event, self._context(function))
            text = json.dumps(answer)
        except FunctionError:
            raise
        except Exception as error:
            self.report_error(function.function_name, error)
            raise FunctionError(type(error).__name__, str(error), traceback.format_exception(error)) from error
        if len(text) > LARGEST_PAYLOAD:
            raise FunctionError(
                "Function.ResponseSizeTooLarge",
                f"Response payload size exceeded maximum allowed payload size ({LARGEST_PAYLOAD} bytes).",
                [],
            )
        return answer

    def environment(self, function: Any) -> dict[str, str]:
        """The variables a function is given: its template's, the overrides among them, and Lambda's own."""
        given = {name: str(value) for name, value in function.environment_vars.items()}
        changed = {name: value for name, value in self.overrides.items() if name in given}
        return {
            **given,
            **changed,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        }

    def _handler(self, function: Any) -> Handler:
        built = self._handlers.get(function.function_name)
        if built is None:
            with self._lock:
                built = self._handlers.get(function.function_name)
                if built is None:
                    module = importlib.import_module(function.handler.rpartition(".")[0])
                    built = self._handlers[function.function_name] = module.build(self.environment(function))
        return built

    def _context(self, function: Any) -> FunctionContext:
        return FunctionContext(
            function.function_name,
            function.function_arn,
            str(function.memory_size),
            time.monotonic() + float(function.timeout),
        )

    def _run_container(self, function: Any, event: Mapping[str, Any]) -> dict[str, Any]:
        job = ContainerJob(
            name=f"{function.function_name}-{uuid.uuid4().hex[:12]}",
            arguments=[str(event["command"])],
            hyperparameters={name: str(value) for name, value in event.items()},
            environment=self.environment(function),
            max_runtime_s=float(function.timeout),
            owner=CURRENT_EXECUTION.get(),
        )
        ended = self.containers.run(job)
        if ended.succeeded:
            return {**event, "exit_code": 0}
        raise _container_error(ended, job)


def _container_error(ended: Ended, job: ContainerJob) -> FunctionError:
    """A container's bad end in the words Lambda uses for it."""
    if ended.timed_out:
        return FunctionError("Sandbox.Timedout", f"Error: Task timed out after {job.max_runtime_s:.2f} seconds", [])
    if ended.stopped or ended.exit_code > 128:
        return FunctionError("Runtime.ExitError", "Error: Runtime exited with error: signal: killed", [])
    blame, separator, reason = ended.failure.partition(": ")
    if separator and blame in FAULTS:
        return FunctionError(FAULTS[blame], reason, [])
    reason = f"Error: Runtime exited with status {ended.exit_code}: {ended.failure}"
    return FunctionError("Runtime.ExitError", reason, [])


FAULTS = {"user": "UserFault", "algorithm": "AlgorithmFault", "platform": "PlatformFault"}
"""By the first word of a failure file: the class that the image's Lambda handler raises."""


@contextmanager
def in_process(functions: Functions) -> Iterator[None]:
    """Lets moto's Lambda call these functions while the block runs."""
    from moto.awslambda.models import LambdaFunction

    def invoke_lambda(function: Any, event: Any = None) -> tuple[str, bool, str]:
        """Body, whether it is an error, and the log: what moto expects of this method."""
        payload = json.loads(event) if isinstance(event, str) else event
        try:
            return json.dumps(functions.invoke(function, payload or {})), False, ""
        except FunctionError as error:
            return json.dumps(error.payload), True, "".join(error.payload["stackTrace"])

    with patched(LambdaFunction, _invoke_lambda=invoke_lambda), redirect_stdout(functions.output):
        yield
