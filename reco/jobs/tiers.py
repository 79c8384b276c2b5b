"""Which machine does a job: by the memory it needs, with the numbers written down.

A job's need is estimated from its input: three bytes of memory for a byte of uncompressed CSV, 160 bytes for an
interaction in training (the arrays, their sorted copies, both factor matrices). Then

    function    need <= 50% of the job function's memory      3,008 MB: 500 MB of CSV, 9.4 million interactions
    instance    need <= 70% of the instance type's memory     ml.m5.xlarge: 3.7 GB of CSV, 70 million interactions
    cluster     above: not available in this version, the plan refuses and names an instance type that would do

A function that runs out of time or memory all the same falls through to the instance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from reco.errors import UserFault

Tier = Literal["function", "instance"]

MEMORY_PER_CSV_BYTE = 3.0
MEMORY_PER_INTERACTION = 160
DISK_PER_INTERACTION = 60
GZIP_RATIO = 6.0
"""Bytes of CSV in a byte of gzip; interactions compress by 4 to 6."""
FUNCTION_SHARE = 0.5
INSTANCE_SHARE = 0.7
FUNCTION_DISK_BYTES = 5_000_000_000
"""Half of what the job function has as temporary storage: the source and its snapshot lie there together."""
LARGEST_TRAINING = 1_000_000_000
"""Interactions; what one machine can hold, whatever its type."""
LARGEST_IMPORT_BYTES = 100_000_000_000
"""Uncompressed; Amazon Personalize's own limit for one import."""
MAX_RUNTIME_S = 86_400
"""SageMaker stops a job after this; its default quota for one job is longer."""

INSTANCE_MEMORY_GB = {
    "ml.m5.large": 8,
    "ml.m5.xlarge": 16,
    "ml.m5.2xlarge": 32,
    "ml.m5.4xlarge": 64,
    "ml.m5.12xlarge": 192,
    "ml.m5.24xlarge": 384,
}
"""Of the types whose size the plan knows; of others it believes that they suffice."""


@dataclass(frozen=True)
class Need:
    """What a job is expected to take."""

    memory_bytes: float
    disk_bytes: float
    seconds: float
    """A guess for the person who watches, not a limit."""
    subject: str
    """The input in words, for the reason: `12 MB of CSV`."""


@dataclass(frozen=True)
class Choice:
    """The machine, and why."""

    tier: Tier
    volume_gb: int
    reason: str


def import_need(stored_bytes: int, compressed_bytes: int, previous_rows: int) -> Need:
    """What importing takes.

    Args:
        stored_bytes: of all objects of the source, as stored.
        compressed_bytes: the part of them in gzip.
        previous_rows: of the snapshot that INCREMENTAL adds to; 0 for FULL.

    Raises:
        UserFault: larger than an import may be.
    """
    csv_bytes = stored_bytes - compressed_bytes + compressed_bytes * GZIP_RATIO
    if csv_bytes > LARGEST_IMPORT_BYTES:
        raise UserFault(
            f"The input is about {csv_bytes / 1e9:,.0f} GB uncompressed, more than the "
            f"{LARGEST_IMPORT_BYTES / 1e9:,.0f} GB that one import takes. Import a smaller part with importMode FULL "
            "and the rest with INCREMENTAL."
        )
    memory = csv_bytes * MEMORY_PER_CSV_BYTE + previous_rows * MEMORY_PER_INTERACTION
    return Need(memory, stored_bytes + csv_bytes, 5 + csv_bytes / 30e6, f"{csv_bytes / 1e6:,.1f} MB of CSV")


def training_need(interactions: int) -> Need:
    """What training takes.

    Raises:
        UserFault: more interactions than one machine holds.
    """
    if interactions > LARGEST_TRAINING:
        raise UserFault(
            f"Training on {interactions:,} interactions is more than one machine holds ({LARGEST_TRAINING:,}), and "
            "training on a cluster is not available in this version. Import fewer interactions."
        )
    memory, disk = interactions * MEMORY_PER_INTERACTION, interactions * DISK_PER_INTERACTION
    return Need(memory, disk, 5 + interactions / 100_000, f"{interactions:,} interactions")


def choose(need: Need, function_memory_mb: int, instance_type: str) -> Choice:
    """The smallest machine that holds the job.

    Raises:
        UserFault: the instance type is too small; names one that is not, and where to set it.
    """
    volume_gb = max(30, 10 + math.ceil(2 * need.disk_bytes / 1e9))
    if need.memory_bytes <= FUNCTION_SHARE * function_memory_mb * 1e6 and need.disk_bytes <= FUNCTION_DISK_BYTES:
        reason = f"{need.subject} fit the job function ({function_memory_mb:,} MB)"
        return Choice("function", volume_gb, reason)
    memory_gb = INSTANCE_MEMORY_GB.get(instance_type)
    if memory_gb is not None and need.memory_bytes > INSTANCE_SHARE * memory_gb * 1e9:
        raise UserFault(
            f"{need.subject} need about {need.memory_bytes / 1e9:,.0f} GB of memory, more than an {instance_type} "
            f"({memory_gb} GB) offers. {_larger_instance(need)}"
        )
    return Choice("instance", volume_gb, f"{need.subject} need an instance ({instance_type})")


def _larger_instance(need: Need) -> str:
    for name, memory_gb in INSTANCE_MEMORY_GB.items():
        if need.memory_bytes <= INSTANCE_SHARE * memory_gb * 1e9:
            return f"Deploy again with -c instanceType={name}, or bring less data."
    return "No single machine holds it, and clusters are not available in this version: bring less data."
