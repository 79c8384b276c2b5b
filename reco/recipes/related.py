"""Recipes that answer for an item. Source: control-plane reference, F.1, F.2 and F.4."""

from __future__ import annotations

from reco.recipes.hyperparameters import WITHOUT_EFFECT, Hyperparameter
from reco.recipes.metrics import SEMANTIC
from reco.recipes.recipe import Recipe
from reco.recipes.shared import HISTORY_LENGTHS_ORDERED, history_lengths, percentile

_NO_VECTORS = "similarity is counted, not learned as a vector."

SIMS = Recipe(
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
        *history_lengths(0.005, 0.995),
        percentile(
            "min_item_interaction_count_percentile",
            0.01,
            "Items with fewer interactions than this percentile of all counts are left out of training.",
        ),
        percentile(
            "max_item_interaction_count_percentile",
            0.9,
            "Items with more interactions than this percentile of all counts are left out of training.",
        ),
    ),
    ordered=(
        HISTORY_LENGTHS_ORDERED,
        ("min_item_interaction_count_percentile", "max_item_interaction_count_percentile"),
    ),
    hpo=True,
)

SIMILAR_ITEMS = Recipe(
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
            f"{WITHOUT_EFFECT}: {_NO_VECTORS}",
            low=30,
            high=200,
            tunable=True,
            settable=False,
        ),
        Hyperparameter(
            "item_metadata_hidden_dim",
            "integer",
            100,
            f"{WITHOUT_EFFECT}: metadata are compared as they are, not learned as a vector.",
            low=30,
            high=200,
            tunable=True,
            settable=False,
        ),
    ),
    hpo=True,
    batch=("inference", "themes"),
)

SEMANTIC_SIMILARITY = Recipe(
    name="aws-semantic-similarity",
    type="RELATED_ITEMS",
    algorithm="aws-semantic-similarity",
    feature_transformation="aws-semantic-similarity",
    family="semantic_similarity",
    description=(
        "Items whose name and text say the same as a given item's; nobody needs to have touched either. "
        "performIncrementalUpdate is stored and shown, and does nothing more: items that come later are compared by "
        "the next solution version, whether it is true or false."
    ),
    query=("item",),
    required_datasets=("ITEMS",),
    optional_datasets=("INTERACTIONS",),
    item_fields=("itemName", "textual"),
    metrics=SEMANTIC,
    automatic_update=True,
    metadata="always",
)

RECIPES = (SIMS, SIMILAR_ITEMS, SEMANTIC_SIMILARITY)
