"""StopExecution with the reason a person gave, which moto drops, and RedriveExecution, which it lacks, refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local.patching import added, patched

NO_REDRIVE = "The local stack cannot redrive; start the machine again with the same input, which is harmless."


@contextmanager
def answering() -> Iterator[None]:
    """Answers both while the block runs."""
    from moto.core.exceptions import AWSError
    from moto.core.responses import ActionResult
    from moto.core.utils import utcnow
    from moto.stepfunctions.responses import StepFunctionResponse

    class ExecutionNotRedrivable(AWSError):
        TYPE = "ExecutionNotRedrivable"
        STATUS = 400

    def stop_execution(response: Any) -> Any:
        execution = response.stepfunction_backend.describe_execution(response._get_param("executionArn"))
        error, cause = response._get_param("error"), response._get_param("cause")
        execution.stop(stop_date=utcnow(), error=error, cause=cause)
        return ActionResult({"stopDate": execution.stop_date})

    def redrive_execution(response: Any) -> Any:
        # An unknown execution is said to be unknown.
        response.stepfunction_backend.describe_execution(response._get_param("executionArn"))
        raise ExecutionNotRedrivable(NO_REDRIVE)

    with (
        patched(StepFunctionResponse, stop_execution=stop_execution),
        added(StepFunctionResponse, redrive_execution=redrive_execution),
    ):
        yield
