"""Export jobs: a dataset's records as CSV in the caller's bucket. Source: control-plane reference, J.3."""

from __future__ import annotations

from typing import Any

from reco.arns import Kind
from reco.control.claims import claim_on
from reco.control.job_records import create_job, describe_job, list_jobs
from reco.control.locations import check_destination
from reco.control.registry import Registry
from reco.wire.call import Call

KIND = Kind.DATASET_EXPORT_JOB


def create_dataset_export_job(registry: Registry, call: Call) -> dict[str, Any]:
    asked = call.parameters
    destination = asked["job_output"]["s3_data_destination"]
    check_destination(destination, "jobOutput.s3DataDestination", registry.owner.region)
    dataset = registry.find(Kind.DATASET, asked["dataset_arn"], "datasetArn")
    registry.require_active(dataset)
    body = {
        "dataset_arn": asked["dataset_arn"],
        "ingestion_mode": asked.get("ingestion_mode", "PUT"),
        "role_arn": asked["role_arn"],
        "job_output": asked["job_output"],
    }
    return create_job(registry, call, KIND, body, [claim_on(dataset)], parent=asked["dataset_arn"])


def describe_dataset_export_job(registry: Registry, call: Call) -> dict[str, Any]:
    return describe_job(registry, call, KIND)


def list_dataset_export_jobs(registry: Registry, call: Call) -> dict[str, Any]:
    return list_jobs(registry, call, KIND, (Kind.DATASET, "dataset_arn", "datasetArn"))
