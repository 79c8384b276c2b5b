"""The recipe that answers with actions. Source: control-plane reference, F.1, F.2 and F.4."""

from __future__ import annotations

from reco.recipes.hyperparameters import Hyperparameter
from reco.recipes.metrics import ACTION
from reco.recipes.recipe import Recipe

NEXT_BEST_ACTION = Recipe(
    name="aws-next-best-action",
    type="PERSONALIZED_ACTIONS",
    algorithm="aws-next-best-action",
    feature_transformation="aws-next-best-action",
    family="next_best_action",
    description="Actions that a user is likely to take, each with the probability that they do.",
    query=("user",),
    required_datasets=("ACTIONS", "INTERACTIONS"),
    optional_datasets=("ACTION_INTERACTIONS", "USERS", "ITEMS"),
    hyperparameters=(
        Hyperparameter(
            "action_optimization_period",
            "integer",
            14,
            "Days within which an action must be taken to count as taken because it was shown.",
            low=7,
            high=28,
            place="feature",
        ),
    ),
    metrics=ACTION,
    scores=True,
    exploration="managed",
    automatic_update=True,
    promotions=False,
    metadata="no",
    batch=(),
)

RECIPES = (NEXT_BEST_ACTION,)
