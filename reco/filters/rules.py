"""Rules that an expression keeps whatever the group's columns are (runtime reference, sections C2 and C4).

They are applied in the order of the text; the first that is broken refuses the filter.
"""

from __future__ import annotations

from collections.abc import Mapping

from reco.filters.refusals import bad_expression, placeholder_under_not_in, shown
from reco.filters.tree import (
    RANGES,
    Column,
    Filter,
    Operator,
    Placeholder,
    Predicate,
    Segment,
    Source,
    Target,
    Text,
)

COLUMNS_LIMIT = 10
"""Different columns of datasets in one filter. `CurrentUser.AGE` and `Users.age` are one."""
PLACEHOLDERS_LIMIT = 25
"""Different placeholders in one filter: as many as a request can give values for."""

SOURCES: Mapping[Target, tuple[Source, Source]] = {
    Target.ITEM: (Source.ITEMS, Source.INTERACTIONS),
    Target.USER: (Source.USERS, Source.INTERACTIONS),
    Target.ACTION: (Source.ACTIONS, Source.ACTION_INTERACTIONS),
}
"""What the conditions on each target may look at."""

EVENTS = frozenset({Source.INTERACTIONS, Source.ACTION_INTERACTIONS})
EVENT_TYPE = "EVENT_TYPE"
"""The only column of events that a filter may test. Its values are compared without case."""
ANY_EVENT = "*"
"""As a value of EVENT_TYPE: whatever its type."""

OWN_RULES = frozenset({"REPEAT_FREQUENCY", "EXPIRATION_TIMESTAMP", "ACTION_EXPIRATION_TIMESTAMP"})
"""Columns of Actions by which the service itself leaves actions out."""


def check_rules(tree: Filter) -> None:
    """Judges all that can be judged without a schema.

    Raises:
        InvalidInput: a rule is broken; says where and which.
    """
    for segment in tree.segments:
        _check_segment(segment, tree.target)
    names = tree.placeholders
    if len(names) > PLACEHOLDERS_LIMIT:
        raise bad_expression(
            f"A filter may have at most {PLACEHOLDERS_LIMIT} placeholders, the values of one request; "
            f"this has {len(names)}."
        )
    columns = {(column.source.dataset_type, column.name.upper()) for column in tree.columns}
    if len(columns) > COLUMNS_LIMIT:
        raise bad_expression(f"A filter may use at most {COLUMNS_LIMIT} different columns; this uses {len(columns)}.")


def _check_segment(segment: Segment, target: Target) -> None:
    if segment.target is not target:
        raise bad_expression(
            f"{segment.target} after {target} in the first segment; all segments of a filter have the same target.",
            segment.place,
        )
    for predicate in segment.conditions:
        _check_condition(predicate.column, segment)
        _check_operands(predicate, item_at_hand=segment.source is Source.ITEMS)
    for predicate in segment.only_if:
        column = predicate.column
        if column.source is not Source.CURRENT_USER:
            raise bad_expression(f"IF tests columns of CurrentUser only, not of {column.source}.", column.place)
        _check_operands(predicate, item_at_hand=False)


def _check_condition(column: Column, segment: Segment) -> None:
    """Whether the column may be tested between WHERE and IF."""
    source, allowed = column.source, SOURCES[segment.target]
    if source is Source.CURRENT_USER:
        raise bad_expression("CurrentUser stands only behind IF, at the end of a segment.", column.place)
    if source is Source.CURRENT_ITEM:
        raise bad_expression("CurrentItem stands only to the right of an operator.", column.place)
    if source not in allowed:
        raise bad_expression(
            f"{source} cannot be tested for {segment.target}; test {' or '.join(allowed)}.", column.place
        )
    if source is not segment.source:
        raise bad_expression(
            f"One segment tests one dataset, and this one began with {segment.source}; "
            f"test {source} in a segment of its own, joined by |.",
            column.place,
        )
    name = column.name.upper()
    if source in EVENTS and name != EVENT_TYPE:
        raise bad_expression(f"Of {source} only {EVENT_TYPE} can be tested, not {shown(column.name)}.", column.place)
    if source is Source.ACTIONS and name in OWN_RULES:
        raise bad_expression(f"{column.name} leaves actions out by itself and cannot be tested.", column.place)


def _check_operands(predicate: Predicate, item_at_hand: bool) -> None:
    """`item_at_hand`: the condition is one on Items, which CurrentItem may be compared with."""
    for operand in predicate.operands:
        match operand:
            case Placeholder() if predicate.operator is Operator.NOT_IN:
                raise placeholder_under_not_in(operand)
            case Column() if not item_at_hand:
                raise bad_expression(
                    "CurrentItem can be compared only with columns of Items, in a filter of ItemID.", operand.place
                )
            case Text() if predicate.operator in RANGES:
                raise bad_expression(
                    f"{predicate.operator} compares numbers; write the number without quotes.", operand.place
                )
            case Text(value) if value == ANY_EVENT and predicate.column.source not in EVENTS:
                raise bad_expression(f'"{ANY_EVENT}" is a value of {EVENT_TYPE} only.', operand.place)
