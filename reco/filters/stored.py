"""A checked filter as a JSON document: CreateFilter stores it, so that whoever evaluates needs no parser.

    {"version": 1, "segments": [SEGMENT, ...], "types": [["ITEMS", "PRICE", "float"], ...]}
    SEGMENT    {"action": "INCLUDE", "target": "ItemID", "any_of": [[PREDICATE, ...], ...], "only_if": [PREDICATE, ...]}
    PREDICATE  [COLUMN, "<=", [OPERAND, ...]]
    COLUMN     ["Items", "PRICE"]
    OPERAND    {"text": "film"}, {"number": "10.0"}, {"placeholder": "GENRES"} or {"column": COLUMN}

Places in the text are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reco.filters.checks import CheckedFilter
from reco.filters.tree import (
    Action,
    Column,
    Filter,
    Number,
    Operand,
    Operator,
    Placeholder,
    Predicate,
    Segment,
    Source,
    Target,
    Text,
)

VERSION = 1


def document(checked: CheckedFilter) -> dict[str, Any]:
    """The filter as lists, texts and maps."""
    return {
        "version": VERSION,
        "segments": [
            {
                "action": segment.action.value,
                "target": segment.target.value,
                "any_of": [_written(predicates) for predicates in segment.any_of],
                "only_if": _written(segment.only_if),
            }
            for segment in checked.tree.segments
        ],
        "types": [[*column, kind] for column, kind in checked.types.items()],
    }


def checked_filter(stored: Mapping[str, Any]) -> CheckedFilter:
    """The filter of a document.

    Raises:
        ValueError: of a version that this code does not know.
    """
    if stored["version"] != VERSION:
        raise ValueError(f"a filter's document is of version {stored['version']}; this code reads version {VERSION}")
    segments = tuple(
        Segment(
            Action(segment["action"]),
            Target(segment["target"]),
            tuple(_read(predicates) for predicates in segment["any_of"]),
            _read(segment["only_if"]),
        )
        for segment in stored["segments"]
    )
    return CheckedFilter(Filter(segments), {(dataset, name): kind for dataset, name, kind in stored["types"]})


def _written(predicates: tuple[Predicate, ...]) -> list[Any]:
    return [
        [
            _column(predicate.column),
            predicate.operator.value,
            [_operand(operand) for operand in predicate.operands],
        ]
        for predicate in predicates
    ]


def _column(column: Column) -> list[str]:
    return [column.source.value, column.name]


def _operand(operand: Operand) -> dict[str, Any]:
    match operand:
        case Text(value):
            return {"text": value}
        case Number(text):
            return {"number": text}
        case Placeholder(name):
            return {"placeholder": name}
        case Column():
            return {"column": _column(operand)}


def _read(predicates: list[Any]) -> tuple[Predicate, ...]:
    return tuple(
        Predicate(_read_column(column), Operator(operator), tuple(_read_operand(each) for each in operands))
        for column, operator, operands in predicates
    )


def _read_column(column: list[str]) -> Column:
    source, name = column
    return Column(Source(source), name)


def _read_operand(operand: Mapping[str, Any]) -> Operand:
    ((kind, value),) = operand.items()
    match kind:
        case "text":
            return Text(value)
        case "number":
            return Number(value)
        case "placeholder":
            return Placeholder(value)
    return _read_column(value)
