"""Personalize's dialect of Avro: what a dataset schema may say, checked once when it is created.

A schema is a flat record whose name gives the dataset type. Only `parse_schema` makes a Schema, so whoever holds one
holds a valid one. Nothing but the standard library is imported: the control handler uses this module.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reco.errors import InvalidInput

SCHEMA_TEXT_LIMIT = 20_000
NAME_LIMIT = 150
NUMERIC_TYPES = ("int", "long", "float", "double")
FIELD_TYPES = (*NUMERIC_TYPES, "string", "boolean")

_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FLAGS = ("categorical", "textual", "itemName")


@dataclass(frozen=True)
class Field:
    """One column of a dataset."""

    name: str
    type: str
    """One of FIELD_TYPES."""
    nullable: bool = False
    """The type is a union with null: an empty cell is a value."""
    categorical: bool = False
    textual: bool = False
    item_name: bool = False

    @property
    def numeric(self) -> bool:
        return self.type in NUMERIC_TYPES


@dataclass(frozen=True)
class Schema:
    """A checked dataset schema."""

    dataset_type: str
    """A key of RULES."""
    fields: tuple[Field, ...]
    """In the order the caller wrote them."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)

    @property
    def metadata(self) -> tuple[Field, ...]:
        """The fields that Personalize gives no meaning of its own."""
        rules = RULES[self.dataset_type]
        known = {*rules.required, *rules.reserved}
        return tuple(field for field in self.fields if field.name not in known)


@dataclass(frozen=True)
class TypeRules:
    """What a schema of one dataset type must hold and may hold."""

    record: str
    """The Avro record's name."""
    required: Mapping[str, str]
    """Type of each field that must be there; never null, never with an attribute."""
    reserved: Mapping[str, str]
    """Type of each field that has a meaning if it is there; may be null, never with an attribute."""
    metadata_limit: int
    needs_metadata: bool
    """At least one field besides the id must be of use to training."""


RULES: Mapping[str, TypeRules] = {
    "INTERACTIONS": TypeRules(
        record="Interactions",
        required={"USER_ID": "string", "ITEM_ID": "string", "TIMESTAMP": "long"},
        reserved={
            "EVENT_TYPE": "string",
            "EVENT_VALUE": "float",
            "IMPRESSION": "string",
            "RECOMMENDATION_ID": "string",
            "EVENT_ATTRIBUTION_SOURCE": "string",
        },
        metadata_limit=5,
        needs_metadata=False,
    ),
    "ITEMS": TypeRules(
        record="Items",
        required={"ITEM_ID": "string"},
        reserved={"CREATION_TIMESTAMP": "long"},
        metadata_limit=100,
        needs_metadata=True,
    ),
    "USERS": TypeRules(
        record="Users",
        required={"USER_ID": "string"},
        reserved={},
        metadata_limit=25,
        needs_metadata=True,
    ),
    "ACTIONS": TypeRules(
        record="Actions",
        required={"ACTION_ID": "string"},
        reserved={
            "CREATION_TIMESTAMP": "long",
            "VALUE": "long",
            "TYPE": "string",
            "EXPIRATION_TIMESTAMP": "long",
            "ACTION_EXPIRATION_TIMESTAMP": "long",
            "REPEAT_FREQUENCY": "long",
        },
        metadata_limit=10,
        needs_metadata=True,
    ),
    "ACTION_INTERACTIONS": TypeRules(
        record="ActionInteractions",
        required={"USER_ID": "string", "ACTION_ID": "string", "EVENT_TYPE": "string", "TIMESTAMP": "long"},
        reserved={"IMPRESSION": "string", "RECOMMENDATION_ID": "string"},
        metadata_limit=5,
        needs_metadata=False,
    ),
}
"""By dataset type; custom dataset groups."""

_TYPE_OF_RECORD = {rules.record: dataset_type for dataset_type, rules in RULES.items()}


def parse_schema(text: str) -> Schema:
    """Reads and checks a schema of a custom dataset group.

    `namespace`, `version` and Avro's other annotations are accepted and mean nothing here.

    Raises:
        InvalidInput: not JSON, not such a record, or a rule is broken; the message names the field.
    """
    record = _record(text)
    dataset_type = _dataset_type(record)
    entries = record.get("fields")
    if not isinstance(entries, list) or not entries:
        raise InvalidInput("Schema: 'fields' must be a list of at least one field.")
    schema = Schema(dataset_type, tuple(_field(entry, number) for number, entry in enumerate(entries, start=1)))
    _check_names(schema)
    _check_flags(schema)
    _check_reserved(schema)
    _check_metadata(schema)
    return schema


