"""Recipes whose answer is the same for everybody. Source: control-plane reference, F.1, F.2 and F.4."""

from __future__ import annotations

from reco.recipes.hyperparameters import Hyperparameter
from reco.recipes.metrics import TREND
from reco.recipes.recipe import Recipe

POPULARITY_COUNT = Recipe(
    name="aws-popularity-count",
    type="USER_PERSONALIZATION",
    algorithm="aws-popularity-count",
    feature_transformation="sims",
    family="popularity",
    description="The items that most users have touched, the same for everybody; a baseline for other recipes.",
    query=(),
)

TRENDING_NOW = Recipe(
    name="aws-trending-now",
    type="POPULAR_ITEMS",
    algorithm="aws-trending-now-custom",
    feature_transformation="aws-trending-now",
    family="trending",
    description="The items whose interactions grow fastest, the same for everybody.",
    query=(),
    hyperparameters=(
        Hyperparameter(
            "trend_discovery_frequency",
            "categorical",
            "2 hours",
            "Length of the two latest intervals whose interactions are compared: the shorter, the sooner a trend is "
            "seen, and the fewer interactions tell of it.",
            choices=("30 minutes", "1 hour", "2 hours", "3 hours", "1 day"),
            place="feature",
        ),
    ),
    metrics=TREND,
    automatic_update=True,
    batch=(),
)

RECIPES = (POPULARITY_COUNT, TRENDING_NOW)
