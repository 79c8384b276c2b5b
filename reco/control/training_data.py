"""trainingDataConfig of solutions and recommenders: the columns that are learned from, checked against the recipe and
against the datasets' schemas. Source: control-plane reference, F.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reco.datasets.schemas import RULES, Schema
from reco.errors import InvalidInput
from reco.recipes import Recipe
from reco.recipes.training_columns import EXCLUDED, INCLUDED, MEMBERS, Columns, column_choice, column_lists

_NOT_TO_EXCLUDE = ("EVENT_TYPE",)


def check_training_data(recipe: Recipe, config: Mapping[str, Any] | None, holder: str) -> None:
    """What can be said without looking at any dataset.

    Args:
        holder: the member that holds the trainingDataConfig, as the caller writes it, such as `solutionConfig`.

    Raises:
        InvalidInput: names the member, and what it may be.
    """
    lists = column_lists(config)
    if not lists:
        return
    if recipe.family == "next_best_action":
        raise InvalidInput(f"{holder}.trainingDataConfig: {recipe.name} does not take it.")
    if len(lists) > 1:
        raise InvalidInput(f"{holder}.trainingDataConfig: give {_name(EXCLUDED)} or {_name(INCLUDED)}, not both.")
    name, by_type = next(iter(lists.items()))
    member = f"{holder}.{name}"
    given = (config or {})[MEMBERS[name]]
    if len(by_type) < len(given):
        raise InvalidInput(
            f"{member}: {' and '.join(given)} name a dataset twice (case does not count); put its columns in one list."
        )
    for dataset_type, columns in by_type.items():
        if dataset_type not in RULES:
            raise InvalidInput(f"{member}: {dataset_type[:60]} is not one of {', '.join(RULES)}.")
        if name == EXCLUDED:
            for column in columns:
                if column in RULES[dataset_type].required or column in _NOT_TO_EXCLUDE:
                    raise InvalidInput(f"{member}: {column} of {dataset_type} cannot be left out.")


def check_training_columns(config: Mapping[str, Any] | None, schemas: Mapping[str, Schema], holder: str) -> None:
    """The columns named must be there.

    Args:
        schemas: of the group's datasets, by type.

    Raises:
        InvalidInput: names the member and the column.
    """
    for name, by_type in column_lists(config).items():
        for dataset_type, columns in by_type.items():
            schema = schemas.get(dataset_type)
            unknown = [column for column in columns if schema is None or column not in schema.names]
            if unknown:
                raise InvalidInput(
                    f"{holder}.{name}: the dataset {dataset_type} of this group has no column {unknown[0][:60]}."
                )


def columns_learned_from(config: Mapping[str, Any] | None, schemas: Mapping[str, Schema]) -> Columns:
    """The columns that a training on these datasets learns from, ids and times among them, in the schemas' order."""
    excluded, included = column_choice(config)
    return {
        dataset_type: [
            name
            for name in schema.names
            if (name not in excluded.get(dataset_type, ()))
            and (included is None or name in included.get(dataset_type, ()) or name in RULES[dataset_type].required)
        ]
        for dataset_type, schema in schemas.items()
    }


def _name(member: str) -> str:
    return member.rpartition(".")[2]
