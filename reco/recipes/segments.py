"""Recipes that answer with users: segments, from batch jobs only. Source: control-plane reference, F.1, F.2 and F.4."""

from __future__ import annotations

from dataclasses import replace

from reco.recipes.metrics import SEGMENT
from reco.recipes.recipe import Recipe
from reco.recipes.shared import hidden_dimension

ITEM_AFFINITY = Recipe(
    name="aws-item-affinity",
    type="USER_SEGMENTATION",
    algorithm="aws-item-affinity",
    feature_transformation="item-affinity",
    family="item_affinity",
    description="The users who are likeliest to want a given item.",
    query=("item",),
    optional_datasets=("ITEMS", "USERS"),
    hyperparameters=(hidden_dimension(tunable=False),),
    metrics=SEGMENT,
    promotions=False,
    metadata="no",
    batch=("segment",),
)

ITEM_ATTRIBUTE_AFFINITY = replace(
    ITEM_AFFINITY,
    name="aws-item-attribute-affinity",
    algorithm="aws-item-attribute-affinity",
    feature_transformation="item-attribute-affinity",
    family="item_attribute_affinity",
    description="The users who are likeliest to want items with given attributes.",
    required_datasets=("INTERACTIONS", "ITEMS"),
    optional_datasets=("USERS",),
    item_fields=("attribute",),
)

RECIPES = (ITEM_AFFINITY, ITEM_ATTRIBUTE_AFFINITY)
