"""Dataset schemas: the rules as a table, reading a text, and checking what was read.

Nothing but the standard library is imported: the handlers use this.
"""

from reco.datasets.schemas.checking import check_replacement, check_schema
from reco.datasets.schemas.reading import parse_schema
from reco.datasets.schemas.rules import (
    CUSTOM_ONLY,
    DOMAINS,
    FIELD_TYPES,
    NAME_LIMIT,
    NUMERIC_TYPES,
    RULES,
    SCHEMA_TEXT_LIMIT,
    FieldRule,
    TypeRules,
    rules_of,
)
from reco.datasets.schemas.schema import Field, Schema

__all__ = [
    "CUSTOM_ONLY",
    "DOMAINS",
    "FIELD_TYPES",
    "NAME_LIMIT",
    "NUMERIC_TYPES",
    "RULES",
    "SCHEMA_TEXT_LIMIT",
    "Field",
    "FieldRule",
    "Schema",
    "TypeRules",
    "check_replacement",
    "check_schema",
    "parse_schema",
    "rules_of",
]
