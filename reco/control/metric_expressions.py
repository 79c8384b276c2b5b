"""What a metric of an attribution computes: SAMPLECOUNT(), or SUM(DATASET.COLUMN) over a numeric column.

The function and the dataset may be written in any case, the column as in the schema. Source: control-plane reference,
J.1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from reco.control.group_data import datasets_in, schema_of
from reco.control.registry import Registry
from reco.errors import InvalidInput
from reco.storage.resources import Resource

_COUNT = re.compile(r"\s*SAMPLECOUNT\s*\(\s*\)\s*", re.IGNORECASE)
_SUM = re.compile(r"\s*SUM\s*\(\s*(ITEMS|INTERACTIONS)\s*\.\s*(\w+)\s*\)\s*", re.IGNORECASE | re.ASCII)
_EVENT_TYPE = "EVENT_TYPE"


def require_event_type(registry: Registry, group: str) -> None:
    """Metrics count events by their type, so the group's interactions must have one.

    Raises:
        InvalidInput: no interactions dataset, or its schema lacks the field.
    """
    dataset = datasets_in(registry, group).get("INTERACTIONS")
    if dataset is None or _EVENT_TYPE not in schema_of(registry, dataset).names:
        raise InvalidInput(
            f"A metric attribution counts events by type: {group} needs an Interactions dataset whose schema has "
            f"{_EVENT_TYPE}."
        )


def check_expressions(registry: Registry, group: str, metrics: Sequence[Mapping[str, str]], member: str) -> None:
    """Checks each metric's expression against the group's schemas.

    Args:
        member: the list as the caller writes it, for messages.

    Raises:
        InvalidInput: no such expression, dataset or numeric column, or items that nobody has imported.
    """
    datasets: Mapping[str, Resource] | None = None
    for position, metric in enumerate(metrics):
        place = f"{member}[{position}].expression"
        expression = metric["expression"]
        if _COUNT.fullmatch(expression):
            continue
        summed = _SUM.fullmatch(expression)
        if summed is None:
            raise InvalidInput(
                f"{place} must be SAMPLECOUNT(), SUM(Items.COLUMN) or SUM(Interactions.COLUMN); it is "
                f"{expression or 'empty'}."
            )
        datasets = datasets_in(registry, group) if datasets is None else datasets
        dataset_type, column = summed[1].upper(), summed[2]
        dataset = datasets.get(dataset_type)
        if dataset is None:
            raise InvalidInput(f"{place}: {group} has no dataset of type {dataset_type}.")
        field = schema_of(registry, dataset).field(column)
        if field is None or not field.numeric:
            raise InvalidInput(f"{place}: {column} is no numeric field of the schema of {registry.arn(dataset)}.")
        if dataset_type == "ITEMS" and "snapshot" not in dataset.inner:
            raise InvalidInput(f"{place}: {registry.arn(dataset)} has no imported data yet; import it first.")
