"""Random trees: everything the grammar can write, and what fits the schemas of `tests.filters.vectors`."""

from __future__ import annotations

from hypothesis import strategies as st

from reco.filters.rules import EVENT_TYPE, OWN_RULES, SOURCES
from reco.filters.tree import (
    RANGES,
    Action,
    Column,
    Filter,
    Number,
    Operator,
    Placeholder,
    Predicate,
    Segment,
    Source,
    Target,
    Text,
)
from tests.filters.vectors import SCHEMAS

SETS = (Operator.IN, Operator.NOT_IN)
COMPARISONS = tuple(operator for operator in Operator if operator not in SETS)

names = st.one_of(
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,11}", fullmatch=True),
    st.sampled_from(["IN", "NOT", "WHERE", "IF", "AND", "OR", "NOT_IN", "INCLUDE", "ItemID", "CurrentItem", "Items"]),
)
texts = st.builds(
    Text, st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(['"', "\\", "'", "*", "a|b"])
)
numbers = st.builds(Number, st.from_regex(r"-?[0-9]{1,20}(\.[0-9]{1,9})?", fullmatch=True).filter(str.isascii))
placeholders = st.builds(Placeholder, st.from_regex(r"[A-Za-z0-9_]{1,50}", fullmatch=True))
values = texts | numbers | placeholders
current_items = st.builds(Column, st.just(Source.CURRENT_ITEM), names)


def _several(value):
    return st.lists(value, min_size=1, max_size=3).map(tuple)


def _predicates(columns):
    alone = st.tuples(current_items)
    return st.builds(Predicate, columns, st.sampled_from(SETS), _several(values) | alone) | st.builds(
        Predicate, columns, st.sampled_from(COMPARISONS), st.tuples(values) | alone
    )


def _segments(predicates, targets):
    all_of = _several(predicates)
    return st.builds(Segment, st.sampled_from(Action), targets, _several(all_of), all_of | st.just(()))


_any_column = st.builds(Column, st.sampled_from(Source), names)

filters = st.builds(Filter, _several(_segments(_predicates(_any_column), st.sampled_from(Target))))
"""Every tree that has an expression, most of them against the rules."""


def _usable(source):
    schema = SCHEMAS[source.dataset_type]
    if EVENT_TYPE in schema.names:
        return [schema.field(EVENT_TYPE)]
    return [
        field
        for field in schema.fields
        if field.type != "boolean" and not field.textual and (schema.dataset_type, field.name) not in _OWN
    ]


_OWN = {("ACTIONS", name) for name in OWN_RULES}
_words = st.builds(Text, st.text(st.characters(codec="utf-8"), max_size=12).filter(lambda text: text != "*"))


@st.composite
def _fitting_predicates(draw, source):
    field = draw(st.sampled_from(_usable(source)))
    column = Column(source, field.name)
    operator = draw(st.sampled_from([each for each in Operator if field.numeric or each not in RANGES]))
    alike = [each.name for each in _usable(Source.ITEMS) if each.numeric is field.numeric]
    if source is Source.ITEMS and draw(st.booleans()):
        return Predicate(column, operator, (Column(Source.CURRENT_ITEM, draw(st.sampled_from(alike))),))
    value = numbers if field.numeric else _words | numbers
    if operator is not Operator.NOT_IN:
        value |= st.builds(Placeholder, st.sampled_from("ABCDE"))
    return Predicate(column, operator, draw(_several(value) if operator in SETS else st.tuples(value)))


@st.composite
def fitting_filters(draw):
    """Trees that the schemas allow: at most 10 columns by construction."""
    target = draw(st.sampled_from(Target))
    segments = []
    for _ in range(draw(st.integers(1, 2))):
        source = draw(st.sampled_from(SOURCES[target]))
        conditions = _several(_fitting_predicates(source))
        any_of = draw(st.lists(conditions, min_size=1, max_size=2).map(tuple))
        only_if = draw(st.just(()) | st.tuples(_fitting_predicates(Source.CURRENT_USER)))
        segments.append(Segment(draw(st.sampled_from(Action)), target, any_of, only_if))
    return Filter(tuple(segments))