def _record(text: str) -> dict[str, Any]:
    if len(text) > SCHEMA_TEXT_LIMIT:
        raise InvalidInput(f"Schema: at most {SCHEMA_TEXT_LIMIT} characters are allowed; this has {len(text)}.")
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"Schema: not valid JSON: {str(error)[:200]}.") from error
    if not isinstance(record, dict) or record.get("type") != "record":
        raise InvalidInput('Schema: must be an Avro record: a JSON object with "type": "record".')
    return record


def _dataset_type(record: dict[str, Any]) -> str:
    name = record.get("name")
    if not isinstance(name, str) or name not in _TYPE_OF_RECORD:
        raise InvalidInput(f"Schema: 'name' must be one of {', '.join(_TYPE_OF_RECORD)}; it is {_shown(name)}.")
    return _TYPE_OF_RECORD[name]


def _field(entry: Any, number: int) -> Field:
    if not isinstance(entry, dict):
        raise InvalidInput(f"Schema: field {number} must be an object with 'name' and 'type'.")
    name = entry.get("name")
    if not isinstance(name, str) or not _FIELD_NAME.fullmatch(name) or len(name) > NAME_LIMIT:
        raise InvalidInput(
            f"Schema: the name of field {number} is {_shown(name)}; it must be letters, digits and underscores, "
            f"not begin with a digit, and have at most {NAME_LIMIT} characters."
        )
    kind, nullable = _type(name, entry.get("type"))
    for flag in _FLAGS:
        if not isinstance(entry.get(flag, False), bool):
            raise InvalidInput(f"Schema: '{flag}' of field {name} must be true or false.")
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
            f"Schema: the type of field {name} is {_shown(declared)}; it must be one of {', '.join(FIELD_TYPES)}, "
            'or a list of one of these and "null".'
        )
    return kinds[0], nulls == 1


def _check_names(schema: Schema) -> None:
    """Names stay apart without their underscores (Personalize's rule) and without case (ours: they name files)."""
    seen: dict[str, str] = {}
    for name in schema.names:
        plain = name.replace("_", "").upper()
        if plain in seen:
            raise InvalidInput(
                f"Schema: fields {seen[plain]} and {name} have the same name (underscores and case do not count)."
            )
        seen[plain] = name


def _check_flags(schema: Schema) -> None:
    for field in schema.fields:
        flags = [
            flag for flag, on in zip(_FLAGS, (field.categorical, field.textual, field.item_name), strict=True) if on
        ]
        if flags and field.type != "string":
            raise InvalidInput(f"Schema: field {field.name} is {flags[0]}, so its type must be string.")
        if field.categorical and field.textual:
            raise InvalidInput(f"Schema: field {field.name} is both categorical and textual; choose one.")
        if schema.dataset_type != "ITEMS" and (field.textual or field.item_name):
            raise InvalidInput(f"Schema: field {field.name} is {flags[-1]}, which only a schema of Items may have.")
    for flag, marked in (
        ("textual", [field.name for field in schema.fields if field.textual]),
        ("itemName", [field.name for field in schema.fields if field.item_name]),
    ):
        if len(marked) > 1:
            raise InvalidInput(f"Schema: fields {', '.join(marked)} are {flag}; at most 1 field may be.")


def _check_reserved(schema: Schema) -> None:
    rules = RULES[schema.dataset_type]
    missing = [name for name in rules.required if schema.field(name) is None]
    if missing:
        raise InvalidInput(f"Schema: a schema of {rules.record} must have the fields {', '.join(missing)}.")
    for name, kind in {**rules.required, **rules.reserved}.items():
        field = schema.field(name)
        if field is None:
            continue
        if field.type != kind:
            raise InvalidInput(f"Schema: the type of field {name} must be {kind}; it is {field.type}.")
        if name in rules.required and field.nullable:
            raise InvalidInput(f"Schema: field {name} is required in every row, so its type must not include null.")
        if field.categorical or field.textual or field.item_name:
            raise InvalidInput(f"Schema: field {name} is reserved and must not be categorical, textual or itemName.")


def _check_metadata(schema: Schema) -> None:
    rules = RULES[schema.dataset_type]
    if len(schema.metadata) > rules.metadata_limit:
        raise InvalidInput(
            f"Schema: a schema of {rules.record} may have at most {rules.metadata_limit} metadata fields; "
            f"this has {len(schema.metadata)}."
        )
    useful = [
        field.name
        for field in schema.fields
        if field.name not in rules.required and (field.numeric or field.categorical or field.textual)
    ]
    if rules.needs_metadata and not useful:
        kinds = (
            "categorical string, textual string or number"
            if rules.record == "Items"
            else "categorical string or number"
        )
        raise InvalidInput(f"Schema: a schema of {rules.record} must have at least 1 metadata field: a {kinds}.")


def _shown(value: Any) -> str:
    """A value from the caller, short enough for a message."""
    if value is None:
        return "absent"
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."
