"""Limits that Amazon Personalize states in prose only: the shapes of the service models lack them.

Checked with the shapes, before any resource is looked at. "50 with metadata" holds when `metadataColumns` is sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore import xform_name

from reco.wire.parsing import Path, Problems
from reco.wire.serialising import writer

Measure = Callable[[Any, Path], Iterator[tuple[Path, int]]]
"""Gives each measured thing in a member's value: where it lies and how much it is."""


def amount(value: int, path: Path) -> Iterator[tuple[Path, int]]:
    """The number itself."""
    yield path, value


def size(value: list[Any], path: Path) -> Iterator[tuple[Path, int]]:
    """Elements of a list."""
    yield path, len(value)


def length_of_each(value: list[str], path: Path) -> Iterator[tuple[Path, int]]:
    """Characters of each text in a list."""
    for position, text in enumerate(value):
        yield (path, position), len(text)


def size_of_each(value: Mapping[str, list[Any]], path: Path) -> Iterator[tuple[Path, int]]:
    """Elements of each list in a map."""
    for key, elements in value.items():
        yield (path, f"[{json.dumps(key, ensure_ascii=False)}]"), len(elements)


def bytes_of_each(shape_name: str) -> Measure:
    """Bytes of each element of a list, as compact JSON of the members that the shape knows."""

    def measure(value: list[Any], path: Path) -> Iterator[tuple[Path, int]]:
        write = writer("personalize-events", shape_name)
        for position, element in enumerate(value):
            text = json.dumps(write(element), ensure_ascii=False, separators=(",", ":"))
            yield (path, position), len(text.encode())

    return measure


@dataclass(frozen=True)
class TextLimit:
    """One sentence of the service's documentation as a rule."""

    operation: str
    member: str
    measure: Measure
    unit: str
    highest: int
    reason: str
    lowest: int = 0
    highest_with_metadata: int | None = None


TEXT_LIMITS = (
    TextLimit(
        "GetRecommendations",
        "numResults",
        amount,
        "results",
        highest=500,
        highest_with_metadata=50,
        reason="API reference: 'If you are including metadata in recommendations, the maximum is 50. Otherwise 500.'",
    ),
    TextLimit(
        "GetActionRecommendations",
        "numResults",
        amount,
        "results",
        highest=100,
        reason="API reference: 'The maximum is 100.'",
    ),
    TextLimit(
        "GetPersonalizedRanking",
        "inputList",
        size,
        "items",
        lowest=1,
        highest=500,
        highest_with_metadata=50,
        reason="API reference: 50 with metadata, otherwise 500. Refusing an empty list is this project's choice.",
    ),
    TextLimit(
        "GetPersonalizedRanking",
        "inputList",
        length_of_each,
        "characters",
        lowest=1,
        highest=256,
        reason="The shape says 256. Refusing an empty id is this project's choice: no item can have it.",
    ),
    *(
        TextLimit(
            operation,
            "metadataColumns",
            size_of_each,
            "columns",
            highest=10,
            reason="API reference: 'The maximum number of columns you can provide is 10.' The shape says 99.",
        )
        for operation in ("GetRecommendations", "GetPersonalizedRanking")
    ),
    TextLimit(
        "PutEvents",
        "eventList",
        bytes_of_each("Event"),
        "bytes",
        highest=10 * 1024,
        reason="Quotas: 'Maximum size of an event: 10 KB'.",
    ),
    TextLimit(
        "PutActionInteractions",
        "actionInteractions",
        bytes_of_each("ActionInteraction"),
        "bytes",
        highest=10 * 1024,
        reason="Quotas: as for PutEvents.",
    ),
    TextLimit(
        "CreateBatchInferenceJob",
        "numResults",
        amount,
        "results",
        lowest=1,
        highest=500,
        reason="Not documented; this project's choice is the limit of GetRecommendations.",
    ),
    TextLimit(
        "CreateBatchSegmentJob",
        "numResults",
        amount,
        "users",
        lowest=1,
        highest=5_000_000,
        reason="API reference: 'The maximum number of users per segment is 5 million.'",
    ),
)

_BY_OPERATION: Mapping[str, tuple[tuple[TextLimit, str], ...]] = {
    operation: tuple((limit, xform_name(limit.member)) for limit in TEXT_LIMITS if limit.operation == operation)
    for operation in {limit.operation for limit in TEXT_LIMITS}
}


def check_text_limits(operation: str, parameters: Mapping[str, Any], problems: Problems) -> None:
    """Adds what breaks a limit of this operation, unless its shape has complained of the same value already.

    Call it only with parameters that a reader gave.
    """
    for limit, snake_name in _BY_OPERATION.get(operation, ()):
        value = parameters.get(snake_name)
        if value is None:
            continue
        highest, condition = limit.highest, ""
        if limit.highest_with_metadata is not None and parameters.get("metadata_columns"):
            highest, condition = limit.highest_with_metadata, " with metadataColumns"
        for path, measured in limit.measure(value, (None, limit.member)):
            if path in problems.paths:
                continue
            if measured > highest:
                problems.add(path, f"must be at most {highest} {limit.unit}{condition}, has {measured}")
            elif measured < limit.lowest:
                unit = limit.unit.removesuffix("s") if limit.lowest == 1 else limit.unit
                problems.add(path, f"must be at least {limit.lowest} {unit}, has {measured}")
