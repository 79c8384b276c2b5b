"""The metadata of items, actions, users and events, row by row as training numbers them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reco.artefact import Vocabulary
from reco.datasets import snapshot
from reco.datasets.schemas import RULES, Field, Schema
from reco.models.content import ItemContent
from reco.models.content_features import SEPARATOR, Column, NumberColumn, TextColumn, build_content
from reco.models.interactions import Interactions, Labels, offsets_of
from reco.models.item_attributes import ItemAttributes, number_text

Rows = NDArray[np.int32]


def content_of(
    catalogue: snapshot.CatalogueSnapshot, rows: Rows, count: int, takes: Callable[[str], bool]
) -> ItemContent | None:
    """Features of `count` items from the columns that training may use; None when there is no such column.

    Args:
        rows: the item row of each row of the catalogue.
        takes: whether the settings let a column, by its name, be learned from.
    """
    columns = [_spread(each, rows, count) for each in _learnable(catalogue) if takes(each.field.name)]
    return build_content(columns, count) if columns else None


def attributes_of(
    catalogue: snapshot.CatalogueSnapshot, rows: Rows, takes: Callable[[str], bool]
) -> ItemAttributes | None:
    """The values of the columns that a segment may be asked for; None when there is no such column."""
    reserved = RULES[catalogue.schema.dataset_type].reserved
    columns = [
        each
        for each in _learnable(catalogue)
        if takes(each.field.name)
        and each.field.name not in reserved
        and not (each.field.textual or each.field.item_name)
    ]
    if not columns:
        return None
    found = ((each.field.name, value, row) for each in columns for value, row in _values(each, rows))
    return ItemAttributes.of([each.field.name for each in columns], found)


def context_fields(schema: Schema) -> list[str]:
    """Columns of the interactions that say in which circumstances an event happened: their categories."""
    return [field.name for field in schema.metadata if field.type == "string" and field.categorical]


def with_users(
    interactions: Interactions,
    users: Vocabulary,
    catalogue: snapshot.CatalogueSnapshot,
    takes: Callable[[str], bool],
) -> tuple[Interactions, Vocabulary]:
    """The interactions with what is known of their users, and with users who have none yet."""
    everybody, old_rows, rows = users.union(catalogue.ids)
    lengths = np.zeros(len(everybody), np.int64)
    lengths[old_rows] = interactions.lengths
    labels = []
    for column in catalogue.columns.values():
        if isinstance(column, snapshot.StringColumn) and column.field.categorical and takes(column.field.name):
            codes = np.full(len(everybody), -1, np.int32)
            codes[rows] = column.codes
            labels.append(Labels(column.field.name, list(column.values), codes))
    return replace(interactions, offsets=offsets_of(lengths), user_labels=tuple(labels)), everybody


def numbers_by_item(
    catalogue: snapshot.CatalogueSnapshot, name: str, rows: Rows, count: int
) -> NDArray[np.float64] | None:
    """One column of `count` items, NaN where there is no number; None without such a column of numbers."""
    column = catalogue.columns.get(name)
    if not isinstance(column, snapshot.NumberColumn):
        return None
    return _numbers_by_row(column, rows, count)


def _learnable(catalogue: snapshot.CatalogueSnapshot) -> list[snapshot.Column]:
    return [column for column in catalogue.columns.values() if learned_from(column.field)]


def learned_from(field: Field) -> bool:
    """Whether training can use a column: Personalize leaves out truth values and plain strings.

    When an item or action was created says how new it is, not what it is like.
    """
    if field.name in ("CREATION_TIMESTAMP", "EXPIRATION_TIMESTAMP", "ACTION_EXPIRATION_TIMESTAMP"):
        return False
    return field.numeric or field.categorical or field.textual or field.item_name


def numbers_of(column: snapshot.NumberColumn) -> NDArray[np.float64]:
    """A column's numbers, NaN where it is null."""
    numbers = column.numbers.astype(np.float64)
    if column.nulls is not None:
        numbers[column.nulls != 0] = np.nan
    return numbers


def _numbers_by_row(column: snapshot.NumberColumn, rows: Rows, count: int) -> NDArray[np.float64]:
    numbers = np.full(count, np.nan)
    numbers[rows] = numbers_of(column)
    return numbers


def _spread(column: snapshot.Column, rows: Rows, count: int) -> Column:
    if isinstance(column, snapshot.NumberColumn):
        return NumberColumn(column.field.name, _numbers_by_row(column, rows, count))
    codes = np.full(count, -1, np.int32)
    codes[rows] = column.codes
    kind: Literal["category", "text"] = "text" if column.field.textual or column.field.item_name else "category"
    return TextColumn(column.field.name, kind, list(column.values), codes)


def _values(column: snapshot.Column, rows: Rows) -> Iterator[tuple[str, int]]:
    if isinstance(column, snapshot.NumberColumn):
        for number, row in zip(numbers_of(column).tolist(), rows.tolist(), strict=True):
            if np.isfinite(number):
                yield number_text(number), row
        return
    parts = [[part for each in text.split(SEPARATOR) if (part := each.strip())] for text in column.values]
    for code, row in zip(column.codes.tolist(), rows.tolist(), strict=True):
        for part in parts[code] if code >= 0 else ():
            yield part, row
