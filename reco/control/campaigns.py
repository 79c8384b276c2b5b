"""Campaigns: a solution version that answers. Stored here, deployed by the deploy state machine."""

from __future__ import annotations

from typing import Any

from reco.arns import Kind, parse_arn
from reco.control.campaign_config import check_campaign_config, require_latest
from reco.control.campaign_updates import with_update
from reco.control.claims import claim_on
from reco.control.following import LATEST, caught_up, follows, is_latest, newest_active
from reco.control.lifecycle import FINAL
from reco.control.listing import list_resources
from reco.control.registry import Registry, fresh
from reco.control.tags import tags_of
from reco.control.update_records import shown_update, updating
from reco.errors import InvalidInput, ResourceInUse, ResourceNotFound
from reco.jobs.deploy_job import UPDATED_MEMBERS
from reco.jobs.status import CREATE_PENDING
from reco.recipes import recipe_by_arn
from reco.storage.resources import Resource
from reco.wire.call import Call


def create_campaign(registry: Registry, call: Call) -> dict[str, Any]:
    asked = call.parameters
    tags = tags_of(asked.get("tags"))
    config = asked.get("campaign_config", {})
    require_latest(config, asked["solution_version_arn"])
    version = _deployable_version(registry, asked["solution_version_arn"])
    solution = registry.find(Kind.SOLUTION, version.body["solution_arn"], "solutionArn")
    registry.require_active(solution)
    _require_deployable(solution)
    check_campaign_config(registry, version, config)
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
        # Under its group too, where its quota counts.
        also_under=(solution.body["dataset_group_arn"],),
        status=CREATE_PENDING,
    )
    return {"campaign_arn": registry.arn(registry.create(campaign, [claim_on(solution)]))}


def update_campaign(registry: Registry, call: Call) -> dict[str, Any]:
    """Notes the update beside the campaign, whose old version serves until the machine has switched."""
    asked = call.parameters
    given = {member: asked[member] for member in UPDATED_MEMBERS if member in asked}
    if not given:
        raise InvalidInput("Give at least one of solutionVersionArn, minProvisionedTPS and campaignConfig.")
    campaign = registry.find(Kind.CAMPAIGN, asked["campaign_arn"], "campaignArn")
    version = _deployable_version(registry, asked.get("solution_version_arn", campaign.body["solution_version_arn"]))
    if version.body["solution_arn"] != campaign.parent:
        raise InvalidInput(
            f"solutionVersionArn must be a version of {campaign.parent}, the solution of this campaign; "
            f"{registry.arn(version)} is not."
        )
    check_campaign_config(registry, version, asked.get("campaign_config", {}))
    given["solution_version_arn"] = registry.arn(version)

    def updated(current: Resource) -> Resource:
        _refuse_busy(registry, current)
        if follows(current) and "solution_version_arn" not in asked:
            # It has the latest version, or will have it when the next one is ACTIVE.
            given["solution_version_arn"] = current.body["solution_version_arn"]
        else:
            config = asked.get("campaign_config", current.body.get("campaign_config", {}))
            require_latest(config, asked.get("solution_version_arn", current.body["solution_version_arn"]))
        return with_update(current, given, call.now)

    registry.start_machine(registry.change(campaign, updated))
    return {"campaign_arn": asked["campaign_arn"]}


def describe_campaign(registry: Registry, call: Call) -> dict[str, Any]:
    found = registry.find(Kind.CAMPAIGN, call.parameters["campaign_arn"], "campaignArn")
    campaign = caught_up(registry, found)
    return {"campaign": {**registry.view(campaign), "latest_campaign_update": shown_update(campaign)}}


def list_campaigns(registry: Registry, call: Call) -> dict[str, Any]:
    parent = (Kind.SOLUTION, "solution_arn", "solutionArn")
    return list_resources(registry, call, Kind.CAMPAIGN, "campaigns", parent)


def delete_campaign(registry: Registry, call: Call) -> None:
    campaign = registry.find(Kind.CAMPAIGN, call.parameters["campaign_arn"], "campaignArn")

    def refuse(current: Resource) -> None:
        if updating(current):
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
    if name and name.kind is Kind.SOLUTION_VERSION and is_latest(arn):
        solution = registry.find(Kind.SOLUTION, arn.removesuffix(LATEST), "solutionVersionArn")
        version = newest_active(registry, registry.arn(solution))
        if version is None:
            raise ResourceNotFound(arn)
        return version
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


def _refuse_busy(registry: Registry, campaign: Resource) -> None:
    status = registry.status(campaign)
    if status not in FINAL:
        raise ResourceInUse(f"{registry.arn(campaign)} cannot be updated while its status is {status}.")
    if updating(campaign):
        raise ResourceInUse(f"{registry.arn(campaign)} is being updated already; wait until that has ended.")
