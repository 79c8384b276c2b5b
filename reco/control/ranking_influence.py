"""rankingInfluence of campaigns and batch jobs: how far popularity and freshness move items up. Source: control-plane
reference, section H.

Answers do not follow it yet, so a weight above 0 is refused rather than stored; a weight of 0, the default, asks for
nothing and is taken by every recipe.
"""

from __future__ import annotations

from collections.abc import Mapping

from reco.control.group_data import datasets_in, schema_of
from reco.control.registry import Registry
from reco.errors import InvalidInput
from reco.recipes import Recipe

_NEEDS = {"FRESHNESS": ("ITEMS", "CREATION_TIMESTAMP"), "POPULARITY": ("INTERACTIONS", None)}
"""By influence: the dataset it needs, and the column."""


def check_influence(
    registry: Registry, recipe: Recipe, group_arn: str, given: Mapping[str, float], member: str
) -> None:
    """
    Args:
        given: the weights by influence, from 0 to 1.
        member: as the caller writes it, such as `campaignConfig.rankingInfluence`.

    Raises:
        InvalidInput: a weight above 0 for a recipe that takes none, without the data it needs, or at all for now.
    """
    for influence, weight in given.items():
        if weight == 0:
            continue
        if recipe.family != "semantic_similarity":
            raise InvalidInput(f"{member}: only aws-semantic-similarity takes it, {recipe.name} does not.")
        dataset_type, column = _NEEDS[influence]
        dataset = datasets_in(registry, group_arn).get(dataset_type)
        if dataset is None:
            raise InvalidInput(f"{member}: {influence} needs a dataset of type {dataset_type}; {group_arn} has none.")
        if column and column not in schema_of(registry, dataset).names:
            raise InvalidInput(f"{member}: {influence} needs a field {column}, which the schema of the Items lacks.")
        raise InvalidInput(
            f"{member}: a weight of {influence} above 0 is not available in this version; leave it out, or give 0."
        )
