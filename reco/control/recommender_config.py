"""What a recommender's configuration may say, by its use case and by the group's datasets.

It is stored and shown as it was sent; nothing is added. Source: control-plane reference, F.5 and H.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from reco.control.exploration import check_exploration
from reco.control.training_data import check_training_columns, check_training_data
from reco.datasets.schemas import RULES, Schema
from reco.errors import InvalidInput
from reco.recipes import Recipe

_log = logging.getLogger(__name__)

_HOLDER = "recommenderConfig"


def check_recommender_config(recipe: Recipe, config: Mapping[str, Any]) -> None:
    """What can be said without looking at any dataset.

    Raises:
        InvalidInput: names the member, and what it may be.
    """
    exploration = config.get("item_exploration_config", {})
    check_exploration(exploration, f"{_HOLDER}.itemExplorationConfig")
    if exploration and recipe.exploration != "configurable":
        _log.warning("itemExplorationConfig has no effect on a recommender of %s", recipe.name)
    check_training_data(recipe, config.get("training_data_config"), _HOLDER)


def check_recommender_columns(config: Mapping[str, Any], schemas: Mapping[str, Schema]) -> None:
    """Settings that need columns, against the schemas of the group's datasets, by type.

    Raises:
        InvalidInput: names the member and the column.
    """
    check_training_columns(config.get("training_data_config"), schemas, _HOLDER)
    items = schemas.get("ITEMS")
    described = items is not None and set(items.names) - set(RULES["ITEMS"].required)
    if config.get("enable_metadata_with_recommendations") and not described:
        raise InvalidInput(
            f"{_HOLDER}.enableMetadataWithRecommendations needs a dataset of type ITEMS with a column of metadata, and "
            "the group has none."
        )
