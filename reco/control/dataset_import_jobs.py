"""Import jobs: stored here, carried out by the import state machine."""

from __future__ import annotations

import re
from typing import Any

from reco.arns import Kind
from reco.control.claims import claim_on
from reco.control.listing import list_resources
from reco.control.registry import Registry, fresh
from reco.control.tags import tags_of
from reco.errors import InvalidInput
from reco.jobs.status import CREATE_PENDING
from reco.wire.call import Call

_LOCATION = re.compile(r"s3://[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]/.*", re.DOTALL)


def create_dataset_import_job(registry: Registry, call: Call) -> dict[str, Any]:
    asked = call.parameters
    _check_location(asked["data_source"].get("data_location"))
    tags = tags_of(asked.get("tags"))
    dataset = registry.find(Kind.DATASET, asked["dataset_arn"], "datasetArn")
    registry.require_active(dataset)
    mode = asked.get("import_mode", "FULL")
    if mode == "INCREMENTAL" and "snapshot" not in dataset.inner:
        raise InvalidInput(
            f"importMode INCREMENTAL adds to data that are there, and {asked['dataset_arn']} has none yet; "
            "import with FULL first."
        )
    body = {
        "job_name": asked["job_name"],
        "dataset_arn": asked["dataset_arn"],
        "data_source": asked["data_source"],
        "role_arn": asked.get("role_arn"),
        "import_mode": mode,
        "publish_attribution_metrics_to_s3": asked.get("publish_attribution_metrics_to_s3"),
    }
    job = fresh(
        Kind.DATASET_IMPORT_JOB,
        asked["job_name"],
        body,
        call.now,
        tags=tags,
        parent=asked["dataset_arn"],
        status=CREATE_PENDING,
    )
    created = registry.create(job, [claim_on(dataset, slot="import_job")])
    return {"dataset_import_job_arn": registry.arn(created)}


def describe_dataset_import_job(registry: Registry, call: Call) -> dict[str, Any]:
    arn = call.parameters["dataset_import_job_arn"]
    return {"dataset_import_job": registry.view(registry.find(Kind.DATASET_IMPORT_JOB, arn, "datasetImportJobArn"))}


def list_dataset_import_jobs(registry: Registry, call: Call) -> dict[str, Any]:
    parent = (Kind.DATASET, "dataset_arn", "datasetArn")
    return list_resources(registry, call, Kind.DATASET_IMPORT_JOB, "dataset_import_jobs", parent)


def _check_location(location: str | None) -> None:
    if location is None or not _LOCATION.fullmatch(location):
        raise InvalidInput(
            "Invalid Data location. dataSource.dataLocation must be s3://BUCKET/FILE.csv, or s3://BUCKET/FOLDER/ with "
            f"a slash at the end for every file in it; it is {location or 'absent'}."
        )
