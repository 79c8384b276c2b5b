"""A tree as an expression again, in one canonical form: parsing it gives the same tree."""

from __future__ import annotations

from reco.filters.tree import Column, Filter, Number, Operand, Operator, Placeholder, Predicate, Segment, Text


def printed(tree: Filter) -> str:
    """The expression of a tree, on one line unless a quoted text holds line breaks."""
    return " | ".join(_segment(segment) for segment in tree.segments)


def _segment(segment: Segment) -> str:
    alternatives = " OR ".join(_all_of(predicates) for predicates in segment.any_of)
    condition = f" IF {_all_of(segment.only_if)}" if segment.only_if else ""
    return f"{segment.action} {segment.target} WHERE {alternatives}{condition}"


def _all_of(predicates: tuple[Predicate, ...]) -> str:
    return " AND ".join(_predicate(predicate) for predicate in predicates)


def _predicate(predicate: Predicate) -> str:
    operands = ", ".join(_operand(operand) for operand in predicate.operands)
    if predicate.operator in (Operator.IN, Operator.NOT_IN):
        operands = f"({operands})"
    return f"{_operand(predicate.column)} {predicate.operator} {operands}"


def _operand(operand: Operand) -> str:
    match operand:
        case Text(value):
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case Number(text):
            return text
        case Placeholder(name):
            return f"${name}"
        case Column(source, name):
            return f"{source}.{name}"
