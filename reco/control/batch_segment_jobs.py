"""Batch segment jobs: for each item or attribute of a file, the users most likely to want it.

Source: control-plane reference, I.2. The work comes in a later version: reco.control.lifecycle says how a job ends
until then.
"""

from __future__ import annotations

from typing import Any

from reco.arns import Kind
from reco.control.batch_jobs import BY_VERSION, create_batch_job, trained_version
from reco.control.job_records import describe_job, list_jobs
from reco.control.registry import Registry
from reco.errors import InvalidInput
from reco.wire.call import Call

KIND = Kind.BATCH_SEGMENT_JOB


def create_batch_segment_job(registry: Registry, call: Call) -> dict[str, Any]:
    trained = trained_version(registry, call)
    if "segment" not in trained.recipe.batch:
        raise InvalidInput(
            f"solutionVersionArn: batch segment jobs take versions of segmentation recipes; {trained.recipe.name} is "
            "none."
        )
    return create_batch_job(registry, call, KIND, trained, {})


def describe_batch_segment_job(registry: Registry, call: Call) -> dict[str, Any]:
    return describe_job(registry, call, KIND)


def list_batch_segment_jobs(registry: Registry, call: Call) -> dict[str, Any]:
    return list_jobs(registry, call, KIND, BY_VERSION)
