"""What a machine may ask of SageMaker: createTrainingJob, and the same with .sync, which moto's interpreter lacks."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


def services_with_sagemaker(factory: Any) -> Callable[[str], Any]:
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
