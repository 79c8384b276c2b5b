"""ARNs: how each kind of resource is named, and how a name is read back.

Source: control-plane reference, section A. A resource's `id` is what follows `KIND/` in its ARN: the name for most,
`GROUP/TYPE` for datasets, `SOLUTION/xxxxxxxx` for solution versions, eight hex digits for event trackers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of resource; the value is the word in the ARN."""

    SCHEMA = "schema"
    DATASET_GROUP = "dataset-group"
    DATASET = "dataset"
    DATASET_IMPORT_JOB = "dataset-import-job"
    EVENT_TRACKER = "event-tracker"
    SOLUTION = "solution"
    SOLUTION_VERSION = "solution-version"
    """Its ARN says `solution/NAME/ID`; only the number of segments tells it from a solution."""
    CAMPAIGN = "campaign"
    RECOMMENDER = "recommender"
    FILTER = "filter"
    BATCH_INFERENCE_JOB = "batch-inference-job"
    BATCH_SEGMENT_JOB = "batch-segment-job"
    DATASET_EXPORT_JOB = "dataset-export-job"
    DATA_DELETION_JOB = "data-deletion-job"
    METRIC_ATTRIBUTION = "metric-attribution"


_ARN = re.compile(r"arn:(aws[a-z-]*):personalize:([a-z0-9-]*):(\d{12})?:([a-z-]+)/(.+)")


@dataclass(frozen=True)
class Owner:
    """Whose resource: partition, region and account."""

    account: str
    region: str
    partition: str = "aws"

    def arn(self, kind: Kind, resource_id: str) -> str:
        word = "solution" if kind is Kind.SOLUTION_VERSION else kind.value
        return f"arn:{self.partition}:personalize:{self.region}:{self.account}:{word}/{resource_id}"


@dataclass(frozen=True)
class ResourceName:
    """An ARN taken apart."""

    kind: Kind
    resource_id: str
    owner: Owner


_PARTITIONS = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"))


def partition_of(region: str) -> str:
    """The partition that a region lies in."""
    return next((partition for prefix, partition in _PARTITIONS if region.startswith(prefix)), "aws")


def parse_arn(arn: str) -> ResourceName | None:
    """The parts of a resource's ARN; None when it names no kind this project stores (recipes included)."""
    match = _ARN.fullmatch(arn)
    if not match or not match[3]:
        return None
    partition, region, account, word, resource_id = match.groups()
    if word == Kind.SOLUTION.value and "/" in resource_id:
        word = Kind.SOLUTION_VERSION.value
    try:
        kind = Kind(word)
    except ValueError:
        return None
    return ResourceName(kind, resource_id, Owner(account, region, partition))


def service_arn(word: str, name: str) -> str:
    """ARN of what the service owns for everybody, such as `recipe` or `algorithm`: no region, no account."""
    return f"arn:aws:personalize:::{word}/{name}"


def in_partition(arn: str, partition: str) -> str:
    """An ARN of what the service owns as another partition spells it; any other text as it is."""
    head, colon, tail = arn.partition(":personalize:::")
    known = head in {f"arn:{each}" for each in ("aws", *(each for _, each in _PARTITIONS))}
    return f"arn:{partition}{colon}{tail}" if known else arn
