"""Recipes, algorithms and feature transformations as the API shows them: the declarations, and nothing typed twice.

Their ARNs are shown in the partition of the deployment, and taken in any (control-plane reference, section A).
"""

from __future__ import annotations

from typing import Any

from reco.arns import in_partition
from reco.control.listing import list_fixed
from reco.control.registry import Registry
from reco.errors import ResourceNotFound
from reco.jobs.status import ACTIVE
from reco.recipes import RECIPES, Hyperparameter, Recipe, recipe_by_arn
from reco.recipes.catalogue import RECIPES_SINCE, RECIPES_UPDATED
from reco.recipes.search_space import MOST_PARALLEL, MOST_TRIALS
from reco.wire.call import Call

_TIMES = {"creation_date_time": RECIPES_SINCE, "last_updated_date_time": RECIPES_UPDATED}
_HPO_LIMITS = {"maxNumberOfTrainingJobs": str(MOST_TRIALS), "maxParallelTrainingJobs": str(MOST_PARALLEL)}


def describe_recipe(registry: Registry, call: Call) -> dict[str, Any]:
    return {"recipe": _recipe(recipe_by_arn(call.parameters["recipe_arn"]), registry.owner.partition)}


def list_recipes(registry: Registry, call: Call) -> dict[str, Any]:
    """Every recipe by name; with `domain`, only the use cases of that domain. Personalize itself provides them all."""
    domain = call.parameters.get("domain")
    shown = [recipe for recipe in RECIPES if domain in (None, recipe.domain)]
    return list_fixed(call, "recipes", [_summary(recipe, registry.owner.partition) for recipe in shown])


def describe_algorithm(registry: Registry, call: Call) -> dict[str, Any]:
    arn = call.parameters["algorithm_arn"]
    recipe = next((recipe for recipe in RECIPES if recipe.algorithm_arn == in_partition(arn, "aws")), None)
    if recipe is None:
        raise ResourceNotFound(arn)
    parameters = [each for each in recipe.hyperparameters if each.place == "algorithm"]
    return {
        "algorithm": {
            "name": recipe.algorithm,
            "algorithm_arn": in_partition(arn, registry.owner.partition),
            "default_hyper_parameters": {each.name: each.default_text for each in parameters},
            "default_hyper_parameter_ranges": _ranges(parameters),
            "default_resource_config": _HPO_LIMITS,
            "training_input_mode": "File",
            **_TIMES,
        }
    }


def describe_feature_transformation(registry: Registry, call: Call) -> dict[str, Any]:
    """Recipes may share a feature transformation; it shows the parameters of all of them."""
    arn = call.parameters["feature_transformation_arn"]
    sharing = [recipe for recipe in RECIPES if recipe.feature_transformation_arn == in_partition(arn, "aws")]
    if not sharing:
        raise ResourceNotFound(arn)
    defaults = {
        each.name: each.default_text for recipe in sharing for each in recipe.hyperparameters if each.place == "feature"
    }
    return {
        "feature_transformation": {
            "name": sharing[0].feature_transformation,
            "feature_transformation_arn": in_partition(arn, registry.owner.partition),
            "default_parameters": defaults,
            "status": ACTIVE,
            **_TIMES,
        }
    }


def _summary(recipe: Recipe, partition: str) -> dict[str, Any]:
    shown = {"name": recipe.name, "recipe_arn": in_partition(recipe.arn, partition), "status": ACTIVE, **_TIMES}
    return {**shown, "domain": recipe.domain} if recipe.domain else shown


def _recipe(recipe: Recipe, partition: str) -> dict[str, Any]:
    return {
        "name": recipe.name,
        "recipe_arn": in_partition(recipe.arn, partition),
        "algorithm_arn": in_partition(recipe.algorithm_arn, partition),
        "feature_transformation_arn": in_partition(recipe.feature_transformation_arn, partition),
        "status": ACTIVE,
        "description": recipe.description,
        "recipe_type": recipe.type,
        **_TIMES,
    }


def _ranges(parameters: list[Hyperparameter]) -> dict[str, Any]:
    def numbers(kind: str, cast: type) -> list[dict[str, Any]]:
        return [
            {
                "name": each.name,
                "min_value": cast(each.low),
                "max_value": cast(each.high),
                "is_tunable": each.tunable,
            }
            for each in parameters
            if each.type == kind
        ]

    return {
        "integer_hyper_parameter_ranges": numbers("integer", int),
        "continuous_hyper_parameter_ranges": numbers("continuous", float),
        "categorical_hyper_parameter_ranges": [
            {"name": each.name, "values": list(each.choices), "is_tunable": each.tunable}
            for each in parameters
            if each.type in ("boolean", "categorical")
        ],
    }
