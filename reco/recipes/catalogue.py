"""The recipes that train in this version, one declaration each.

Source: control-plane reference, F.1, F.2 and F.4. A recipe that Personalize knows and this table lacks is answered
as if it did not exist: nothing is listed that does not train.
"""

from __future__ import annotations

from dataclasses import replace

from reco.errors import ResourceNotFound
from reco.recipes.hyperparameters import Hyperparameter
from reco.recipes.recipe import Recipe

RECIPES_SINCE = 1560124800.0
"""creationDateTime of every recipe, 2019-06-10, as the service reports it."""
RECIPES_UPDATED = 1560124800.0


def _percentile(name: str, default: float, sentence: str) -> Hyperparameter:
    return Hyperparameter(name, "continuous", default, sentence, low=0.0, high=1.0, place="feature")


_FACTORISATION = (
    Hyperparameter(
        "hidden_dimension",
        "integer",
        149,
        "Length of the vector that stands for a user or an item: longer tells finer tastes apart, and costs more.",
        low=32,
        high=256,
        tunable=True,
    ),
    Hyperparameter(
        "bptt",
        "integer",
        32,
        "Accepted without effect: this model has no recurrent network to unroll through time.",
        low=2,
        high=32,
        tunable=True,
    ),
    Hyperparameter(
        "recency_mask",
        "boolean",
        True,
        "True lets a user's recent interactions weigh more than old ones; false counts all of a history alike.",
        tunable=True,
    ),
    _percentile(
        "min_user_history_length_percentile",
        0.0,
        "Users whose history is shorter than this percentile of all lengths are left out of training.",
    ),
    _percentile(
        "max_user_history_length_percentile",
        0.99,
        "Users whose history is longer than this percentile of all lengths are left out of training: often robots.",
    ),
)
_HISTORY_LENGTHS = (("min_user_history_length_percentile", "max_user_history_length_percentile"),)

_USER_PERSONALIZATION = Recipe(
    name="aws-user-personalization",
    type="USER_PERSONALIZATION",
    algorithm="aws-user-personalization",
    feature_transformation="aws-user-personalization",
    family="als",
    description=(
        "Items that a user is likely to want next. Users and items become vectors (matrix factorisation of implicit "
        "feedback); a user's whole history, streamed events included, is folded in at each request."
    ),
    query=("user",),
    optional_datasets=("ITEMS", "USERS"),
    hyperparameters=_FACTORISATION,
    ordered=_HISTORY_LENGTHS,
    scores=True,
    context=True,
    exploration=True,
)

_PERSONALIZED_RANKING = replace(
    _USER_PERSONALIZATION,
    name="aws-personalized-ranking",
    type="PERSONALIZED_RANKING",
    algorithm="aws-personalized-ranking",
    feature_transformation="JSON-percentile-filtering",
    description="Puts a given list of items in the order in which a user is likely to want them.",
    query=("user", "items"),
    exploration=False,
)

_POPULARITY_COUNT = Recipe(
    name="aws-popularity-count",
    type="USER_PERSONALIZATION",
    algorithm="aws-popularity-count",
    feature_transformation="sims",
    family="popularity",
    description="The items that most users have touched, the same for everybody; a baseline for other recipes.",
    query=(),
)

_SIMS = Recipe(
    name="aws-sims",
    type="RELATED_ITEMS",
    algorithm="aws-sims",
    feature_transformation="sims",
    family="item_similarity",
    description="Items that the same users touch as a given item, by counting how often two items meet in a history.",
    query=("item",),
    hyperparameters=(
        Hyperparameter(
            "popularity_discount_factor",
            "continuous",
            0.5,
            "How far popular items are held back: at 0 popularity dominates, at 1 only the meeting counts.",
            low=0.0,
            high=1.0,
            tunable=True,
        ),
        Hyperparameter(
            "min_cointeraction_count",
            "integer",
            3,
            "Pairs of items that fewer users share are not called similar.",
            low=0,
            high=10,
            tunable=True,
        ),
        _percentile(
            "min_user_history_length_percentile",
            0.005,
            "Users whose history is shorter than this percentile of all lengths are left out of training.",
        ),
        _percentile(
            "max_user_history_length_percentile",
            0.995,
            "Users whose history is longer than this percentile of all lengths are left out of training: often robots.",
        ),
        _percentile(
            "min_item_interaction_count_percentile",
            0.01,
            "Items with fewer interactions than this percentile of all counts are left out of training.",
        ),
        _percentile(
            "max_item_interaction_count_percentile",
            0.9,
            "Items with more interactions than this percentile of all counts are left out of training.",
        ),
    ),
    ordered=(
        *_HISTORY_LENGTHS,
        ("min_item_interaction_count_percentile", "max_item_interaction_count_percentile"),
    ),
)

_SIMILAR_ITEMS = Recipe(
    name="aws-similar-items",
    type="RELATED_ITEMS",
    algorithm="aws-similar-items",
    feature_transformation="aws-similar-items",
    family="item_similarity",
    description="Items similar to a given one, by how often the same users touch both.",
    query=("item",),
    optional_datasets=("ITEMS",),
    hyperparameters=(
        Hyperparameter(
            "popularity_discount_factor",
            "continuous",
            0.0,
            "How far popular items are held back: at 0 more popular items are shown.",
            low=0.0,
            high=1.0,
        ),
        Hyperparameter(
            "item_id_hidden_dim",
            "integer",
            100,
            "Accepted without effect: similarity is counted, not learned as a vector.",
            low=30,
            high=200,
            tunable=True,
            settable=False,
        ),
        Hyperparameter(
            "item_metadata_hidden_dim",
            "integer",
            100,
            "Accepted without effect: item metadata is not used in this version.",
            low=30,
            high=200,
            tunable=True,
            settable=False,
        ),
    ),
)

RECIPES: tuple[Recipe, ...] = tuple(
    sorted(
        (_USER_PERSONALIZATION, _PERSONALIZED_RANKING, _POPULARITY_COUNT, _SIMS, _SIMILAR_ITEMS),
        key=lambda recipe: recipe.name,
    )
)
"""By name, as ListRecipes shows them."""

_BY_ARN = {recipe.arn: recipe for recipe in RECIPES}


def recipe_by_arn(arn: str) -> Recipe:
    """The recipe of this ARN.

    Raises:
        ResourceNotFound: it does not train here, whether or not Personalize has it.
    """
    if arn not in _BY_ARN:
        raise ResourceNotFound(arn)
    return _BY_ARN[arn]
