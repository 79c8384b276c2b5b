"""Where things lie in the data bucket. The only place that builds its keys.

    groups/{group}/{TYPE}/{snapshot}/       one snapshot of a dataset, never changed once committed
    jobs/{resource}/{attempt}/              specification, result or failure, reject report of one attempt
    jobs/sagemaker/{job}/                   what SageMaker keeps of a training job: a copy of its result
    frozen/{version}/{attempt}/             a training's frozen input: manifest and events
    models/{version}/{attempt}/             a trained artefact
    events/yyyy/mm/dd/hh/...                Firehose's log of all groups' events, gzip JSON lines

Every placeholder is an incarnation or a token that this project drew at random: no name a user chose is in a key.
"""

from __future__ import annotations

EVENT_LOG_PREFIX = "events/"
MACHINE_OUTPUT_PREFIX = "jobs/sagemaker/"


def snapshot_prefix(group: str, dataset_type: str, snapshot: str) -> str:
    return f"groups/{group}/{dataset_type}/{snapshot}/"


def attempt_prefix(resource: str, attempt: str) -> str:
    return f"jobs/{resource}/{attempt}/"


def frozen_prefix(version: str, attempt: str) -> str:
    return f"frozen/{version}/{attempt}/"


def artefact_prefix(version: str, attempt: str) -> str:
    return f"models/{version}/{attempt}/"


def uri(bucket: str, key: str) -> str:
    return f"s3://{bucket}/{key}"


def split_uri(address: str) -> tuple[str, str]:
    """Bucket and key of an s3:// address.

    Raises:
        ValueError: not an s3:// address.
    """
    scheme, separator, rest = address.partition("://")
    if scheme != "s3" or not separator:
        raise ValueError(f"{address} is not an s3:// address")
    bucket, _, key = rest.partition("/")
    return bucket, key
