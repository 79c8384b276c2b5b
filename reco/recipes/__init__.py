"""Recipes as data: what trains, on what, with which settings."""

from reco.recipes.catalogue import RECIPES, recipe_by_arn
from reco.recipes.hyperparameters import Hyperparameter, HyperparameterValue
from reco.recipes.recipe import Recipe

__all__ = ["RECIPES", "Hyperparameter", "HyperparameterValue", "Recipe", "recipe_by_arn"]
