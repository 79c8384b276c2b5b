"""From what a catalogue says of its items to sparse rows of features.

Every column of the catalogue becomes a field: a block of features whose row has length 1 (or 0, where nothing is said),
so that no field drowns the others. Nothing here depends on who touched the items.

    categories  one feature a category that at least two items share; several categories of an item stand between "|"
    truths      categories, too
    numbers     bumps along the order of the values: neighbours in rank share features, and an outlier is merely last
    text        its words, weighed by how rare they are (TF-IDF), hashed with signs into buckets
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from reco.models.content import Field, ItemContent
from reco.models.interactions import offsets_of

SEPARATOR = "|"
MOST_CATEGORIES = 20_000
"""Of one field; what fewer items share is left out."""
BUMPS = 16
FEW_VALUES = 12
"""Numbers of which there are no more different ones than this are categories."""
BUCKETS = 4_096
"""For the words of one field. Words that fall into one bucket are taken for one, mostly with signs that cancel."""
LEAST_ITEMS = 2
"""Features of fewer items tell nothing of any other item."""
MOST_WORDS = 400
"""Of one text; what comes later is not read."""

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class TextColumn:
    """Texts of a catalogue, each different one once."""

    name: str
    kind: Literal["category", "text"]
    values: Sequence[str]
    codes: NDArray[np.int32]
    """(I,) row in values; -1 where nothing is said."""

    @staticmethod
    def of(name: str, kind: Literal["category", "text"], strings: Iterable[str | None]) -> TextColumn:
        """From a text an item."""
        known: dict[str, int] = {}
        codes = [-1 if text is None else known.setdefault(text, len(known)) for text in strings]
        return TextColumn(name, kind, list(known), np.array(codes, np.int32))


@dataclass(frozen=True)
class NumberColumn:
    """Numbers or truths of a catalogue."""

    name: str
    numbers: NDArray[np.float64]
    """(I,) NaN where nothing is said; infinities count as nothing, too."""


Column = TextColumn | NumberColumn

_Block = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64], int]
"""Offsets, columns and values of rows, and their width."""


def build_content(columns: Sequence[Column], count: int) -> ItemContent:
    """Features of `count` items. Fields of which nothing is left are kept, with no feature.

    Cost: linear in the texts' length and the items; a column's different values are looked at once.
    """
    blocks = [_numbers(column) if isinstance(column, NumberColumn) else _texts(column) for column in columns]
    fields, start = [], 0
    for column, block in zip(columns, blocks, strict=True):
        kind = "number" if isinstance(column, NumberColumn) else column.kind
        fields.append(Field(column.name, kind, start, start + block[3]))
        start += block[3]
    rows = np.concatenate(
        [np.empty(0, np.int64), *(np.repeat(np.arange(count), np.diff(block[0])) for block in blocks)]
    )
    found = [block[1] + np.int32(field.start) for block, field in zip(blocks, fields, strict=True)]
    order = np.argsort(rows, kind="stable")
    return ItemContent(
        offsets_of(np.bincount(rows, minlength=count)),
        np.concatenate([np.empty(0, np.int32), *found])[order],
        np.concatenate([np.empty(0), *(block[2] for block in blocks)])[order].astype(np.float32),
        start,
        tuple(fields),
    )


def words_of(text: str) -> list[str]:
    """Lower-case words, in order."""
    return _WORD.findall(text.casefold())[:MOST_WORDS]


def _texts(column: TextColumn) -> _Block:
    if column.kind == "text":
        return _spread(_hashed([words_of(text) for text in column.values], column.codes), column.codes)
    parts = [[part.strip() for part in text.split(SEPARATOR)] for text in column.values]
    return _spread(_listed([[part for part in each if part] for each in parts], column.codes), column.codes)


def _listed(terms: list[list[str]], codes: NDArray[np.int32]) -> _Block:
    """A feature for every category, most shared first."""
    known: dict[str, int] = {}
    numbered = [sorted({known.setdefault(term, len(known)) for term in each}) for each in terms]
    offsets, columns = _flat(numbered)
    shared = _shares(offsets, columns, codes, len(known))
    order = np.argsort(-shared, kind="stable")[:MOST_CATEGORIES]
    order = order[shared[order] >= LEAST_ITEMS]
    place = np.full(len(known), -1, np.int32)
    place[order] = np.arange(len(order))
    keep = place[columns] >= 0
    rows = np.repeat(np.arange(len(terms)), np.diff(offsets))[keep]
    return _unit(rows, place[columns[keep]], np.ones(len(rows)), len(terms), len(order))


def _hashed(terms: list[list[str]], codes: NDArray[np.int32]) -> _Block:
    """TF-IDF of words: (1 + log times in the text) log(texts / texts with the word), in signed buckets."""
    known: dict[str, int] = {}
    numbered = [[known.setdefault(term, len(known)) for term in each] for each in terms]
    hashes = np.fromiter((crc32(word.encode()) for word in known), np.uint32, len(known))
    offsets, columns = _flat(numbered)
    rows = np.repeat(np.arange(len(terms), dtype=np.int64), np.diff(offsets))
    pairs, times = np.unique(rows * max(len(known), 1) + columns, return_counts=True)
    rows, columns = pairs // max(len(known), 1), pairs % max(len(known), 1)
    shared = _shares(offsets_of(np.bincount(rows, minlength=len(terms))), columns, codes, len(known))
    keep = shared[columns] >= LEAST_ITEMS
    rows, columns, times = rows[keep], columns[keep], times[keep]
    texts = max(int(np.count_nonzero(codes >= 0)), 1)
    values = (1 + np.log(times)) * np.log((1 + texts) / shared[columns])
    signs = 1.0 - 2.0 * (hashes[columns] >> np.uint32(31))
    buckets = (hashes[columns] % np.uint32(BUCKETS)).astype(np.int64)
    cells, inverse = np.unique(rows * BUCKETS + buckets, return_inverse=True)
    summed = np.bincount(inverse, values * signs, minlength=len(cells)).astype(np.float64)
    return _unit(cells // BUCKETS, (cells % BUCKETS).astype(np.int32), summed, len(terms), BUCKETS)


def _numbers(column: NumberColumn) -> _Block:
    known = np.isfinite(column.numbers)
    different, codes = np.unique(column.numbers[known], return_inverse=True)
    if len(different) <= FEW_VALUES:
        every = np.full(len(known), -1, np.int32)
        every[known] = codes
        return _spread(_listed([[str(number)] for number in different.tolist()], every), every)
    # The middle of the ranks that a value takes, from 0 to 1.
    ends = np.cumsum(np.bincount(codes))
    ranks = (ends - np.bincount(codes) / 2)[codes] / len(codes)
    centres = (np.arange(BUMPS) + 0.5) / BUMPS
    bumps = np.exp(-0.5 * ((ranks[:, None] - centres) * BUMPS / 1.5) ** 2)
    rows, columns = np.nonzero(bumps > 0.01)
    places = np.flatnonzero(known)
    return _unit(places[rows], columns.astype(np.int32), bumps[rows, columns], len(known), BUMPS)


def _flat(lists: list[list[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    offsets = offsets_of(np.array([len(each) for each in lists], np.int64))
    return offsets, np.fromiter((number for each in lists for number in each), np.int64, int(offsets[-1]))


def _shares(
    offsets: NDArray[np.int64], columns: NDArray[np.int64], codes: NDArray[np.int32], width: int
) -> NDArray[np.float64]:
    """How many items have each feature, given the features of each different value."""
    items = np.bincount(codes[codes >= 0], minlength=len(offsets) - 1)
    weights = np.repeat(items, np.diff(offsets)).astype(np.float64)
    return np.bincount(columns, weights, minlength=width).astype(np.float64)


def _unit(
    rows: NDArray[np.int64], columns: NDArray[np.int32], values: NDArray[np.float64], height: int, width: int
) -> _Block:
    """Rows in order, each divided by its length."""
    lengths = np.sqrt(np.bincount(rows, values**2, minlength=height))
    scaled = values / np.maximum(lengths, 1e-12)[rows]
    return offsets_of(np.bincount(rows, minlength=height)), columns, scaled, width


def _spread(block: _Block, codes: NDArray[np.int32]) -> _Block:
    """From rows of different values to rows of items."""
    offsets, columns, values, width = block
    lengths = np.where(codes >= 0, np.append(np.diff(offsets), 0)[codes], 0)
    begins = offsets_of(lengths)
    starts = np.append(offsets[:-1], 0)[codes]
    place = np.repeat(starts - begins[:-1], lengths) + np.arange(begins[-1])
    return begins, columns[place], values[place], width
