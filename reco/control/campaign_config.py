"""What a campaign's configuration may say, by the recipe of the version that it deploys.

It is stored and shown as it was sent; nothing is added. Source: control-plane reference, section H.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from reco.control.exploration import check_exploration
from reco.control.following import LATEST, is_latest
from reco.control.group_data import datasets_in, schema_of
from reco.control.registry import Registry
from reco.errors import InvalidInput
from reco.recipes import Recipe, recipe_by_arn
from reco.storage.resources import Resource

_log = logging.getLogger(__name__)

_INFLUENCES = {"FRESHNESS": ("ITEMS", "CREATION_TIMESTAMP"), "POPULARITY": ("INTERACTIONS", None)}
"""By influence: the dataset it needs, and the column."""


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
    _check_influence(registry, recipe, group_arn, config.get("ranking_influence", {}))


def _check_influence(registry: Registry, recipe: Recipe, group_arn: str, given: Mapping[str, float]) -> None:
    member = "campaignConfig.rankingInfluence"
    for influence, weight in given.items():
        if recipe.family != "semantic_similarity":
            raise InvalidInput(f"{member}: only aws-semantic-similarity takes it, {recipe.name} does not.")
        dataset_type, column = _INFLUENCES[influence]
        dataset = datasets_in(registry, group_arn).get(dataset_type)
        if dataset is None:
            raise InvalidInput(f"{member}: {influence} needs a dataset of type {dataset_type}; {group_arn} has none.")
        if column and column not in schema_of(registry, dataset).names:
            raise InvalidInput(f"{member}: {influence} needs a field {column}, which the schema of the Items lacks.")
        if weight > 0:
            raise InvalidInput(f"{member}: a weight of {influence} above 0 is not available in this version.")
