"""Batch inference jobs: recommendations for a file of users, items or lists. Source: control-plane reference, I.2, I.3.

Reading the input, answering and writing the output comes in a later version: reco.control.lifecycle says how a job
ends until then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reco.arns import Kind
from reco.control.batch_jobs import BY_VERSION, Trained, create_batch_job, trained_version
from reco.control.exploration import check_exploration
from reco.control.group_data import datasets_in, schema_of
from reco.control.job_records import describe_job, list_jobs
from reco.control.ranking_influence import check_influence
from reco.control.registry import Registry
from reco.errors import InvalidInput
from reco.wire.call import Call

KIND = Kind.BATCH_INFERENCE_JOB


def create_batch_inference_job(registry: Registry, call: Call) -> dict[str, Any]:
    asked = call.parameters
    mode = asked.get("batch_inference_job_mode", "BATCH_INFERENCE")
    config = asked.get("batch_inference_job_config", {})
    check_exploration(config.get("item_exploration_config", {}), "batchInferenceJobConfig.itemExplorationConfig")
    trained = trained_version(registry, call)
    recipe = trained.recipe
    if "inference" not in recipe.batch:
        raise InvalidInput(f"solutionVersionArn: versions of {recipe.name} take no batch inference jobs.")
    influence = config.get("ranking_influence", {})
    check_influence(registry, recipe, trained.group, influence, "batchInferenceJobConfig.rankingInfluence")
    _check_themes(registry, trained, mode, asked.get("theme_generation_config"))
    more = {
        "batch_inference_job_config": asked.get("batch_inference_job_config"),
        "batch_inference_job_mode": mode,
        "theme_generation_config": asked.get("theme_generation_config"),
    }
    return create_batch_job(registry, call, KIND, trained, more)


def describe_batch_inference_job(registry: Registry, call: Call) -> dict[str, Any]:
    return describe_job(registry, call, KIND)


def list_batch_inference_jobs(registry: Registry, call: Call) -> dict[str, Any]:
    return list_jobs(registry, call, KIND, BY_VERSION)


def _check_themes(registry: Registry, trained: Trained, mode: str, config: Mapping[str, Any] | None) -> None:
    """Themes are words about similar items: they need a recipe of similar items, item names, and a text."""
    if mode != "THEME_GENERATION":
        if config is not None:
            raise InvalidInput("themeGenerationConfig is for batchInferenceJobMode THEME_GENERATION; leave it out.")
        return
    if "themes" not in trained.recipe.batch:
        raise InvalidInput(
            f"batchInferenceJobMode: THEME_GENERATION takes versions of aws-similar-items; {trained.recipe.name} is "
            "none."
        )
    if config is None:
        raise InvalidInput("batchInferenceJobMode THEME_GENERATION needs themeGenerationConfig.")
    dataset = datasets_in(registry, trained.group).get("ITEMS")
    items = schema_of(registry, dataset) if dataset else None
    name = config["fields_for_theme_generation"]["item_name"]
    member = "themeGenerationConfig.fieldsForThemeGeneration.itemName"
    field = items.field(name) if items else None
    if items is None or field is None or field.type != "string":
        raise InvalidInput(f"{member} must be a string field of the group's Items schema; {name} is not.")
    if not any(each.textual for each in items.fields):
        raise InvalidInput("batchInferenceJobMode THEME_GENERATION needs a textual field in the group's Items schema.")
