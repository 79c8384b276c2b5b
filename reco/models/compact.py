"""How item-to-item tables and factors lie in an artefact: small, and readable item by item.

All tables' rows of one item are one record of bytes, so that a request reads one stretch for each item of its history,
near or far. A record begins on a multiple of four bytes:

    counts     T x int32      entries of each table's row
    scales     T x float32    what each table's values are multiplied with: a step
    columns    the tables' item rows one after another: uint16 in catalogues up to 65,536 items, else int32
    values     int16, the entries as 32,767ths of their row's largest
    padding    to a multiple of four

Factors of large tables are int8, a scale a row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.models.interactions import offsets_of
from reco.models.item_rows import ItemRows, joined, summed
from reco.models.source import ModelSource

Floats = NDArray[np.float32]

STARTS, RECORDS = "item_rows.starts", "item_rows.records"
FACTORS, FACTOR_SCALES = "item_factors", "item_factor_scales"
FACTOR_ROWS, FACTOR_COUNT = "item_factor_rows", "item_factor_count"
_MOST_FILLED = 0.9
"""Share of rows that are not zero, from which all are kept."""
NARROW = 1 << 16
"""Items up to which a column is two bytes."""
QUANTISED_FROM = 16_000_000
"""Numbers in a table of factors from which they are int8."""
_STEPS = 32_767
"""Of a value, from 0 to the largest of its row."""
_BLOCK_ENTRIES = 4_000_000
_FACTOR_BLOCK = 4096
_REMEMBERED = 20_000
"""Records that came from afar; a few kB each."""


def column_type(item_count: int) -> np.dtype[Any]:
    """The type of a column in a record."""
    return np.dtype(np.uint16 if item_count <= NARROW else np.int32)


def packed_size(tables: Sequence[ItemRows]) -> int:
    """Bytes of the records of these tables, but for the padding."""
    count = tables[0].item_count
    entry = column_type(count).itemsize + 2
    return 8 * len(tables) * count + entry * sum(len(table.items) for table in tables)


def pack(tables: Mapping[str, ItemRows]) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Arrays and attributes that `CompactRows` reads.

    Args:
        tables: one at least, of one catalogue, none of them dense.
    """
    some = list(tables.values())
    count = some[0].item_count
    width = column_type(count).itemsize
    counts = np.stack([np.diff(table.offsets) for table in some], axis=1).astype(np.int32)
    scales = np.stack([_largest(table) for table in some], axis=1) / np.float32(_STEPS)
    sizes = 8 * len(some) + (width + 2) * counts.sum(axis=1, dtype=np.int64)
    starts = offsets_of((sizes + 3) // 4 * 4)
    records = np.zeros(int(starts[-1]), np.uint8)
    head = records.view(np.int32)
    place = (starts[:-1] // 4)[:, None] + np.arange(len(some))
    head[place] = counts
    records.view(np.float32)[place + len(some)] = scales
    columns, values = _places(starts[:-1], counts, width)
    for number, table in enumerate(some):
        for first, last in _blocks(table.offsets):
            span = slice(table.offsets[first], table.offsets[last])
            lengths = counts[first:last, number]
            at = _runs(columns[first:last, number], lengths)
            records.view(column_type(count))[at] = table.items[span]
            at = _runs(values[first:last, number], lengths)
            steps = table.values[span] / np.repeat(scales[first:last, number], lengths)
            records.view(np.int16)[at] = np.rint(steps)
    return {STARTS: starts, RECORDS: records}, {"tables": list(tables)}


class CompactRows:
    """The tables of an artefact, read record by record. Where the records are far, those of a history are fetched side
    by side and remembered."""

    def __init__(self, source: ModelSource) -> None:
        """Of arrays that `pack` gave."""
        self.names: tuple[str, ...] = tuple(source.attributes["item_rows"]["tables"])
        self._starts: NDArray[np.int64] = source.array(STARTS)
        self._type = column_type(self.item_count)
        self._source = source
        self._whole = source.array(RECORDS) if source.is_here(RECORDS) else None
        self._remembered: dict[int, NDArray[np.uint8]] = {}
        self._located: _Located | None = None

    @property
    def item_count(self) -> int:
        return len(self._starts) - 1

    def locate(self, items: NDArray[np.integer]) -> _Located:
        """Where these items' rows lie, of all tables; found once for a history and for its latest items alike."""
        # Looked at once: another thread may put another history in its place.
        located = self._located
        if located is None or not located.ends_with(items):
            content, starts = self._content(items)
            tables = len(self.names)
            place = (starts // 4)[:, None] + np.arange(tables)
            counts = content.view(np.int32)[place]
            scales = content.view(np.float32)[place + tables]
            located = _Located(items, content, counts, scales, *_places(starts, counts, self._type.itemsize))
            self._located = located
        return located

    def _fetch(self, items: NDArray[np.integer]) -> None:
        """Reads the records of these items that are far and not remembered."""
        if self._whole is not None:
            return
        missing = [item for item in items.tolist() if item not in self._remembered]
        if missing:
            if len(self._remembered) >= _REMEMBERED:
                # Replaced, not emptied: another thread may be reading the old one.
                self._remembered = {}
                missing = items.tolist()
            spans = [(int(self._starts[item]), int(self._starts[item + 1])) for item in missing]
            self._remembered.update(zip(missing, self._source.spans(RECORDS, spans), strict=True))

    def table(self, name: str) -> CompactTable:
        """One of the tables. Raises ValueError when there is none of this name."""
        return CompactTable(self, self.names.index(name))

    def combine(self, number: int, items: NDArray[np.integer], weights: NDArray[Any]) -> Floats:
        """(I,) the sum of the items' rows in one table, each times its weight."""
        located = self.locate(items)
        latest = slice(len(located.items) - len(items), None)
        lengths = located.counts[latest, number]
        steps = joined(located.content.view(np.int16), located.values[latest, number], lengths)
        columns = joined(located.content.view(self._type), located.columns[latest, number], lengths)
        values = np.repeat(weights * located.scales[latest, number], lengths) * steps
        return summed(columns, values, self.item_count)

    def _content(self, items: NDArray[np.integer]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Bytes that hold the items' records, and where each begins."""
        if self._whole is not None:
            return self._whole, self._starts[items]
        while True:
            self._fetch(items)
            remembered = self._remembered
            records = [remembered.get(item) for item in items.tolist()]
            here = [record for record in records if record is not None]
            if len(here) == len(records):
                return np.concatenate(here), offsets_of(np.array([len(record) for record in here]))[:-1]


@dataclass(frozen=True)
class _Located:
    """The records of some items, and in them each table's rows."""

    items: NDArray[np.integer]
    content: NDArray[np.uint8]
    """Bytes that hold the records."""
    counts: NDArray[np.int32]
    """(n, T) entries of each row."""
    scales: Floats
    """(n, T)"""
    columns: NDArray[np.int64]
    """(n, T) where a row's columns begin, in columns."""
    values: NDArray[np.int64]
    """(n, T) where its values begin, in values."""

    def ends_with(self, items: NDArray[np.integer]) -> bool:
        """Whether these are the latest of the items here."""
        # As bytes: with some dozens of items that is a tenth of what comparing them as numbers costs.
        latest = self.items[max(len(self.items) - len(items), 0) :]
        return latest.dtype == items.dtype and latest.tobytes() == items.tobytes()


@dataclass(frozen=True)
class CompactTable:
    """One table of `CompactRows`, in the place of an `ItemRows`."""

    rows: CompactRows
    number: int

    def combine(self, rows: NDArray[Any], weights: NDArray[Any]) -> Floats:
        """(I,) the sum of these rows, each times its weight. No rows: zero."""
        if not len(rows):
            return np.zeros(self.rows.item_count, np.float32)
        return self.rows.combine(self.number, np.asarray(rows), weights)


class CompactFactors:
    """Factors (I, K) as int8 with a scale a row, in the place of a float32 table where rows or products are taken."""

    def __init__(self, values: NDArray[np.int8], scales: Floats) -> None:
        self.values = values
        self.scales = scales

    @staticmethod
    def of(factors: Floats) -> CompactFactors:
        """Each row in 127ths of its largest."""
        largest = np.maximum(factors.max(axis=1, initial=0), -factors.min(axis=1, initial=0))
        scales = np.maximum(largest, np.float32(1e-30)) / np.float32(127)
        values = np.empty(factors.shape, np.int8)
        for start in range(0, len(factors), _FACTOR_BLOCK):
            stop = start + _FACTOR_BLOCK
            values[start:stop] = np.rint(factors[start:stop] / scales[start:stop, None])
        return CompactFactors(values, scales.astype(np.float32))

    @property
    def shape(self) -> tuple[int, int]:
        return self.values.shape[0], self.values.shape[1]

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: Any) -> Floats:
        return np.asarray(self.values[rows], np.float32) * self.scales[rows, None]

    def __matmul__(self, vector: Floats) -> Floats:
        """(I,) products; a block of rows at a time is widened, which costs no more than reading float32 would."""
        found = np.empty(len(self.values), np.float32)
        for start in range(0, len(found), _FACTOR_BLOCK):
            stop = start + _FACTOR_BLOCK
            np.matmul(self.values[start:stop].astype(np.float32), vector, out=found[start:stop])
        found *= self.scales
        return found


class FilledFactors:
    """Factors of which only the rows that are not zero are kept: what nobody has touched has none, and reading its
    zeros would be most of an answer's cost where such items are many."""

    def __init__(self, filled: Floats | CompactFactors, rows: NDArray[np.int32], count: int) -> None:
        """`filled` are the rows `rows`, rising, of `count`."""
        self.filled = filled
        self.rows = rows
        self._place = np.full(count, -1, np.int32)
        self._place[rows] = np.arange(len(rows), dtype=np.int32)

    @property
    def shape(self) -> tuple[int, int]:
        return len(self), self.filled.shape[1]

    def __len__(self) -> int:
        return len(self._place)

    def __getitem__(self, rows: Any) -> Floats:
        places = self._place[rows]
        found = np.asarray(self.filled[np.maximum(places, 0)], np.float32)
        found[places < 0] = 0
        return found

    def __matmul__(self, vector: Floats) -> Floats:
        """(I,) products."""
        found = np.zeros(len(self), np.float32)
        found[self.rows] = self.filled @ vector
        return found


def compact_factors(factors: Floats) -> dict[str, NDArray[Any]]:
    """Arrays that `read_factors` reads: without the zero rows where they are many, int8 with scales where the table is
    large, else as it is."""
    rows = np.flatnonzero(factors.any(axis=1)).astype(np.int32)
    arrays: dict[str, NDArray[Any]] = {}
    if 0 < len(rows) < _MOST_FILLED * len(factors):
        arrays = {FACTOR_ROWS: rows, FACTOR_COUNT: np.array([len(factors)], np.int64)}
        factors = factors[rows]
    if factors.size < QUANTISED_FROM:
        return {FACTORS: factors, **arrays}
    compact = CompactFactors.of(factors)
    return {FACTORS: compact.values, FACTOR_SCALES: compact.scales, **arrays}


def read_factors(source: ModelSource) -> Any:
    """The factors, float32, `CompactFactors` or `FilledFactors`: what serves as any of them."""
    factors = source.array(FACTORS)
    whole = CompactFactors(factors, source.array(FACTOR_SCALES)) if factors.dtype == np.int8 else factors
    if FACTOR_ROWS not in source.names:
        return whole
    return FilledFactors(whole, source.array(FACTOR_ROWS), int(source.array(FACTOR_COUNT)[0]))


def _largest(table: ItemRows) -> Floats:
    """(I,) the largest size in each row; 1 of rows without entries."""
    filled = np.flatnonzero(np.diff(table.offsets))
    largest = np.ones(table.item_count, np.float32)
    if len(filled):
        sizes = np.abs(table.values)
        largest[filled] = np.maximum(np.maximum.reduceat(sizes, table.offsets[filled]), np.float32(1e-30))
    return largest


def _places(
    starts: NDArray[np.int64], counts: NDArray[np.int32], width: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(n, T) where each table's columns and values begin in the bytes, in units of a column and of a value."""
    tables = counts.shape[1]
    before = np.zeros(counts.shape, np.int64)
    np.cumsum(counts[:, :-1], axis=1, out=before[:, 1:])
    total = counts.sum(axis=1, dtype=np.int64)
    begin = (starts + 8 * tables)[:, None]
    return begin // width + before, (begin + width * total[:, None]) // 2 + before


def _runs(starts: NDArray[np.int64], lengths: NDArray[Any]) -> NDArray[np.int64]:
    """start, start + 1, ... for each run, one after another."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) + np.repeat(starts - (ends - lengths), lengths)


def _blocks(offsets: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Runs of rows with some millions of entries; one row at least."""
    blocks, first, count = [], 0, len(offsets) - 1
    while first < count:
        last = max(int(np.searchsorted(offsets, offsets[first] + _BLOCK_ENTRIES, side="right")) - 1, first + 1)
        blocks.append((first, min(last, count)))
        first = last
    return blocks
