"""SageMaker training jobs that really run: CreateTrainingJob starts a container job, StopTrainingJob ends it.

moto says Completed at once and drops Environment; here a job passes through InProgress, its failure file becomes
FailureReason, and a name is taken for ever, as on AWS.
"""

from __future__ import annotations

import io
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.containers import ContainerJob, Containers, Ended
from local.functions import CURRENT_EXECUTION
from local.patching import added, patched

LONGEST_S = 24 * 3600.0
"""Of a job that states no StoppingCondition. Source: CreateTrainingJob."""


@contextmanager
def running_jobs(containers: Containers, client: Callable[[str], Any]) -> Iterator[None]:
    """Makes moto's training jobs run while the block does.

    Args:
        client: boto3 client by service name, to store what a job leaves in its model folder.
    """
    from moto.core.responses import EmptyResult
    from moto.core.utils import utcnow
    from moto.sagemaker.exceptions import ResourceInUseException, ValidationError
    from moto.sagemaker.responses import SageMakerResponse

    create = SageMakerResponse.create_training_job

    def create_training_job(response: Any) -> Any:
        name = response._get_param("TrainingJobName")
        backend = response.sagemaker_backend
        if name in backend.training_jobs:
            raise ResourceInUseException(message=f"Training job names must be unique: {name} exists")
        answer = create(response)
        record = backend.training_jobs[name]
        record.training_job_status, record.secondary_status = "InProgress", "Training"
        record.training_end_time, record.final_metric_data_list = None, None
        record.algorithm_specification.pop("MetricDefinitions", None)
        record.environment = response._get_param("Environment", {})
        arguments = record.algorithm_specification.get("ContainerArguments") or ["train"]
        job = ContainerJob(
            name=name,
            arguments=arguments,
            hyperparameters=record.hyper_parameters or {},
            environment={**record.environment, "TRAINING_JOB_NAME": name, "TRAINING_JOB_ARN": record.arn},
            max_runtime_s=float((record.stopping_condition or {}).get("MaxRuntimeInSeconds", LONGEST_S)),
            owner=CURRENT_EXECUTION.get(),
        )
        threading.Thread(target=run, args=(record, job), name=f"training-{name}", daemon=True).start()
        return answer

    def run(record: Any, job: ContainerJob) -> None:
        try:
            ended = containers.run(job, lambda root: store_model(record, root))
        except Exception as error:
            ended = Ended(1, f"InternalServerError: {error}")
        settle(record, ended)

    def settle(record: Any, ended: Ended) -> None:
        record.training_end_time = record.last_modified_time = utcnow()
        if ended.stopped:
            status = secondary = "Stopped"
        elif ended.timed_out:
            status, secondary = "Stopped", "MaxRuntimeExceeded"
        elif ended.succeeded:
            status = secondary = "Completed"
        else:
            status = secondary = "Failed"
            record.failure_reason = f"AlgorithmError: {ended.failure}, exit code: {ended.exit_code}"
        record.secondary_status, record.training_job_status = secondary, status

    def store_model(record: Any, root: Path) -> None:
        if not any((root / "model").iterdir()):
            return
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            archive.add(root / "model", arcname=".")
        bucket, key = s3_location(record.model_artifacts["S3ModelArtifacts"])
        encryption = {}
        if kms_key := record.output_data_config.get("KmsKeyId"):
            encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key}
        client("s3").put_object(Bucket=bucket, Key=key, Body=packed.getvalue(), **encryption)

    def stop_training_job(response: Any) -> Any:
        name = response._get_param("TrainingJobName")
        record = response.sagemaker_backend.training_jobs.get(name)
        if record is None:
            raise ValidationError(message=f"Requested resource not found: training job {name}")
        if record.training_job_status != "InProgress":
            raise ValidationError(
                message=f"The request was rejected because the training job is in status {record.training_job_status}."
            )
        record.training_job_status = record.secondary_status = "Stopping"
        containers.stop(name)
        return EmptyResult()

    with (
        patched(SageMakerResponse, create_training_job=create_training_job),
        added(SageMakerResponse, stop_training_job=stop_training_job),
    ):
        yield


def s3_location(address: str) -> tuple[str, str]:
    """Bucket and key of s3://bucket/key, or of the https://s3.REGION.SUFFIX/bucket/key that CDK renders."""
    scheme, _, rest = address.partition("://")
    if scheme == "https":
        rest = rest.partition("/")[2]
    bucket, _, key = rest.partition("/")
    return bucket, key
