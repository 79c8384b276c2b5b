"""Recipes that answer for a user: user-personalization and personalized ranking, their second versions, and HRNN.

Source: control-plane reference, F.1, F.2 and F.4.
"""

from __future__ import annotations

from dataclasses import replace

from reco.recipes.hyperparameters import WITHOUT_EFFECT, Hyperparameter
from reco.recipes.recipe import Family, Recipe
from reco.recipes.shared import BPTT, HISTORY_LENGTHS_ORDERED, RECENCY_MASK, hidden_dimension, history_lengths

PERSONAL: Family = "blend"
"""The family of everything that answers for a user."""

_HOW = (
    "What many signals say of an item (popularity, tastes found by factorising who touched what, what follows what, "
    "metadata) is weighed as held-out users showed best; a user's whole history, streamed events included, counts at "
    "each request."
)
_SETTINGS = (hidden_dimension(), BPTT, RECENCY_MASK, *history_lengths(0.0, 0.99))
_SETTINGS_V2 = (
    Hyperparameter(
        "apply_recency_bias",
        "boolean",
        True,
        "True lets recent interactions weigh more than old ones; false counts all of a history alike.",
        known_as="recency_mask",
    ),
)

USER_PERSONALIZATION = Recipe(
    name="aws-user-personalization",
    type="USER_PERSONALIZATION",
    algorithm="aws-user-personalization",
    feature_transformation="aws-user-personalization",
    family=PERSONAL,
    description=f"Items that a user is likely to want next. {_HOW}",
    query=("user",),
    optional_datasets=("ITEMS", "USERS"),
    hyperparameters=_SETTINGS,
    ordered=(HISTORY_LENGTHS_ORDERED,),
    scores=True,
    context=True,
    exploration="configurable",
    automatic_update=True,
    objective=True,
    update_mode=True,
    hpo=True,
)

USER_PERSONALIZATION_V2 = replace(
    USER_PERSONALIZATION,
    name="aws-user-personalization-v2",
    algorithm="aws-user-personalization-v2",
    feature_transformation="aws-user-personalization-v2",
    hyperparameters=_SETTINGS_V2,
    ordered=(),
    exploration="managed",
    metadata="always",
    objective=False,
    events_config=True,
    update_mode=False,
    hpo=False,
)

PERSONALIZED_RANKING = replace(
    USER_PERSONALIZATION,
    name="aws-personalized-ranking",
    type="PERSONALIZED_RANKING",
    algorithm="aws-personalized-ranking",
    feature_transformation="JSON-percentile-filtering",
    description=f"Puts a given list of items in the order in which a user is likely to want them. {_HOW}",
    query=("user", "items"),
    exploration="no",
    automatic_update=False,
    promotions=False,
    update_mode=False,
)

PERSONALIZED_RANKING_V2 = replace(
    PERSONALIZED_RANKING,
    name="aws-personalized-ranking-v2",
    algorithm="aws-personalized-ranking-v2",
    feature_transformation="aws-personalized-ranking-v2",
    hyperparameters=_SETTINGS_V2,
    ordered=(),
    metadata="always",
    objective=False,
    events_config=True,
    hpo=False,
)

HRNN = replace(
    USER_PERSONALIZATION,
    name="aws-hrnn",
    algorithm="aws-hrnn",
    feature_transformation="JSON-percentile-filtering",
    description=f"Items that a user is likely to want next, from interactions alone; a name kept for old code. {_HOW}",
    optional_datasets=(),
    hyperparameters=(hidden_dimension(43), *_SETTINGS[1:]),
    context=False,
    exploration="no",
    automatic_update=False,
    objective=False,
    update_mode=False,
)

HRNN_METADATA = replace(
    HRNN,
    name="aws-hrnn-metadata",
    algorithm="aws-hrnn-metadata",
    feature_transformation="featurize_metadata",
    description=f"Items that a user is likely to want next, with metadata; a name kept for old code. {_HOW}",
    optional_datasets=("ITEMS", "USERS"),
    context=True,
)

_EVERY_NEW_ITEM = "an item counts by its metadata while it has few interactions, whenever it came"
HRNN_COLDSTART = replace(
    HRNN_METADATA,
    name="aws-hrnn-coldstart",
    algorithm="aws-hrnn-coldstart",
    feature_transformation="featurize_coldstart",
    description=f"Items that a user is likely to want next, new ones among them; a name kept for old code. {_HOW}",
    hyperparameters=(
        *_SETTINGS,
        Hyperparameter(
            "cold_start_max_interactions",
            "integer",
            15,
            f"{WITHOUT_EFFECT}: {_EVERY_NEW_ITEM}.",
            low=1,
            high=2**31 - 1,
            place="feature",
        ),
        Hyperparameter(
            "cold_start_max_duration",
            "continuous",
            5.0,
            f"{WITHOUT_EFFECT}: {_EVERY_NEW_ITEM}.",
            low=1e-9,
            high=36_525.0,
            place="feature",
        ),
        Hyperparameter(
            "cold_start_relative_from",
            "categorical",
            "latestItem",
            f"{WITHOUT_EFFECT}: {_EVERY_NEW_ITEM}.",
            choices=("currentTime", "latestItem"),
            place="feature",
        ),
    ),
    exploration="managed",
    update_mode=True,
)

RECIPES = (
    USER_PERSONALIZATION,
    USER_PERSONALIZATION_V2,
    PERSONALIZED_RANKING,
    PERSONALIZED_RANKING_V2,
    HRNN,
    HRNN_METADATA,
    HRNN_COLDSTART,
)
