"""What a campaign's configuration may say, by the recipe of the version that it deploys.

It is stored and shown as it was sent; nothing is added. Source: control-plane reference, section H.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from reco.control.exploration import check_exploration
from reco.control.following import LATEST, is_latest
from reco.control.group_data import datasets_in
from reco.control.ranking_influence import check_influence
from reco.control.registry import Registry
from reco.errors import InvalidInput
from reco.recipes import recipe_by_arn
from reco.storage.resources import Resource

_log = logging.getLogger(__name__)


def require_latest(config: Mapping[str, Any], version_arn: str) -> None:
    """
    Raises:
        InvalidInput: the campaign is to follow its solution, and `version_arn` names one version.
    """
    if config.get("sync_with_latest_solution_version") and not is_latest(version_arn):
        raise InvalidInput(
            f"solutionVersionArn must be the solution's ARN and {LATEST} where "
            f"campaignConfig.syncWithLatestSolutionVersion is true; it is {version_arn}."
        )


def check_campaign_config(registry: Registry, version: Resource, config: Mapping[str, Any]) -> None:
    """
    Raises:
        InvalidInput: names the member, and what it may be.
    """
    recipe = recipe_by_arn(version.body["recipe_arn"])
    exploration = config.get("item_exploration_config", {})
    check_exploration(exploration, "campaignConfig.itemExplorationConfig")
    if exploration and recipe.exploration != "configurable":
        _log.warning("itemExplorationConfig has no effect on a campaign of %s", recipe.name)
    group_arn = version.body["dataset_group_arn"]
    if config.get("enable_metadata_with_recommendations"):
        member = "campaignConfig.enableMetadataWithRecommendations"
        if recipe.metadata == "no":
            raise InvalidInput(f"{member}: {recipe.name} answers without metadata of items; leave it out or false.")
        if "ITEMS" not in datasets_in(registry, group_arn):
            raise InvalidInput(f"{member} needs a dataset of type ITEMS, and {group_arn} has none.")
    influence = config.get("ranking_influence", {})
    check_influence(registry, recipe, group_arn, influence, "campaignConfig.rankingInfluence")
