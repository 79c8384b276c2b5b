"""Which items have which values in their metadata: what a segment's expression chooses items by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.artefact import Vocabulary
from reco.errors import InvalidInput
from reco.models.interactions import offsets_of
from reco.models.source import ModelSource

_CONDITION = re.compile(r"""\s*ITEMS\.([A-Za-z_]\w*)\s*=\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s"']+)\s*""", re.I)
_AND = re.compile(r"AND\b", re.I)


@dataclass(frozen=True)
class ItemAttributes:
    """Items by attribute. Attribute a is names[a], and its items are items[offsets[a]:offsets[a + 1]], rising."""

    names: Vocabulary
    """COLUMN=value; a number is written as `number_text` does."""
    offsets: NDArray[np.int64]
    items: NDArray[np.int32]
    columns: tuple[str, ...]
    """The columns that an expression may name, those of which no item has a value included."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @staticmethod
    def of(columns: Sequence[str], found: Iterable[tuple[str, str, int]]) -> ItemAttributes:
        """From (column, value, item row); what is said twice counts once."""
        texts, rows = [], []
        for column, value, row in found:
            texts.append(_name(column, value))
            rows.append(row)
        names, codes = Vocabulary.index(texts)
        pairs = np.unique(np.stack([codes.astype(np.int64), np.array(rows, np.int64)], axis=1), axis=0)
        counts = np.bincount(pairs[:, 0], minlength=len(names))
        return ItemAttributes(names, offsets_of(counts), pairs[:, 1].astype(np.int32), tuple(columns))

    def items_of(self, attribute: int) -> NDArray[np.int32]:
        """The rows of the items that have the attribute."""
        return self.items[self.offsets[attribute] : self.offsets[attribute + 1]]

    def select(self, expression: str) -> NDArray[np.int32]:
        """The rows of the items that meet every condition of an expression such as

            ITEMS.genres = "Comedy" AND ITEMS.year = 1995

        Column names in any case; values to the letter, numbers by their value. None meets it: empty.

        Raises:
            InvalidInput: not such an expression, or a column that the items lack.
        """
        chosen: NDArray[np.int32] | None = None
        for column, value in parse_expression(expression):
            items = self._items_with(column, value)
            chosen = items if chosen is None else np.intersect1d(chosen, items)
        assert chosen is not None  # noqa: S101  an expression has one condition at least
        return chosen

    def _items_with(self, column: str, value: str) -> NDArray[np.int32]:
        known = next((each for each in self.columns if each.lower() == column.lower()), None)
        if known is None:
            raise InvalidInput(
                f"itemAttributes: {column} is no column that the model was trained with; it has "
                f"{', '.join(self.columns) or 'none'}."
            )
        row = self.names.row(_name(known, value))
        if row is None and (number := _number(value)) is not None:
            row = self.names.row(_name(known, number))
        return np.empty(0, np.int32) if row is None else self.items_of(row)

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {
            **self.names.arrays("attribute_names"),
            "attribute_offsets": self.offsets,
            "attribute_items": self.items,
        }

    @staticmethod
    def read(source: ModelSource) -> ItemAttributes:
        """What `arrays` gave, with the attribute `attribute_columns`."""
        names = Vocabulary(source.array("attribute_names.bytes"), source.array("attribute_names.offsets"))
        columns = tuple(source.attributes["attribute_columns"])
        return ItemAttributes(names, source.array("attribute_offsets"), source.array("attribute_items"), columns)


def parse_expression(expression: str) -> list[tuple[str, str]]:
    """Column and value of each condition, which AND joins.

    Raises:
        InvalidInput: anything else than `=` and AND; says where.
    """
    conditions, place = [], 0
    while True:
        found = _CONDITION.match(expression, place)
        if found is None:
            raise InvalidInput(
                f"itemAttributes: a condition ITEMS.column = value is expected at character {place + 1}."
            )
        conditions.append((found[1], _unquoted(found[2])))
        place = found.end()
        if place == len(expression):
            return conditions
        joined = _AND.match(expression, place)
        if joined is None:
            raise InvalidInput(f"itemAttributes: AND is expected at character {place + 1}.")
        place = joined.end()


def number_text(number: float) -> str:
    """A number as the names of attributes have it: 7, 7.0 and 7e0 are one."""
    return repr(float(number))


def _name(column: str, value: str) -> str:
    return f"{column}={value}"


def _number(text: str) -> str | None:
    try:
        return number_text(float(text))
    except ValueError:
        return None


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text[0] in "\"'" else text
