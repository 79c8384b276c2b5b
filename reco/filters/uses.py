"""Whether a filter may be used with a recipe: it filters what the recipe answers with, and what it looks at is there
when the recipe answers. Source: runtime reference, section C2.
"""

from __future__ import annotations

from collections.abc import Mapping

from reco.errors import InvalidInput
from reco.filters.checks import CheckedFilter
from reco.filters.tree import Source, Target
from reco.recipes import Recipe

_ANSWERS: Mapping[str, Target] = {"USER_SEGMENTATION": Target.USER, "PERSONALIZED_ACTIONS": Target.ACTION}
"""What a recipe answers with, by its type; all others answer with items."""


def check_use(checked: CheckedFilter, recipe: Recipe) -> None:
    """
    Raises:
        InvalidInput: says what the recipe's filters may be.
    """
    tree, wanted = checked.tree, _ANSWERS.get(recipe.type, Target.ITEM)
    if tree.target is not wanted:
        raise InvalidInput(
            f"filterArn: versions of {recipe.name} take filters of {wanted}, and this is one of {tree.target}."
        )
    if Source.CURRENT_ITEM in tree.sources and recipe.type != "RELATED_ITEMS":
        raise InvalidInput(
            f"filterArn: this filter compares with CurrentItem, which only recipes of similar items know; "
            f"{recipe.name} is none."
        )
    if Source.INTERACTIONS in tree.sources and recipe.family == "item_attribute_affinity":
        raise InvalidInput(f"filterArn: {recipe.name} takes no filter on Interactions; filter on Users.")
