"""Reading a snapshot: what one dataset held after an import, in the artefact format.

Layout (array names; NAME is a column's name in the schema):

    INTERACTIONS   users, items              vocabularies; of ACTION_INTERACTIONS, `items` holds the actions
                   user_offsets  int64       user u's rows are user_offsets[u] to user_offsets[u + 1]
                   item_rows     int32       row in `items`
                   timestamps    int64       seconds since the epoch
                   rows in order of user, timestamp, item, place in the input
    ITEMS, USERS,
    ACTIONS        ids                       vocabulary; row i of every column belongs to ids[i]
    any column     NAME.values, NAME.codes   string: vocabulary, and int32 row in it, -1 is null
                   NAME.numbers              number: float64 for float and double, int64 for int and long;
                                             boolean: uint8; 0 where it is null
                   NAME.nulls    uint8       1 where it is null; only when the schema allows null

Attributes: dataset_type, schema (JSON text), rows, columns (a list of the schema's fields) and data_report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.artefact import Artefact, Vocabulary
from reco.datasets.schemas import Field, Schema, parse_schema
from reco.errors import CorruptArtefact

KIND = "snapshot"
IDS: Mapping[str, str] = {"ITEMS": "ITEM_ID", "USERS": "USER_ID", "ACTIONS": "ACTION_ID"}
"""Name of the column that a catalogue's rows are known by."""
PLACED: Mapping[str, tuple[str, str, str]] = {
    "INTERACTIONS": ("USER_ID", "ITEM_ID", "TIMESTAMP"),
    "ACTION_INTERACTIONS": ("USER_ID", "ACTION_ID", "TIMESTAMP"),
}
"""Columns of events (who, what, when) that have arrays of their own instead of NAME.* ones."""


@dataclass(frozen=True)
class StringColumn:
    """A column of texts."""

    field: Field
    values: Vocabulary
    codes: NDArray[np.int32]
    """Per row its place in `values`; -1 is null."""

    def strings(self) -> list[str | None]:
        """Every row's text; for small tables and for looking."""
        values = list(self.values)
        return [None if code < 0 else values[code] for code in self.codes.tolist()]


@dataclass(frozen=True)
class NumberColumn:
    """A column of numbers or truth values."""

    field: Field
    numbers: NDArray[Any]
    """float64, int64 or, for truth values, uint8; 0 where null."""
    nulls: NDArray[np.uint8] | None
    """1 where null; None when the schema forbids null."""


Column = StringColumn | NumberColumn


@dataclass(frozen=True)
class InteractionSnapshot:
    """All interactions with items, or with actions, by user and in time's order."""

    artefact: Artefact
    schema: Schema
    users: Vocabulary
    items: Vocabulary
    """The items, or the actions."""
    user_offsets: NDArray[np.int64]
    item_rows: NDArray[np.int32]
    timestamps: NDArray[np.int64]
    columns: Mapping[str, Column]
    """By name, without those of PLACED; in the schema's order."""

    @staticmethod
    def of(artefact: Artefact) -> InteractionSnapshot:
        """Maps the arrays; reads no more than the manifest.

        Raises:
            CorruptArtefact: the artefact is not a snapshot of interactions.
        """
        schema = _schema(artefact, *PLACED)
        return InteractionSnapshot(
            artefact=artefact,
            schema=schema,
            users=Vocabulary.of(artefact, "users"),
            items=Vocabulary.of(artefact, "items"),
            user_offsets=artefact.array("user_offsets"),
            item_rows=artefact.array("item_rows"),
            timestamps=artefact.array("timestamps"),
            columns=_columns(
                artefact, [each for each in schema.fields if each.name not in PLACED[schema.dataset_type]]
            ),
        )

    @property
    def rows(self) -> int:
        return len(self.item_rows)

    def user_rows(self) -> NDArray[np.int32]:
        """Per interaction its user's row in `users`; built anew at each call."""
        return np.repeat(np.arange(len(self.users), dtype=np.int32), np.diff(self.user_offsets))


@dataclass(frozen=True)
class CatalogueSnapshot:
    """What is known of every item, of every user or of every action."""

    artefact: Artefact
    schema: Schema
    ids: Vocabulary
    columns: Mapping[str, Column]
    """By name, without the id; in the schema's order. Row i belongs to ids[i]."""

    @staticmethod
    def of(artefact: Artefact) -> CatalogueSnapshot:
        """Maps the arrays; reads no more than the manifest.

        Raises:
            CorruptArtefact: the artefact is not a snapshot of items, users or actions.
        """
        schema = _schema(artefact, *IDS)
        known_by = IDS[schema.dataset_type]
        return CatalogueSnapshot(
            artefact=artefact,
            schema=schema,
            ids=Vocabulary.of(artefact, "ids"),
            columns=_columns(artefact, [field for field in schema.fields if field.name != known_by]),
        )

    @property
    def rows(self) -> int:
        return len(self.ids)


def _schema(artefact: Artefact, *dataset_types: str) -> Schema:
    found = artefact.attributes.get("dataset_type")
    if artefact.kind != KIND or found not in dataset_types:
        raise CorruptArtefact(f"{artefact.folder} is no snapshot of {' or '.join(dataset_types)}")
    return parse_schema(artefact.attributes["schema"])


def _columns(artefact: Artefact, fields: list[Field]) -> dict[str, Column]:
    return {field.name: _column(artefact, field) for field in fields}


def _column(artefact: Artefact, field: Field) -> Column:
    if field.type == "string":
        return StringColumn(
            field, Vocabulary.of(artefact, f"{field.name}.values"), artefact.array(f"{field.name}.codes")
        )
    nulls = artefact.array(f"{field.name}.nulls") if field.nullable else None
    return NumberColumn(field, artefact.array(f"{field.name}.numbers"), nulls)
