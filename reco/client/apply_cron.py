"""Expressions `cron(...)` as EventBridge reads them: checked, so that a slip is found before anything is created."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


@dataclass(frozen=True)
class _Field:
    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()
    """Names of the values, the first for `low`."""
    special: str = ""
    """What else one element may be, as a pattern."""


_FIELDS = (
    _Field("minutes", 0, 59),
    _Field("hours", 0, 23),
    _Field("day of month", 1, 31, special=r"L|LW|\d{1,2}W"),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 1, 7, _DAYS, special=r"L|\dL|(\d|[A-Z]{3})#[1-5]"),
    _Field("year", 1970, 2199),
)
_DAY_OF_MONTH, _DAY_OF_WEEK = 2, 4


def cron_problem(expression: object) -> str | None:
    """What is wrong with an expression, in words that follow its path; None when it is right."""
    if not isinstance(expression, str):
        return "must be a text such as cron(0 3 * * ? *)"
    inside = re.fullmatch(r"cron\((.*)\)", expression.strip())
    parts = inside[1].split() if inside else []
    if len(parts) != len(_FIELDS):
        names = ", ".join(field.name for field in _FIELDS)
        return f"must be cron(...) with six fields ({names}); it is {expression!r}"
    if (parts[_DAY_OF_MONTH] == "?") == (parts[_DAY_OF_WEEK] == "?"):
        return f"must have ? as its day of month or as its day of week, and not as both; it is {expression!r}"
    for position, (field, part) in enumerate(zip(_FIELDS, parts, strict=True)):
        if part == "?" and position in (_DAY_OF_MONTH, _DAY_OF_WEEK):
            continue
        if not all(_is_element(field, element.upper()) for element in part.split(",")):
            return f"{part!r} is no {field.name} (from {field.low} to {field.high}) in {expression!r}"
    return None


def _is_element(field: _Field, element: str) -> bool:
    if field.special and re.fullmatch(field.special, element):
        return True
    values, slash, step = element.partition("/")
    if slash and not (step.isdecimal() and int(step) > 0):
        return False
    if values == "*":
        return True
    numbers = [_number(field, value) for value in values.split("-")]
    if len(numbers) > 2 or any(number is None for number in numbers):
        return False
    return len(numbers) == 1 or bool(field.words) or (numbers[0] or 0) <= (numbers[1] or 0)


def _number(field: _Field, text: str) -> int | None:
    if text in field.words:
        return field.words.index(text) + field.low
    return int(text) if text.isascii() and text.isdecimal() and field.low <= int(text) <= field.high else None
