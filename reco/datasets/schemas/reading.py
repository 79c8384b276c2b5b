"""Personalize's dialect of Avro: from a schema's text to a Schema.

What every schema must be, whatever it is for: a flat record whose name gives the dataset type, with named and typed
fields. Snapshots and older resources are read by this too, so it takes all it ever took; what a new schema must hold
besides is `checking`'s to say.
"""

from __future__ import annotations

import json
import re
from typing import Any

from reco.datasets.schemas.rules import FIELD_TYPES, FLAGS, NAME_LIMIT, RULES, SCHEMA_TEXT_LIMIT
from reco.datasets.schemas.schema import Field, Schema
from reco.errors import InvalidInput

_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TYPE_OF_RECORD = {rules.record: dataset_type for dataset_type, rules in RULES.items()}


def parse_schema(text: str) -> Schema:
    """Reads a schema.

    `namespace`, `version` and Avro's other annotations are accepted and mean nothing here.

    Raises:
        InvalidInput: not JSON, not such a record, or a field that is none; the message names it.
    """
    record = _record(text)
    dataset_type = _dataset_type(record)
    entries = record.get("fields")
    if not isinstance(entries, list) or not entries:
        raise InvalidInput("schema: 'fields' must be a list of at least one field.")
    fields = tuple(_field(entry, number) for number, entry in enumerate(entries, start=1))
    _check_names(fields)
    return Schema(dataset_type, fields)


def _record(text: str) -> dict[str, Any]:
    if len(text) > SCHEMA_TEXT_LIMIT:
        raise InvalidInput(f"schema: at most {SCHEMA_TEXT_LIMIT} characters are allowed; this has {len(text)}.")
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"schema: not valid JSON: {str(error)[:200]}.") from error
    if not isinstance(record, dict) or record.get("type") != "record":
        raise InvalidInput('schema: must be an Avro record: a JSON object with "type": "record".')
    return record


def _dataset_type(record: dict[str, Any]) -> str:
    name = record.get("name")
    if not isinstance(name, str) or name not in _TYPE_OF_RECORD:
        raise InvalidInput(f"schema: 'name' must be one of {', '.join(_TYPE_OF_RECORD)}; it is {_shown(name)}.")
    return _TYPE_OF_RECORD[name]


def _field(entry: Any, number: int) -> Field:
    if not isinstance(entry, dict):
        raise InvalidInput(f"schema: field {number} must be an object with 'name' and 'type'.")
    name = entry.get("name")
    if not isinstance(name, str) or not _FIELD_NAME.fullmatch(name) or len(name) > NAME_LIMIT:
        raise InvalidInput(
            f"schema: the name of field {number} is {_shown(name)}; it must be letters, digits and underscores, "
            f"not begin with a digit, and have at most {NAME_LIMIT} characters."
        )
    kind, nullable = _type(name, entry.get("type"))
    for flag in FLAGS:
        if not isinstance(entry.get(flag, False), bool):
            raise InvalidInput(f"schema: '{flag}' of field {name} must be true or false.")
    return Field(
        name=name,
        type=kind,
        nullable=nullable,
        categorical=entry.get("categorical", False),
        textual=entry.get("textual", False),
        item_name=entry.get("itemName", False),
    )


def _type(name: str, declared: Any) -> tuple[str, bool]:
    """The type and whether it may be null; a union may be written in either order, or hold one type alone."""
    members = declared if isinstance(declared, list) else [declared]
    kinds = [member for member in members if member != "null"]
    nulls = len(members) - len(kinds)
    if len(kinds) != 1 or nulls > 1 or not isinstance(kinds[0], str) or kinds[0] not in FIELD_TYPES:
        raise InvalidInput(
            f"schema: the type of field {name} is {_shown(declared)}; it must be one of {', '.join(FIELD_TYPES)}, "
            'or a list of one of these and "null".'
        )
    return kinds[0], nulls == 1


def _check_names(fields: tuple[Field, ...]) -> None:
    """Names stay apart without their underscores (Personalize's rule) and without case (ours: they name files)."""
    seen: dict[str, str] = {}
    for field in fields:
        plain = field.name.replace("_", "").upper()
        if plain in seen:
            raise InvalidInput(
                f"schema: fields {seen[plain]} and {field.name} have the same name (underscores and case do not "
                "count); rename one."
            )
        seen[plain] = field.name


def _shown(value: Any) -> str:
    """A value from the caller, short enough for a message."""
    if value is None:
        return "absent"
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."
