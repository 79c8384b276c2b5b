"""Import jobs: stored here, carried out by the import state machine. Source: control-plane reference, E.2 and J.1."""

from __future__ import annotations

from typing import Any

from reco.arns import Kind
from reco.control.claims import claim_on
from reco.control.job_records import create_job, describe_job, list_jobs
from reco.control.locations import check_data_location
from reco.control.registry import Registry
from reco.errors import InvalidInput
from reco.jobs.status import ACTIVE
from reco.wire.call import Call

KIND = Kind.DATASET_IMPORT_JOB


def create_dataset_import_job(registry: Registry, call: Call) -> dict[str, Any]:
    asked = call.parameters
    check_data_location(asked["data_source"])
    dataset = registry.find(Kind.DATASET, asked["dataset_arn"], "datasetArn")
    registry.require_active(dataset)
    mode = asked.get("import_mode", "FULL")
    # The snapshot that counts is there once an import has succeeded, and the first can only have been a full one.
    if mode == "INCREMENTAL" and "snapshot" not in dataset.inner:
        raise InvalidInput(
            f"importMode INCREMENTAL adds to data that are there, and {asked['dataset_arn']} has none yet; "
            "import with FULL first."
        )
    publishing = asked.get("publish_attribution_metrics_to_s3", False)
    if publishing:
        _require_attribution(registry, dataset.body["dataset_group_arn"])
    body = {
        "dataset_arn": asked["dataset_arn"],
        "data_source": asked["data_source"],
        "role_arn": asked.get("role_arn"),
        "import_mode": mode,
        "publish_attribution_metrics_to_s3": publishing,
    }
    claims = [claim_on(dataset, slot="import_job")]
    return create_job(registry, call, KIND, body, claims, parent=asked["dataset_arn"])


def describe_dataset_import_job(registry: Registry, call: Call) -> dict[str, Any]:
    return describe_job(registry, call, KIND)


def list_dataset_import_jobs(registry: Registry, call: Call) -> dict[str, Any]:
    return list_jobs(registry, call, KIND, (Kind.DATASET, "dataset_arn", "datasetArn"))


def _require_attribution(registry: Registry, group: str) -> None:
    """Figures go where the group's metric attribution sends them.

    Raises:
        InvalidInput: there is none, it is not ACTIVE, or it names no place in S3.
    """
    for attribution in registry.children(Kind.METRIC_ATTRIBUTION, group):
        if "s3_data_destination" not in attribution.body["metrics_output_config"]:
            raise InvalidInput(
                f"publishAttributionMetricsToS3 needs metricsOutputConfig.s3DataDestination in "
                f"{registry.arn(attribution)}; it has none."
            )
        shown = registry.view(attribution)
        if shown["status"] != ACTIVE:
            reason = f": {shown['failure_reason']}" if shown["failure_reason"] else "."
            raise InvalidInput(
                f"publishAttributionMetricsToS3 needs {registry.arn(attribution)} to be ACTIVE; its status is "
                f"{shown['status']}{reason}"
            )
        return
    raise InvalidInput(
        f"publishAttributionMetricsToS3 needs a metric attribution in {group} that names a place in S3; there is none."
    )
