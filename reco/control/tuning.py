"""The checks and the answers of hyperparameter search and AutoML. Source: control-plane reference, F.4.

What was asked for is stored and shown as it was sent; what a search found is the solution version's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reco.errors import InvalidInput
from reco.jobs.status import ACTIVE
from reco.recipes import Recipe, recipe_by_arn
from reco.recipes.search_space import auto_ml_metric, auto_ml_recipes, check_hpo_config, searchable
from reco.storage.resources import Resource

AUTO_ML_NEEDS = ("INTERACTIONS",)
"""Types of dataset without which AutoML has no recipe to try."""


def asked_recipe(asked: Mapping[str, Any]) -> Recipe | None:
    """The recipe that CreateSolution names; None where AutoML is to choose one.

    Raises:
        InvalidInput: there is no recipe, or one beside performAutoML.
        ResourceNotFound: there is no such recipe.
    """
    arn = asked.get("recipe_arn")
    if asked.get("perform_auto_ml"):
        if arn is not None:
            raise InvalidInput(
                "recipeArn cannot be given with performAutoML, which chooses the recipe; narrow its choice with "
                "solutionConfig.autoMLConfig.recipeList."
            )
        return None
    if arn is None:
        raise InvalidInput("recipeArn is missing; it may be left out only with performAutoML.")
    return recipe_by_arn(arn)


def check_search(asked: Mapping[str, Any], recipe: Recipe | None) -> None:
    """Refuses searches that could not be made.

    Configurations of searches that are not asked for are checked too: nothing wrong is stored.

    Raises:
        InvalidInput: names the member or the range.
    """
    config = asked.get("solution_config", {})
    if "auto_ml_config" in config:
        auto_ml_metric(config["auto_ml_config"])
        auto_ml_recipes(config["auto_ml_config"].get("recipe_list"), ())
    if recipe is None:
        # AutoML evaluates no other part of the configuration.
        if asked.get("perform_incremental_update"):
            raise InvalidInput(
                "performIncrementalUpdate: only aws-semantic-similarity takes it, which performAutoML does not try."
            )
        return
    if asked.get("perform_hpo") and not searchable(recipe):
        raise InvalidInput(f"performHPO: {recipe.name} has no hyperparameters to search; leave it out or false.")
    if "hpo_config" in config:
        check_hpo_config(recipe, config["hpo_config"], config.get("algorithm_hyper_parameters", {}))


def auto_ml_result(solution: Resource, newest_first: Iterable[Resource]) -> dict[str, Any] | None:
    """autoMLResult of a solution: what its latest trained version found best; None before the first."""
    if not solution.body.get("perform_auto_ml"):
        return None
    best = next((each.body.get("recipe_arn") for each in newest_first if each.status == ACTIVE), None)
    return {"best_recipe_arn": best} if best else None
