"""Campaigns: a solution version that answers. Stored here, deployed by the deploy state machine."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reco.arns import Kind, parse_arn
from reco.control.claims import claim_on
from reco.control.exploration import check_exploration
from reco.control.lifecycle import FINAL, IN_PROGRESS
from reco.control.listing import list_resources
from reco.control.registry import Registry, fresh
from reco.control.tags import tags_of
from reco.errors import InvalidInput, ResourceInUse, ResourceNotFound
from reco.jobs.status import ACTIVE, CREATE_PENDING
from reco.recipes import recipe_by_arn
from reco.storage.resources import Resource
from reco.wire.call import Call

_LATEST = "$LATEST"
_SETTINGS = ("solution_version_arn", "min_provisioned_tps", "campaign_config")


def create_campaign(registry: Registry, call: Call) -> dict[str, Any]:
    asked = call.parameters
    tags = tags_of(asked.get("tags"))
    _check_config(asked.get("campaign_config", {}))
    version = _deployable_version(registry, asked["solution_version_arn"])
    solution = registry.find(Kind.SOLUTION, version.body["solution_arn"], "solutionArn")
    registry.require_active(solution)
    _require_deployable(solution)
    body = {
        "name": asked["name"],
        "solution_version_arn": registry.arn(version),
        "min_provisioned_tps": asked.get("min_provisioned_tps", 1),
        "campaign_config": asked.get("campaign_config"),
    }
    campaign = fresh(
        Kind.CAMPAIGN,
        asked["name"],
        body,
        call.now,
        tags=tags,
        parent=version.body["solution_arn"],
        status=CREATE_PENDING,
    )
    return {"campaign_arn": registry.arn(registry.create(campaign, [claim_on(solution)]))}


def update_campaign(registry: Registry, call: Call) -> dict[str, Any]:
    """Notes the update beside the campaign, whose old version serves until the machine has switched.

    `inner["sequence"]` counts the updates: it names the execution.
    """
    asked = call.parameters
    given = {member: asked[member] for member in _SETTINGS if member in asked}
    if not given:
        raise InvalidInput("Give at least one of solutionVersionArn, minProvisionedTPS and campaignConfig.")
    _check_config(asked.get("campaign_config", {}))
    campaign = registry.find(Kind.CAMPAIGN, asked["campaign_arn"], "campaignArn")
    version = _deployable_version(registry, asked.get("solution_version_arn", campaign.body["solution_version_arn"]))
    if version.body["solution_arn"] != campaign.parent:
        raise InvalidInput(
            f"solutionVersionArn must be a version of {campaign.parent}, the solution of this campaign; "
            f"{registry.arn(version)} is not."
        )
    given["solution_version_arn"] = registry.arn(version)

    def updated(current: Resource) -> Resource:
        _refuse_busy(registry, current)
        settings = {**{member: current.body[member] for member in _SETTINGS if member in current.body}, **given}
        update = {
            **settings,
            "status": CREATE_PENDING,
            "failure_reason": None,
            "created_at": call.now,
            "updated_at": call.now,
            "id": secrets.token_hex(8),
        }
        sequence = current.inner.get("sequence", 0) + 1
        return replace(current, inner={**current.inner, "update": update, "sequence": sequence})

    registry.start_machine(registry.change(campaign, updated))
    return {"campaign_arn": asked["campaign_arn"]}


def describe_campaign(registry: Registry, call: Call) -> dict[str, Any]:
    campaign = registry.find(Kind.CAMPAIGN, call.parameters["campaign_arn"], "campaignArn")
    update = campaign.inner.get("update")
    latest = update and {
        **update,
        "creation_date_time": update["created_at"],
        "last_updated_date_time": update["updated_at"],
    }
    return {"campaign": {**registry.view(campaign), "latest_campaign_update": latest}}


def list_campaigns(registry: Registry, call: Call) -> dict[str, Any]:
    parent = (Kind.SOLUTION, "solution_arn", "solutionArn")
    return list_resources(registry, call, Kind.CAMPAIGN, "campaigns", parent)


def delete_campaign(registry: Registry, call: Call) -> None:
    campaign = registry.find(Kind.CAMPAIGN, call.parameters["campaign_arn"], "campaignArn")

    def refuse(current: Resource) -> None:
        if _updating(current):
            raise ResourceInUse(f"{registry.arn(current)} is being updated; wait until latestCampaignUpdate has ended.")

    registry.delete(campaign, refuse)


def _deployable_version(registry: Registry, arn: str) -> Resource:
    """The version to deploy; `SOLUTION/$LATEST` is the newest that is ACTIVE.

    Raises:
        ResourceNotFound: no such version, or the ARN is the solution's own.
        ResourceInUse: it is still being trained.
        InvalidInput: it failed.
    """
    name = parse_arn(arn)
    if name and name.kind is Kind.SOLUTION:
        raise ResourceNotFound(arn)
    if name and name.kind is Kind.SOLUTION_VERSION and name.resource_id.endswith(f"/{_LATEST}"):
        solution = registry.find(Kind.SOLUTION, arn.removesuffix(f"/{_LATEST}"), "solutionVersionArn")
        for version in registry.newest_first(Kind.SOLUTION_VERSION, registry.arn(solution)):
            if version.status == ACTIVE:
                return version
        raise ResourceNotFound(arn)
    version = registry.find(Kind.SOLUTION_VERSION, arn, "solutionVersionArn")
    registry.require_active(version)
    return version


def _require_deployable(solution: Resource) -> None:
    arn = solution.body.get("recipe_arn")
    recipe = recipe_by_arn(arn) if arn else None
    if recipe and not recipe.deployable:
        raise InvalidInput(
            f"solutionVersionArn: the recipe {recipe.name} makes segments of users, in batch segment jobs; it cannot "
            "be deployed in a campaign."
        )


def _check_config(config: Mapping[str, Any]) -> None:
    check_exploration(config.get("item_exploration_config", {}), "campaignConfig.itemExplorationConfig")


def _updating(campaign: Resource) -> bool:
    return campaign.inner.get("update", {}).get("status") in IN_PROGRESS


def _refuse_busy(registry: Registry, campaign: Resource) -> None:
    status = registry.status(campaign)
    if status not in FINAL:
        raise ResourceInUse(f"{registry.arn(campaign)} cannot be updated while its status is {status}.")
    if _updating(campaign):
        raise ResourceInUse(f"{registry.arn(campaign)} is being updated already; wait until that has ended.")
