"""A filter expression as a tree: what parsing makes, checks judge, printing writes, and evaluating walks.

    filter    segments joined by |; their order means nothing
    segment   INCLUDE or EXCLUDE, a target, alternatives (OR) of predicates (AND), and the user's conditions (IF)
    predicate column, operator, operands

Equality does not look at places in the text: an expression and its printed form are the same tree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


@dataclass(frozen=True)
class Place:
    """Where something stands in the expression; line and column count from 1."""

    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"character {self.column}" if self.line == 1 else f"line {self.line}, character {self.column}"


START = Place()
"""The place of what was made without a text."""


class Action(StrEnum):
    """What a segment does with what it matches."""

    INCLUDE = "INCLUDE"
    EXCLUDE = "EXCLUDE"


class Target(StrEnum):
    """What is filtered: items of recommendations, users of segments, actions."""

    ITEM = "ItemID"
    USER = "UserID"
    ACTION = "ActionID"


class Source(StrEnum):
    """Whose column it is, as it is written before the dot."""

    ITEMS = "Items"
    INTERACTIONS = "Interactions"
    USERS = "Users"
    ACTIONS = "Actions"
    ACTION_INTERACTIONS = "Action_Interactions"
    CURRENT_USER = "CurrentUser"
    """The row in Users of the user for whom is asked."""
    CURRENT_ITEM = "CurrentItem"
    """The row in Items of the item for which related ones are asked."""

    @property
    def dataset_type(self) -> str:
        """The dataset that holds the column, as dataset types are written in ARNs."""
        return _DATASET_TYPES.get(self, self.value.upper())


_DATASET_TYPES = {Source.CURRENT_USER: "USERS", Source.CURRENT_ITEM: "ITEMS"}


class Operator(StrEnum):
    """How a column is compared. IN and NOT_IN take one operand or more, all others exactly one."""

    IN = "IN"
    NOT_IN = "NOT IN"
    EQUAL = "="
    NOT_EQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="


RANGES = frozenset({Operator.LESS, Operator.AT_MOST, Operator.GREATER, Operator.AT_LEAST})
"""Operators that ask for an order, which only numbers have here."""


@dataclass(frozen=True)
class Column:
    """A column of one row: left of an operator, or on its right as a column of CurrentItem."""

    source: Source
    name: str
    """As the expression spells it; as the schema spells it once the filter is checked."""
    place: Place = field(default=START, compare=False, repr=False)


@dataclass(frozen=True)
class Text:
    """A value in quotes, without them."""

    value: str
    place: Place = field(default=START, compare=False, repr=False)


@dataclass(frozen=True)
class Number:
    """A value without quotes. `text` is kept, since a column of strings is compared with what was written."""

    text: str
    place: Place = field(default=START, compare=False, repr=False)

    @property
    def value(self) -> Decimal:
        """Exact, however long."""
        return Decimal(self.text)


@dataclass(frozen=True)
class Placeholder:
    """A value, or under IN several, that each request gives."""

    name: str
    """Without the dollar sign: the key in filterValues."""
    place: Place = field(default=START, compare=False, repr=False)


Operand = Text | Number | Placeholder | Column


@dataclass(frozen=True)
class Predicate:
    """One comparison."""

    column: Column
    operator: Operator
    operands: tuple[Operand, ...]
    """At least one; a column is alone."""


@dataclass(frozen=True)
class Segment:
    """One INCLUDE or EXCLUDE."""

    action: Action
    target: Target
    any_of: tuple[tuple[Predicate, ...], ...]
    """Alternatives; all predicates of one alternative must hold. AND binds tighter than OR."""
    only_if: tuple[Predicate, ...] = ()
    """Conditions on the current user that must all hold for the segment to count; empty: it always counts."""
    place: Place = field(default=START, compare=False, repr=False)
    """Of the target."""

    @property
    def conditions(self) -> tuple[Predicate, ...]:
        """The predicates between WHERE and IF, in the order they are written."""
        return tuple(predicate for alternative in self.any_of for predicate in alternative)

    @property
    def predicates(self) -> tuple[Predicate, ...]:
        """All of them, in the order they are written."""
        return (*self.conditions, *self.only_if)

    @property
    def source(self) -> Source:
        """What the conditions look at; in a checked filter it is the same for all of a segment."""
        return self.any_of[0][0].column.source

    @property
    def placeholders(self) -> tuple[str, ...]:
        """Names whose values this segment needs, each once."""
        return _names(self.predicates)


@dataclass(frozen=True)
class Filter:
    """A whole expression."""

    segments: tuple[Segment, ...]
    """At least one."""

    @property
    def target(self) -> Target:
        """In a checked filter it is the same for all segments."""
        return self.segments[0].target

    @property
    def predicates(self) -> tuple[Predicate, ...]:
        return tuple(predicate for segment in self.segments for predicate in segment.predicates)

    @property
    def placeholders(self) -> tuple[str, ...]:
        """Every name that a request may give a value for, each once, in the order they are written."""
        return _names(self.predicates)

    @property
    def required_placeholders(self) -> tuple[str, ...]:
        """Those of the INCLUDE segments: a request without a value for one is refused."""
        included = (segment.predicates for segment in self.segments if segment.action is Action.INCLUDE)
        return _names(tuple(predicate for predicates in included for predicate in predicates))

    @property
    def columns(self) -> tuple[Column, ...]:
        """Every column in the order written, on either side, as often as it occurs."""
        sides = (side for predicate in self.predicates for side in (predicate.column, *predicate.operands))
        return tuple(side for side in sides if isinstance(side, Column))

    @property
    def sources(self) -> frozenset[Source]:
        """Whose rows evaluating looks at: CURRENT_USER needs a user, CURRENT_ITEM an item to be asked about."""
        return frozenset(column.source for column in self.columns)


def _names(predicates: tuple[Predicate, ...]) -> tuple[str, ...]:
    operands = (operand for predicate in predicates for operand in predicate.operands)
    return tuple(dict.fromkeys(operand.name for operand in operands if isinstance(operand, Placeholder)))
