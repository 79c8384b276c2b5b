"""Data deletion jobs: users named in a CSV are removed from a group's data. Source: control-plane reference, J.2."""

from __future__ import annotations

from typing import Any

from reco.arns import Kind
from reco.control.claims import claim_on
from reco.control.job_records import create_job, describe_job, list_jobs
from reco.control.locations import check_data_location
from reco.control.registry import Registry
from reco.wire.call import Call

KIND = Kind.DATA_DELETION_JOB


def create_data_deletion_job(registry: Registry, call: Call) -> dict[str, Any]:
    """`numDeleted` is shown once a job has COMPLETED; until then nobody knows it."""
    asked = call.parameters
    check_data_location(asked["data_source"])
    group = registry.find(Kind.DATASET_GROUP, asked["dataset_group_arn"], "datasetGroupArn")
    registry.require_active(group)
    body = {
        "dataset_group_arn": asked["dataset_group_arn"],
        "data_source": asked["data_source"],
        "role_arn": asked["role_arn"],
    }
    return create_job(registry, call, KIND, body, [claim_on(group)], parent=asked["dataset_group_arn"])


def describe_data_deletion_job(registry: Registry, call: Call) -> dict[str, Any]:
    return describe_job(registry, call, KIND)


def list_data_deletion_jobs(registry: Registry, call: Call) -> dict[str, Any]:
    """The one list that begins with the newest (control-plane reference, C.1)."""
    parent = (Kind.DATASET_GROUP, "dataset_group_arn", "datasetGroupArn")
    return list_jobs(registry, call, KIND, parent, newest_first=True)
