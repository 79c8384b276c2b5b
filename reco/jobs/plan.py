"""The plan of a job as the state machine carries it on, and as the resource remembers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from reco.jobs.attempt import Attempt, JobContext, with_attempt, write_as
from reco.jobs.cost_tags import job_tags
from reco.jobs.specification import Specification, TrainSpecification, to_json
from reco.jobs.tiers import MAX_RUNTIME_S, Choice
from reco.storage.layout import MACHINE_OUTPUT_PREFIX, attempt_prefix, uri
from reco.storage.resources import Resource

SPECIFICATION = "specification.json"
RESULT = "result.json"
FAILURE = "failure.json"
REPORT = "report.json"
"""An import's report of what was rejected; rejects.csv.gz lies beside it."""
NOWHERE = "none"


@dataclass(frozen=True)
class Plan:
    """What the machine needs to run the container in either tier; a function that proves too small falls through."""

    tier: str
    """function or instance; NOWHERE when there is nothing to run."""
    reason: str
    """Why this tier, for the person who watches."""
    command: str
    specification: str
    """s3:// address of specification.json."""
    job_name: str
    """Name of the SageMaker training job: unique to the attempt."""
    resource_config: Mapping[str, Any]
    """The training job's ResourceConfig."""
    output_config: Mapping[str, Any]
    """The training job's OutputDataConfig."""
    max_runtime_s: int
    search: bool = False
    """A search comes first."""
    tags: list[dict[str, str]] = field(default_factory=list)
    """Tags of the training job, where there is one."""
    kms_key_arn: str | None = None
    """The dataset group's key, for what later steps write; None: as the bucket encrypts."""


def attempt_uri(context: JobContext, resource: Resource, attempt: str) -> str:
    """s3:// folder of one attempt, with a trailing slash."""
    return uri(context.settings.data_bucket, attempt_prefix(resource.incarnation, attempt))


def job_name(command: str, incarnation: str, attempt: str) -> str:
    """A SageMaker name, at most 63 characters: drawn tokens only, so it is never used twice."""
    return f"reco-{command}-{incarnation[:16]}-{attempt}"


def settled_plan(attempt: Attempt) -> dict[str, Any] | None:
    """The plan made earlier in this attempt; a repeat must not decide anew, since the container may be running."""
    return attempt.facts.get("plan")


def settle_plan(
    context: JobContext, resource: Resource, attempt: str, choice: Choice, specification: Specification
) -> dict[str, Any]:
    """Writes the specification, then the plan into the resource; returns the plan.

    A kill between the two writes leaves a specification nobody was told of; the repeat overwrites it.

    Raises:
        StaleAttempt: the attempt was replaced.
    """
    address = attempt_uri(context, resource, attempt) + SPECIFICATION
    group_key = specification.kms_key_arn
    # The deployment's own key encrypts whatever has no other; S3 knows that by itself, disks do not.
    key = group_key or context.settings.customer_key
    plan = Plan(
        tier=choice.tier,
        reason=choice.reason,
        command=specification.command,
        specification=address,
        job_name=job_name(specification.command, resource.incarnation, attempt),
        resource_config={
            "InstanceCount": 1,
            "InstanceType": context.settings.instance_type,
            "VolumeSizeInGB": choice.volume_gb,
            **({"VolumeKmsKeyId": key} if key else {}),
        },
        output_config={
            "S3OutputPath": uri(context.settings.data_bucket, MACHINE_OUTPUT_PREFIX),
            **({"KmsKeyId": key} if key else {}),
        },
        max_runtime_s=MAX_RUNTIME_S,
        search=isinstance(specification, TrainSpecification) and specification.search is not None,
        tags=job_tags(resource.tags),
        kms_key_arn=group_key,
    )
    context.home.under(group_key).write_text(address, to_json(specification))
    return _remembered(context, resource, attempt, plan)


def no_training(context: JobContext, resource: Resource, attempt: str, reason: str) -> dict[str, Any]:
    """The plan of an attempt that runs no container, written into the resource.

    Raises:
        StaleAttempt: the attempt was replaced.
    """
    nothing = Plan(NOWHERE, reason, "", "", "", {}, {}, MAX_RUNTIME_S)
    return _remembered(context, resource, attempt, nothing)


def _remembered(context: JobContext, resource: Resource, attempt: str, plan: Plan) -> dict[str, Any]:
    def remember(current: Resource, mine: Attempt) -> Resource | None:
        return None if "plan" in mine.facts else with_attempt(current, mine.with_fact("plan", asdict(plan)))

    write_as(context, resource.kind, resource.id, attempt, remember)
    return asdict(plan)
