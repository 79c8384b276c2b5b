"""The use cases of the two domains, which recommenders serve. Source: control-plane reference, F.3.

Their algorithms and feature transformations are not documented: both bear the recipe's name here.
"""

from __future__ import annotations

from typing import Any

from reco.domains import Domain
from reco.recipes.metrics import TREND
from reco.recipes.personalisation import PERSONAL
from reco.recipes.recipe import Asked, Family, Recipe

_NOT_LEFT_OUT_YET = (
    "Amazon Personalize leaves out those with which the user has a {} event; in this version they are not left out."
)
"""What a caller must know as long as answers do not look at `leaves_out`."""


def _use_case(
    name: str,
    domain: Domain,
    recipe_type: str,
    family: Family,
    query: tuple[Asked, ...],
    description: str,
    *,
    leaves_out: str | None = None,
    **more: Any,
) -> Recipe:
    if leaves_out:
        description += f" {_NOT_LEFT_OUT_YET.format(leaves_out)}"
    return Recipe(
        name=name,
        type=recipe_type,
        algorithm=name,
        feature_transformation=name,
        family=family,
        description=description,
        query=query,
        domain=domain,
        leaves_out=leaves_out,
        batch=(),
        **more,
    )


MOST_VIEWED = _use_case(
    "aws-ecomm-popular-items-by-views",
    "ECOMMERCE",
    "POPULAR_ITEMS",
    "popularity",
    ("user",),
    "The items viewed most often.",
    fixed={"counted": "events"},
    event_type="View",
)
BEST_SELLERS = _use_case(
    "aws-ecomm-popular-items-by-purchases",
    "ECOMMERCE",
    "POPULAR_ITEMS",
    "popularity",
    ("user",),
    "The items purchased most often.",
    fixed={"counted": "events"},
    event_type="Purchase",
)
BOUGHT_TOGETHER = _use_case(
    "aws-ecomm-frequently-bought-together",
    "ECOMMERCE",
    "RELATED_ITEMS",
    "item_similarity",
    ("item",),
    "Items that are purchased with a given item, oftener than chance would have it; in one basket where times show it.",
    fixed={"measure": "log_likelihood", "min_cointeraction_count": 2},
    event_type="Purchase",
)
ALSO_VIEWED = _use_case(
    "aws-ecomm-customers-who-viewed-x-also-viewed",
    "ECOMMERCE",
    "RELATED_ITEMS",
    "item_similarity",
    ("user", "item"),
    "Items that the same users view as a given item.",
    fixed={"popularity_discount_factor": 0.0, "direction": "mixed"},
    event_type="View",
    leaves_out="Purchase",
)
RECOMMENDED_FOR_YOU = _use_case(
    "aws-ecomm-recommended-for-you",
    "ECOMMERCE",
    "USER_PERSONALIZATION",
    PERSONAL,
    ("user",),
    "Items that a user is likely to want next.",
    optional_datasets=("ITEMS", "USERS"),
    leaves_out="Purchase",
    context=True,
    exploration="configurable",
    automatic_update=True,
)
BECAUSE_YOU_WATCHED = _use_case(
    "aws-vod-because-you-watched-x",
    "VIDEO_ON_DEMAND",
    "RELATED_ITEMS",
    "item_similarity",
    ("user", "item"),
    "Videos that the same users watch as a given one.",
    fixed={"popularity_discount_factor": 0.0, "direction": "mixed"},
    event_type="Watch",
    leaves_out="Watch",
)
MORE_LIKE = _use_case(
    "aws-vod-more-like-x",
    "VIDEO_ON_DEMAND",
    "RELATED_ITEMS",
    "item_similarity",
    ("user", "item"),
    "Videos similar to a given one, by who touches both and by their metadata.",
    fixed={"popularity_discount_factor": 0.0},
    required_datasets=("INTERACTIONS", "ITEMS"),
    leaves_out="Watch",
)
MOST_POPULAR = _use_case(
    "aws-vod-most-popular",
    "VIDEO_ON_DEMAND",
    "POPULAR_ITEMS",
    "popularity",
    ("user",),
    "The videos watched by most users.",
    event_type="Watch",
)
TRENDING_VIDEOS = _use_case(
    "aws-vod-trending-now",
    "VIDEO_ON_DEMAND",
    "POPULAR_ITEMS",
    "trending",
    (),
    "The videos whose interactions grow fastest.",
    fixed={"trend_discovery_frequency": "2 hours"},
    metrics=TREND,
    automatic_update=True,
    promotions=False,
)
TOP_PICKS = _use_case(
    "aws-vod-top-picks",
    "VIDEO_ON_DEMAND",
    "USER_PERSONALIZATION",
    PERSONAL,
    ("user",),
    "Videos that a user is likely to want next.",
    optional_datasets=("ITEMS", "USERS"),
    leaves_out="Watch",
    context=True,
    exploration="configurable",
    automatic_update=True,
)

RECIPES = (
    MOST_VIEWED,
    BEST_SELLERS,
    BOUGHT_TOGETHER,
    ALSO_VIEWED,
    RECOMMENDED_FOR_YOU,
    BECAUSE_YOU_WATCHED,
    MORE_LIKE,
    MOST_POPULAR,
    TRENDING_VIDEOS,
    TOP_PICKS,
)
