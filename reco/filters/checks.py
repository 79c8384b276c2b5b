"""Whether a filter fits a group: its columns are there, and their types bear the comparisons."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from reco.datasets.schemas import NUMERIC_TYPES, Field, Schema
from reco.errors import InvalidInput
from reco.filters.refusals import bad_expression, shown
from reco.filters.rules import check_rules
from reco.filters.tree import RANGES, Column, Filter, Operand, Predicate, Segment, Text

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


_LISTED = 12


@dataclass(frozen=True)
class CheckedFilter:
    """A filter that fits its group: all that evaluating needs to know of it."""

    tree: Filter
    """Its columns are spelled as in the schemas."""
    types: Mapping[tuple[str, str], str]
    """The schema's type of each column used, by dataset type and name, such as `ITEMS`, `PRICE`: `float`."""

    def is_number(self, column: Column) -> bool:
        """Whether both sides are compared as numbers; otherwise as texts, a bare number by how it is written."""
        return self.types[column.source.dataset_type, column.name] in NUMERIC_TYPES


def datasets_of(tree: Filter) -> frozenset[str]:
    """The types of dataset whose schemas `check` looks at; of any tree."""
    return frozenset(source.dataset_type for source in tree.sources)


def check(tree: Filter, schemas: Mapping[str, Schema]) -> CheckedFilter:
    """The filter with its columns found. `schemas`: those of the group's datasets, by dataset type.

    Raises:
        InvalidInput: a rule is broken, or a column is not there or not of a type that fits; says where and which.
    """
    check_rules(tree)
    found = _Found(schemas)
    checked = Filter(tuple(found.segment(segment) for segment in tree.segments))
    return CheckedFilter(checked, found.types)


class _Found:
    """Finds columns in schemas, and remembers their types."""

    def __init__(self, schemas: Mapping[str, Schema]) -> None:
        self._schemas = schemas
        self.types: dict[tuple[str, str], str] = {}

    def segment(self, segment: Segment) -> Segment:
        return replace(
            segment,
            any_of=tuple(self._all_of(alternative) for alternative in segment.any_of),
            only_if=self._all_of(segment.only_if),
        )

    def _all_of(self, predicates: tuple[Predicate, ...]) -> tuple[Predicate, ...]:
        return tuple(self._predicate(predicate) for predicate in predicates)

    def _predicate(self, predicate: Predicate) -> Predicate:
        column, field = self._column(predicate.column)
        if predicate.operator in RANGES and not field.numeric:
            raise bad_expression(
                f"{predicate.operator} compares numbers, and {column.source}.{column.name} is a {field.type}.",
                column.place,
            )
        operands = tuple(self._operand(operand, column, field) for operand in predicate.operands)
        return Predicate(column, predicate.operator, operands)

    def _operand(self, operand: Operand, column: Column, field: Field) -> Operand:
        match operand:
            case Text(value, place) if field.numeric and not _NUMBER.fullmatch(value):
                raise bad_expression(
                    f"{column.source}.{column.name} holds numbers ({field.type}), and {shown(value)} is not one.", place
                )
            case Column(place=place):
                right, theirs = self._column(operand)
                if theirs.numeric is not field.numeric:
                    raise bad_expression(
                        f"{right.source}.{right.name} is a {theirs.type} and {column.source}.{column.name} "
                        f"a {field.type}; they cannot be compared.",
                        place,
                    )
                return right
        return operand

    def _column(self, column: Column) -> tuple[Column, Field]:
        """The column as the schema spells it, and the schema's field."""
        dataset_type = column.source.dataset_type
        schema = self._schemas.get(dataset_type)
        if schema is None:
            raise bad_expression(
                f"{column.source}.{shown(column.name)} needs a dataset of type {dataset_type}; the group has none.",
                column.place,
            )
        field = next((each for each in schema.fields if each.name.upper() == column.name.upper()), None)
        if field is None:
            raise bad_expression(
                f"the group's {dataset_type} dataset has no column {shown(column.name)}; "
                f"it has {_listed(schema.names)}.",
                column.place,
            )
        if refusal := _unfit(field, column):
            raise refusal
        self.types[dataset_type, field.name] = field.type
        return replace(column, name=field.name), field


def _listed(names: tuple[str, ...]) -> str:
    """Names for a message: a dozen at most."""
    return (
        ", ".join(names) if len(names) <= _LISTED else f"{', '.join(names[:_LISTED])} and {len(names) - _LISTED} more"
    )


def _unfit(field: Field, column: Column) -> InvalidInput | None:
    """Why no filter can use a column of this kind; None for one that filters can use."""
    if field.type == "boolean":
        return bad_expression(
            f"{column.source}.{field.name} is boolean, which filters cannot use; "
            'keep it as a string of "True" and "False", or as a number.',
            column.place,
        )
    if field.textual:
        return bad_expression(
            f"{column.source}.{field.name} is textual, which filters cannot use.",
            column.place,
        )
    return None
