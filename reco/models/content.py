"""What items are like, apart from who touched them: sparse features, row by row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from reco.models.interactions import offsets_of

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Field:
    """One column of the catalogue and the features made of it: columns `start` to `stop`."""

    name: str
    kind: Literal["category", "text", "number"]
    start: int
    stop: int


@dataclass(frozen=True)
class ItemContent:
    """A sparse matrix of features. Item i's are columns[offsets[i]:offsets[i + 1]], each column at most once."""

    offsets: NDArray[np.int64]
    columns: NDArray[np.int32]
    values: Floats
    """Finite."""
    width: int
    """Number of columns."""
    fields: tuple[Field, ...] = ()
    """What the columns stand for, in their order; empty when it is not known."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def rows(self) -> NDArray[np.int64]:
        """The item of each entry."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    def normalised(self) -> ItemContent:
        """The same with rows of length 1, so that products are cosines; rows of nothing stay nothing."""
        lengths = np.sqrt(np.bincount(self.rows(), self.values.astype(np.float64) ** 2, minlength=len(self)))
        scaled = (self.values / np.maximum(lengths, 1e-12)[self.rows()]).astype(np.float32)
        return ItemContent(self.offsets, self.columns, scaled, self.width, self.fields)

    def of_fields(self, wanted: Callable[[Field], bool]) -> ItemContent:
        """Only the features of some fields, in as many columns as before."""
        keep = np.zeros(self.width, bool)
        for field in self.fields:
            keep[field.start : field.stop] = wanted(field)
        entries = keep[self.columns]
        lengths = np.bincount(self.rows()[entries], minlength=len(self))
        return ItemContent(offsets_of(lengths), self.columns[entries], self.values[entries], self.width, self.fields)

    def of_items(self, keep: NDArray[np.bool_]) -> ItemContent:
        """Only the rows of some items, which are renumbered."""
        entries = np.repeat(keep, np.diff(self.offsets))
        lengths = np.diff(self.offsets)[keep]
        return ItemContent(offsets_of(lengths), self.columns[entries], self.values[entries], self.width, self.fields)

    def with_values(self, values: Floats) -> ItemContent:
        """Other values in the same places."""
        return ItemContent(self.offsets, self.columns, values, self.width, self.fields)


def content_scores(codes: Floats, rows: NDArray[Any], weights: NDArray[Any]) -> Floats:
    """(I,) cosine of every item's code with the weighted sum of a history's codes; 0 when the history has none.

    Args:
        codes: (I, P) as `content_codes` makes them.
        rows, weights: the history's items and what each counts, 0 or more.
    """
    profile = np.asarray(weights, np.float32) @ codes[rows]
    size = float(np.linalg.norm(profile))
    return np.asarray(codes @ (profile / size if size > 1e-12 else np.zeros_like(profile)), np.float32)
