"""Which machine does a job: by the memory it needs, with the numbers written down.

A job's need is estimated from its input: three bytes of memory for a byte of uncompressed CSV, 160 bytes for an
interaction in training (the arrays, their sorted copies, both factor matrices). Recipes whose family is `blend` fit
item-by-item tables besides, whose size follows from the catalogue and needs no margin:

    held = 600 MB + the larger of
        dense    12 tables of H x H float32, H = items, 6,000 at most    0.4 GB at 3,000 items, 1.7 GB from 6,000
        sparse   beyond 6,000 items 1,000 bytes an interaction, 3.1 GB at most: a matrix keeps 32 million entries

Measured, fitting in a process of its own with two threads: 390 MB with 500 items and 20,000 interactions, 770 MB with
2,000 and 60,000, 960 MB with 3,000 and 100,000, 1.1 GB with 4,000 and 130,000, 2.1 GB with 6,000 and 200,000; sparse
900 MB with 10,000 and 500,000, 3.9 GB with a million and 3 million. Of more than 6,000 items few may be touched often
enough for sparse tables, so there the larger counts. Items are those of the imported interactions. Where nobody counted
them (an older snapshot) they are taken to be as many as interactions: from 6,000 on the largest dense tables. What is
streamed adds nothing. Then

    function    need <= 50% of the job function's memory less held    3,008 MB: 500 MB of CSV, 9.4 million interactions;
                                                                      a blend 6.1 million of 3,000 items, 2.1 million
                                                                      of 6,000 and more
    instance    need <= 70% of the instance type's memory less held   ml.m5.xlarge: 3.7 GB of CSV, 70 million
                                                                      interactions; a blend 53 to 67 million
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
BLEND_BASE = 600_000_000
"""Of the process that fits a blend: libraries, and what is sampled to learn the weights."""
DENSE_ITEMS = 6_000
"""Most items whose item-by-item tables are dense; `reco.models.families.blend_fitting.DENSE_LIMIT`."""
DENSE_TABLES = 12
SPARSE_PER_INTERACTION = 1_000
LARGEST_SPARSE = 3_100_000_000
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
    """Estimated from the rows, so that a machine is filled with a part of it only."""
    disk_bytes: float
    seconds: float
    """A guess for the person who watches, not a limit."""
    subject: str
    """The input in words, for the reason: `12 MB of CSV`."""
    held_bytes: float = 0.0
    """Memory that is known from the catalogue, beside `memory_bytes`; may fill a machine."""


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


def training_need(interactions: int, *, blend: bool = False, items: int | None = None) -> Need:
    """What training takes.

    Args:
        blend: the recipe's family, or that of one among those to choose from, is `blend`.
        items: distinct ones of the interactions; None where nobody counted them.

    Raises:
        UserFault: more interactions than one machine holds.
    """
    if interactions > LARGEST_TRAINING:
        raise UserFault(
            f"Training on {interactions:,} interactions is more than one machine holds ({LARGEST_TRAINING:,}), and "
            "training on a cluster is not available in this version. Import fewer interactions."
        )
    memory, disk = interactions * MEMORY_PER_INTERACTION, interactions * DISK_PER_INTERACTION
    subject, held = f"{interactions:,} interactions", 0.0
    if blend:
        held = _blend_tables(interactions, interactions if items is None else items)
        subject += "" if items is None else f" with {items:,} items"
    return Need(memory, disk, 5 + interactions / 100_000, subject, held)


def _blend_tables(interactions: int, items: int) -> float:
    """Bytes that fitting a blend holds whatever the users are; see the head of this module."""
    dense = DENSE_TABLES * 4 * min(items, DENSE_ITEMS) ** 2
    sparse = min(interactions * SPARSE_PER_INTERACTION, LARGEST_SPARSE) if items > DENSE_ITEMS else 0
    return BLEND_BASE + max(dense, sparse)


def choose(need: Need, function_memory_mb: int, instance_type: str) -> Choice:
    """The smallest machine that holds the job.

    Raises:
        UserFault: the instance type is too small; names one that is not, and where to set it.
    """
    volume_gb = max(30, 10 + math.ceil(2 * need.disk_bytes / 1e9))
    if _fits(need, FUNCTION_SHARE, function_memory_mb * 1e6) and need.disk_bytes <= FUNCTION_DISK_BYTES:
        reason = f"{need.subject} fit the job function ({function_memory_mb:,} MB)"
        return Choice("function", volume_gb, reason)
    memory_gb = INSTANCE_MEMORY_GB.get(instance_type)
    if memory_gb is not None and not _fits(need, INSTANCE_SHARE, memory_gb * 1e9):
        total = (need.memory_bytes + need.held_bytes) / 1e9
        raise UserFault(
            f"{need.subject} need about {total:,.0f} GB of memory, more than an {instance_type} "
            f"({memory_gb} GB) offers with room to spare. {_larger_instance(need)}"
        )
    return Choice("instance", volume_gb, f"{need.subject} need an instance ({instance_type})")


def _fits(need: Need, share: float, memory_bytes: float) -> bool:
    return need.memory_bytes <= share * (memory_bytes - need.held_bytes)


def _larger_instance(need: Need) -> str:
    for name, memory_gb in INSTANCE_MEMORY_GB.items():
        if _fits(need, INSTANCE_SHARE, memory_gb * 1e9):
            return f"Deploy again with -c instanceType={name}, or bring less data."
    return "No single machine holds it, and clusters are not available in this version: bring less data."
