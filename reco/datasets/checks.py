"""What a cell must be, as SQL: for each field the typed value, whether the cell is good, and what is wrong with it.

Every expression is over the cell's text in a column of its own, NULL for an empty cell.
"""

from __future__ import annotations

from dataclasses import dataclass

from reco.datasets.schemas import Field, Schema

ID_LIMIT = 256
TEXT_LIMIT = 1000
"""Characters of a categorical or any other string, the whole cell with its bars."""
TEXTUAL_LIMIT = 20_000
"""Characters of a textual field; what is over it is cut off, as Personalize does."""

MISSING = 1
NOT_WHOLE = 2
OUT_OF_RANGE = 3
NOT_NUMBER = 4
NOT_BOOLEAN = 5
TOO_LONG = 6

FAULTS_PER_FIELD = 16
"""Fault numbers: (place of the field + 1) * FAULTS_PER_FIELD + kind; below are the kinds of `lines.py`."""

_WHOLE = "'[+-]?[0-9]+'"
_NUMBER = "'[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?'"
_RANGES = {"int": (-(2**31), 2**31 - 1), "float": (-3.4028234663852886e38, 3.4028234663852886e38)}
_SQL_TYPES = {"int": "BIGINT", "long": "BIGINT", "float": "DOUBLE", "double": "DOUBLE", "boolean": "UTINYINT"}
_IDS = ("USER_ID", "ITEM_ID", "ACTION_ID")


@dataclass(frozen=True)
class Check:
    """SQL of one field."""

    field: Field
    sql_type: str
    typed: str
    """The value to store, from the column `c<place>`; NULL where the text is none."""
    good: str
    """Over `c<place>` and `f<place>`, which is `typed`; NULL counts as false."""
    plain: str
    """Cheaper than `good` and true of most good cells; never true of a bad one."""
    fault: str
    """The kind of fault; asked only where `good` is not true."""


def checks(schema: Schema) -> list[Check]:
    """One for each field, in the schema's order."""
    return [_check(field, place) for place, field in enumerate(schema.fields)]


def text_limit(field: Field) -> int:
    """Most characters of a string cell."""
    return ID_LIMIT if field.name in _IDS else TEXTUAL_LIMIT if field.textual else TEXT_LIMIT


def reason(schema: Schema, fault: int) -> tuple[str, str]:
    """Column and reason, in words, of a fault number from FAULTS_PER_FIELD on."""
    field = schema.fields[fault // FAULTS_PER_FIELD - 1]
    words = {
        MISSING: "empty, but the schema does not allow null",
        NOT_WHOLE: "not a whole number",
        OUT_OF_RANGE: f"out of range for {field.type}",
        NOT_NUMBER: "not a number",
        NOT_BOOLEAN: "neither true nor false",
        # Personalize's own words (control-plane reference, B.4).
        TOO_LONG: f"Length cannot be more than {text_limit(field)} characters for {field.name}",
    }
    return field.name, words[fault % FAULTS_PER_FIELD]


def _check(field: Field, place: int) -> Check:
    cell, value = f"c{place}", f"f{place}"
    if field.type == "string":
        typed, good, plain, fault = _string(field, cell)
    elif field.type == "boolean":
        typed = f"CASE {cell} WHEN 'true' THEN 1 WHEN 'false' THEN 0 END"
        good = plain = f"{value} IS NOT NULL"
        fault = str(NOT_BOOLEAN)
    else:
        typed, good, plain, fault = _number(field, cell, value)
    if field.nullable:
        good, plain = f"({cell} IS NULL OR ({good}))", f"({cell} IS NULL OR ({plain}))"
    fault = f"{(place + 1) * FAULTS_PER_FIELD} + CASE WHEN {cell} IS NULL THEN {MISSING} ELSE {fault} END"
    return Check(field, _SQL_TYPES.get(field.type, "VARCHAR"), typed, good, plain, fault)


def _string(field: Field, cell: str) -> tuple[str, str, str, str]:
    limit = text_limit(field)
    if field.textual:
        cut = f"CASE WHEN strlen({cell}) > {limit} THEN left({cell}, {limit}) ELSE {cell} END"
        return cut, f"{cell} IS NOT NULL", f"{cell} IS NOT NULL", str(TOO_LONG)
    # Bytes are counted first: they are known, and never fewer than the characters.
    plain = f"strlen({cell}) <= {limit}"
    return cell, f"({plain} OR length({cell}) <= {limit})", plain, str(TOO_LONG)


def _number(field: Field, cell: str, value: str) -> tuple[str, str, str, str]:
    """TRY_CAST alone takes ' 5' and '1_000', and '1.0' for a whole number, so the text is looked at too.

    The usual way to write a whole number is the one that it is written back in; the pattern, which is slower, is asked
    for all others.
    """
    whole = field.type in ("int", "long")
    pattern = _WHOLE if whole else _NUMBER
    within = [f"{value} IS NOT NULL"] if whole else [f"isfinite({value})"]
    if field.type in _RANGES:
        low, high = _RANGES[field.type]
        within.append(f"{value} BETWEEN {low!r} AND {high!r}")
    same, alike = f"{value}::VARCHAR = {cell}", f"regexp_full_match({cell}, {pattern})"
    good = " AND ".join([*within, f"({same} OR {alike})"])
    plain = " AND ".join([*within[1:], same]) if whole else good
    wrong = NOT_WHOLE if whole else NOT_NUMBER
    fault = f"CASE WHEN {alike} THEN {OUT_OF_RANGE} ELSE {wrong} END"
    return f"TRY_CAST({cell} AS {_SQL_TYPES[field.type]})", f"({good})", f"({plain})", fault
