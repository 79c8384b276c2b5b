"""The recipes as a page of the documentation: `python -m reco.recipes.reference > docs/reference/recipes.md`."""

from __future__ import annotations

from collections.abc import Iterator

from reco.recipes.catalogue import RECIPES
from reco.recipes.hyperparameters import Hyperparameter
from reco.recipes.recipe import Recipe

_INTRODUCTION = """\
# Recipes

Every recipe of Amazon Personalize, by the ARN `arn:aws:personalize:::recipe/NAME`, with the model that stands behind
it here. Custom recipes are for CreateSolution; those of a domain are use cases of recommenders.

Exploration and metadata in answers are what a recipe takes in its configuration; whether answers follow it in this
version is in the [README](../../README.md#what-is-there-and-what-is-not-yet).

Of `trainingDataConfig`, `excludedDatasetColumns` leaves columns out, and `includedDatasetColumns` names the only ones
learned from in all datasets together: of a dataset that it does not name, ids, times and events count and no more.

Made from the declarations in `reco/recipes` by `python -m reco.recipes.reference > docs/reference/recipes.md`.
"""


def as_markdown() -> str:
    """The whole page."""
    return "\n".join([_INTRODUCTION, *_table(), *(line for recipe in RECIPES for line in _section(recipe))])


def _table() -> Iterator[str]:
    yield "| Recipe | Type | Model | HPO | eventsConfig | Objective | UPDATE | Context | Exploration | Batch |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for recipe in RECIPES:
        marks = (recipe.hpo, recipe.events_config, recipe.objective, recipe.update_mode, recipe.context)
        cells = (
            f"[{recipe.name}](#{recipe.name})",
            recipe.type,
            recipe.family.replace("_", " "),
            *("yes" if mark else "" for mark in marks),
            recipe.exploration.replace("no", ""),
            ", ".join(recipe.batch),
        )
        yield f"| {' | '.join(cells)} |"
    yield ""


def _section(recipe: Recipe) -> Iterator[str]:
    yield f"## {recipe.name}\n"
    yield f"{recipe.description}\n"
    for fact in _facts(recipe):
        yield f"* {fact}"
    yield ""
    if recipe.hyperparameters:
        yield "| Hyperparameter | Default | Values | HPO | Where | What it does |"
        yield "|---|---|---|---|---|---|"
        for each in recipe.hyperparameters:
            where = each.member if each.settable else "hpoConfig"
            tunable = "yes" if each.tunable else ""
            yield (
                f"| `{each.name}` | {each.default_text} | {values_in_words(each)} | {tunable} | {where} | "
                f"{each.sentence} |"
            )
        yield ""


def _facts(recipe: Recipe) -> Iterator[str]:
    if recipe.domain:
        yield f"Use case of the domain {recipe.domain}."
    asked = {"user": "userId", "item": "itemId", "items": "inputList"}
    yield f"A request must name: {', '.join(asked[each] for each in recipe.query) or 'nothing'}."
    optional = f"; if they hold data: {', '.join(recipe.optional_datasets)}" if recipe.optional_datasets else ""
    yield f"Datasets: {', '.join(recipe.required_datasets)}{optional}."
    if recipe.item_fields:
        yield f"Fields that the schema of the Items must have: {', '.join(recipe.item_fields)}."
    if recipe.event_type:
        yield f"Learns from events of type {recipe.event_type} (in any case), 1,000 at least."
    if recipe.fixed:
        yield f"Fixed: {', '.join(f'{name} = {value}' for name, value in sorted(recipe.fixed.items()))}."
    yield f"Scores: {'yes' if recipe.scores else 'no'}. Metadata in answers: {recipe.metadata}."
    yield f"Metrics: {', '.join(f'`{name}`' for name in recipe.metrics)}."


def values_in_words(parameter: Hyperparameter) -> str:
    """The values that a hyperparameter may have."""
    if parameter.choices:
        return ", ".join(parameter.choices)
    return f"{parameter.low:.10g} to {parameter.high:.10g}"


if __name__ == "__main__":
    print(as_markdown(), end="")
