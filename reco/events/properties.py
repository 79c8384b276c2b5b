"""An event's `properties`: a JSON object whose keys stand for columns of the interactions schema.

Source: runtime reference, B3 and B4. Clients write a key in camel case, older ones send the item and the value in
here too, and values come as text or as JSON's own types.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from reco.datasets.schemas import Field, Schema
from reco.errors import InvalidInput, MalformedRequest
from reco.wire.request import read_json

_FORBIDDEN = ("userId", "sessionId", "eventType", "timestamp", "recommendationId", "impression")
_TRUTHS = {"true": True, "false": False}
_INT_LIMITS = {"int": 2**31, "long": 2**63}

TEXT_LIMIT = 1000
"""Characters of a string column, as in an import (reco.datasets.checks, which a handler cannot load)."""


def plain(name: str) -> str:
    """What stays the same of a name in every spelling: cabinType, CABIN_TYPE and cabin_type are one column."""
    return name.replace("_", "").lower()


def parse_properties(text: str | None, place: str) -> dict[str, Any]:
    """The object in a `properties` text; empty for none. Of a key that is written twice the last one counts.

    Args:
        place: where the text stood in the request, for messages.
    Raises:
        InvalidInput: no JSON object, or a key that Personalize forbids there.
    """
    if text is None:
        return {}
    try:
        properties = read_json(text, place)
    except MalformedRequest as error:
        reason = error.message.removeprefix(f"{place}: ")
        raise InvalidInput(f"{place}: must be the text of a JSON object; this {reason}") from error
    if not isinstance(properties, dict):
        raise InvalidInput(f"{place}: must be the text of a JSON object")
    spelled = {plain(key): key for key in properties}
    for name in _FORBIDDEN:
        if plain(name) in spelled:
            raise InvalidInput(f"{place}: must not have the key {spelled[plain(name)]}")
    return properties


def take(properties: dict[str, Any], name: str) -> Any:
    """Removes and returns the value under any spelling of `name`; None where there is none."""
    keys = [key for key in properties if plain(key) == plain(name)]
    values = [properties.pop(key) for key in keys]
    return values[-1] if values else None


def as_text(value: Any, place: str) -> str | None:
    """An id that came inside of properties: text, or a number that a client did not quote."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return json.dumps(value)
    raise InvalidInput(f"{place}: must be a string")


def as_number(value: Any, place: str) -> float | None:
    """A finite number that came as one or as its text."""
    if value is None:
        return None
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidInput(f"{place}: must be a finite number") from error
    if not math.isfinite(number):
        raise InvalidInput(f"{place}: must be a finite number")
    return number


def column_values(properties: Mapping[str, Any], schema: Schema, place: str) -> dict[str, Any]:
    """The metadata columns of the schema that the properties give, each as the column's type.

    Keys without a column are left out, as Personalize ignores them.

    Raises:
        InvalidInput: a value is not of its column's type, or a column that may not be null has none.
    """
    given = {plain(key): (key, value) for key, value in properties.items()}
    values = {}
    for field in schema.metadata:
        key, value = given.get(plain(field.name), (field.name, None))
        if value is None:
            if not field.nullable:
                raise InvalidInput(f"{place}.{key}: is required, as column {field.name} of the schema may not be null")
            continue
        values[field.name] = _convert(field, value, f"{place}.{key}")
    return values


def _convert(field: Field, value: Any, place: str) -> Any:
    if isinstance(value, (dict, list)):
        raise InvalidInput(f"{place}: must be a single value")
    if field.type == "string":
        if isinstance(value, float):
            as_number(value, place)
        written = value if isinstance(value, str) else json.dumps(value)
        if len(written) > TEXT_LIMIT:
            raise InvalidInput(
                f"{place}: must be at most {TEXT_LIMIT} characters, as column {field.name} is a string, "
                f"has {len(written)}"
            )
        return written
    if field.type == "boolean":
        truth = _TRUTHS.get(value.strip().lower()) if isinstance(value, str) else value
        if not isinstance(truth, bool):
            raise InvalidInput(f"{place}: must be true or false, as column {field.name} is a boolean")
        return truth
    if field.type in _INT_LIMITS:
        return _convert_whole(field, value, place)
    return as_number(value, place)


def _convert_whole(field: Field, value: Any, place: str) -> int:
    try:
        if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
            raise ValueError(value)
        number = int(value)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(
            f"{place}: must be a whole number, as column {field.name} is of type {field.type}"
        ) from error
    limit = _INT_LIMITS[field.type]
    if not -limit <= number < limit:
        raise InvalidInput(f"{place}: is too large for column {field.name} of type {field.type}")
    return number
