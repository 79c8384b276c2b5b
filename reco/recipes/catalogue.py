"""Every recipe, by name and by ARN. Source: control-plane reference, F.1 and F.3."""

from __future__ import annotations

from reco.arns import in_partition
from reco.errors import ResourceNotFound
from reco.recipes import actions, personalisation, popular, related, segments, use_cases
from reco.recipes.recipe import Recipe

RECIPES_SINCE = 1560124800.0
"""creationDateTime of every recipe, 2019-06-10, as the service reports it."""
RECIPES_UPDATED = 1560124800.0

RECIPES: tuple[Recipe, ...] = tuple(
    sorted(
        (
            *personalisation.RECIPES,
            *related.RECIPES,
            *popular.RECIPES,
            *segments.RECIPES,
            *actions.RECIPES,
            *use_cases.RECIPES,
        ),
        key=lambda recipe: recipe.name,
    )
)
"""By name, as ListRecipes shows them."""

_BY_ARN = {recipe.arn: recipe for recipe in RECIPES}


def recipe_by_arn(arn: str) -> Recipe:
    """The recipe of this ARN, of whichever partition.

    Raises:
        ResourceNotFound: Personalize has no such recipe.
    """
    recipe = _BY_ARN.get(in_partition(arn, "aws"))
    if recipe is None:
        raise ResourceNotFound(arn)
    return recipe
