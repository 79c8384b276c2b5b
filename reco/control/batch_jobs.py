"""What batch inference and batch segment jobs have in common: a trained version, a filter, and two places in S3.

Source: control-plane reference, section I and B.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reco.arns import Kind
from reco.control.claims import Claim, claim_on
from reco.control.filters import checked_in
from reco.control.job_records import create_job
from reco.control.locations import check_input_and_output
from reco.control.registry import Registry
from reco.errors import InvalidInput
from reco.filters.uses import check_use
from reco.recipes import Recipe, recipe_by_arn
from reco.storage.resources import Resource
from reco.wire.call import Call

DEFAULT_RESULTS = 25
BY_VERSION = (Kind.SOLUTION_VERSION, "solution_version_arn", "solutionVersionArn")
"""What both lists may be held to."""


@dataclass(frozen=True)
class Trained:
    """The version that answers a batch job, and what it was trained with."""

    version: Resource
    solution: Resource
    recipe: Recipe

    @property
    def group(self) -> str:
        """ARN of the dataset group."""
        return str(self.solution.body["dataset_group_arn"])


def trained_version(registry: Registry, call: Call) -> Trained:
    """The version that the request names.

    Raises:
        InvalidInput: another kind's ARN, or it failed.
        ResourceNotFound: no such version.
        ResourceInUse: it is still being trained, or its solution is being deleted.
    """
    version = registry.find(Kind.SOLUTION_VERSION, call.parameters["solution_version_arn"], "solutionVersionArn")
    registry.require_active(version)
    solution = registry.find(Kind.SOLUTION, version.body["solution_arn"], "solutionVersionArn")
    registry.require_active(solution)
    return Trained(version, solution, recipe_by_arn(version.body["recipe_arn"]))


def create_batch_job(
    registry: Registry, call: Call, kind: Kind, trained: Trained, more: Mapping[str, Any]
) -> dict[str, Any]:
    """Checks what both kinds have in common, and stores the job.

    Args:
        more: further members of the job as they are shown.

    Raises:
        InvalidInput: a place in S3 or its key, or a filter that failed, belongs to another group or is not for such a
            recipe.
        ResourceNotFound: no such filter.
        ResourceInUse: the filter is not ACTIVE yet, or is being deleted.
    """
    asked = call.parameters
    check_input_and_output(asked, registry.owner.region)
    claims = [claim_on(trained.solution), claim_on(trained.version)]
    if "filter_arn" in asked:
        claims.append(_filter(registry, asked["filter_arn"], trained))
    body = {
        "solution_version_arn": asked["solution_version_arn"],
        "filter_arn": asked.get("filter_arn"),
        "num_results": asked.get("num_results", DEFAULT_RESULTS),
        "job_input": asked["job_input"],
        "job_output": asked["job_output"],
        "role_arn": asked["role_arn"],
        **more,
    }
    # Under the filter too, whose delete is refused while a job is at work with it.
    under = [asked["filter_arn"]] if "filter_arn" in asked else []
    return create_job(registry, call, kind, body, claims, parent=asked["solution_version_arn"], also_under=under)


def _filter(registry: Registry, arn: str, trained: Trained) -> Claim:
    found = registry.find(Kind.FILTER, arn, "filterArn")
    if found.parent != trained.group:
        raise InvalidInput(
            f"filterArn must be a filter of {trained.group}, the group of the solution version; {arn} is not."
        )
    registry.require_active(found)
    check_use(checked_in(found), trained.recipe)
    return claim_on(found)
