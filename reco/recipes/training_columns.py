"""The trainingDataConfig of a solution or a recommender: which columns of the datasets are learned from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EXCLUDED = "trainingDataConfig.excludedDatasetColumns"
INCLUDED = "trainingDataConfig.includedDatasetColumns"
MEMBERS = {EXCLUDED: "excluded_dataset_columns", INCLUDED: "included_dataset_columns"}
"""The lists of a trainingDataConfig: as a caller writes them, and as parameters name them."""

ADDED_COLUMNS = "added_columns"
"""Key of a dataset's `inner`: the columns that updates of its schema added, and when, seconds since the epoch. What was
there before does not learn from them."""

Columns = dict[str, list[str]]
"""Names of columns by dataset type, in upper case."""


def column_lists(config: Mapping[str, Any] | None) -> dict[str, Columns]:
    """The lists of a trainingDataConfig by the member's name, EXCLUDED or INCLUDED; empty ones are left out."""
    return {
        name: {dataset_type.upper(): list(columns) for dataset_type, columns in config[member].items()}
        for name, member in MEMBERS.items()
        if config and config.get(member)
    }


def column_choice(config: Mapping[str, Any] | None) -> tuple[Columns, Columns | None]:
    """The columns left out, and the only ones learned from: None where there is no such list."""
    lists = column_lists(config)
    return lists.get(EXCLUDED, {}), lists.get(INCLUDED)
