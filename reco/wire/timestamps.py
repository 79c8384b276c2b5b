"""Timestamps as clients send them. botocore sends whole seconds; others send fractions, text, or milliseconds."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

MILLISECONDS_FROM = 1e12
"""A value this large is surely milliseconds: as seconds it would be the year 33658."""

LATEST = 253_402_300_799.0
"""The end of the year 9999."""

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?")


def read_timestamp(value: object) -> float:
    """Seconds since the epoch of a JSON number, the same as text, or ISO 8601 (UTC unless it names an offset).

    Raises:
        TypeError: neither a number nor such a text.
        ValueError: before 1970 or after the year 9999.
    """
    seconds = _seconds(value)
    if seconds >= MILLISECONDS_FROM:
        seconds /= 1000
    if not 0 <= seconds <= LATEST:
        raise ValueError("a time before 1970 or after 9999")
    return seconds


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise TypeError("not a timestamp")
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        return _iso_seconds(value)
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _iso_seconds(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise TypeError("not a timestamp") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
