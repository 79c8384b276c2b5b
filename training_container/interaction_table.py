"""Interactions on their way from snapshot and stream to training: united, selected, each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.artefact import Vocabulary
from reco.datasets.snapshot import InteractionSnapshot, NumberColumn, StringColumn
from reco.events.freeze import StreamedEvents
from reco.models.interactions import Labels, offsets_of
from reco.recipes.event_parameters import EventParameters
from training_container.metadata import numbers_of

MOST_SECONDS = 10**11
"""A timestamp from here on is no count of seconds: it would be the year 5138."""


@dataclass(frozen=True)
class InteractionTable:
    """Parallel columns, a row for each event. `united` orders them by user, time, item and type."""

    users: Vocabulary
    items: Vocabulary
    types: Vocabulary
    user_rows: NDArray[np.int32]
    item_rows: NDArray[np.int32]
    type_rows: NDArray[np.int32]
    """-1 where an event has no type."""
    timestamps: NDArray[np.int64]
    values: NDArray[np.float64]
    """NaN where an event has no value."""
    weights: NDArray[np.float64] | None = None
    """What each event counts, above 0; None counts all alike."""
    labels: tuple[Labels, ...] = ()
    """Contextual metadata."""

    def __len__(self) -> int:
        return len(self.item_rows)

    @staticmethod
    def united(parts: Sequence[InteractionTable]) -> InteractionTable:
        """All parts' events, in order, their rows in vocabularies of all parts."""
        whole = parts[0]
        for part in parts[1:]:
            if len(part):
                whole = _joined(whole, part)
        return whole._sorted()

    @staticmethod
    def empty() -> InteractionTable:
        nothing, rows = Vocabulary.from_strings([]), np.empty(0, np.int32)
        return InteractionTable(nothing, nothing, nothing, rows, rows, rows, np.empty(0, np.int64), np.empty(0))

    def in_seconds(self) -> InteractionTable:
        """Timestamps of the year 5138 and later as what they must be: milliseconds, microseconds or nanoseconds."""
        times = self.timestamps
        while (late := times >= MOST_SECONDS).any():
            times = np.where(late, times // 1000, times)
        return self if times is self.timestamps else replace(self, timestamps=times)

    def selected(self, kinds: Sequence[EventParameters]) -> InteractionTable:
        """Only events of these kinds, weighted as the first kind that takes them says; no kind keeps all."""
        if not kinds:
            return self
        types = [text.lower() for text in self.types]
        weights = np.zeros(len(self))
        for kind in reversed(kinds):
            taken = np.ones(len(self), bool)
            if kind.event_type is not None:
                rows = [row for row, text in enumerate(types) if text == kind.event_type.lower()]
                taken &= np.isin(self.type_rows, rows)
            if kind.value_threshold is not None:
                taken &= self.values >= kind.value_threshold
            weights[taken] = kind.weight
        keep = weights > 0
        chosen = self if keep.all() else self._rows(keep)
        weights = weights[keep]
        return chosen if len({kind.weight for kind in kinds}) == 1 else replace(chosen, weights=weights)

    def without_duplicates(self) -> InteractionTable:
        """One of events that agree in user, item, type and second."""
        keep = np.ones(len(self), bool)
        keep[1:] = False
        for column in (self.user_rows, self.timestamps, self.item_rows, self.type_rows):
            keep[1:] |= column[1:] != column[:-1]
        return self if keep.all() else self._rows(keep)

    def user_offsets(self) -> NDArray[np.int64]:
        return offsets_of(np.bincount(self.user_rows, minlength=len(self.users)))

    def _sorted(self) -> InteractionTable:
        columns = (self.user_rows, self.timestamps, self.item_rows, self.type_rows)
        if _rising(columns):
            return self
        return self._rows(np.lexsort(columns[::-1]))

    def _rows(self, rows: NDArray[Any]) -> InteractionTable:
        return replace(
            self,
            user_rows=self.user_rows[rows],
            item_rows=self.item_rows[rows],
            type_rows=self.type_rows[rows],
            timestamps=self.timestamps[rows],
            values=self.values[rows],
            weights=None if self.weights is None else self.weights[rows],
            labels=tuple(replace(each, codes=each.codes[rows]) for each in self.labels),
        )


def read_snapshot(snapshot: InteractionSnapshot, context: Sequence[str] = ()) -> InteractionTable:
    """The interactions of an import; `context` names the columns of contextual metadata to read."""
    types, values = snapshot.columns.get("EVENT_TYPE"), snapshot.columns.get("EVENT_VALUE")
    return InteractionTable(
        users=snapshot.users,
        items=snapshot.items,
        types=types.values if isinstance(types, StringColumn) else Vocabulary.from_strings([]),
        user_rows=snapshot.user_rows(),
        item_rows=snapshot.item_rows,
        type_rows=types.codes if isinstance(types, StringColumn) else np.full(snapshot.rows, -1, np.int32),
        timestamps=snapshot.timestamps,
        values=numbers_of(values) if isinstance(values, NumberColumn) else np.full(snapshot.rows, np.nan),
        labels=tuple(
            Labels(name, list(column.values), column.codes)
            for name in context
            if isinstance(column := snapshot.columns.get(name), StringColumn)
        ),
    )


def read_streamed(events: StreamedEvents, context: Sequence[str] = ()) -> InteractionTable:
    """The interactions of PutEvents; their properties bear the names of columns."""
    users, user_rows = Vocabulary.index(events.users)
    items, item_rows = Vocabulary.index(events.items)
    types, type_rows = Vocabulary.index(events.types)
    return InteractionTable(
        users,
        items,
        types,
        user_rows,
        item_rows,
        type_rows,
        np.asarray(events.timestamps),
        np.asarray(events.values),
        labels=tuple(_property(events, name) for name in context),
    )


def _property(events: StreamedEvents, name: str) -> Labels:
    given = [value if isinstance(value := each.get(name), str) else None for each in events.properties]
    known = {value: place for place, value in enumerate(dict.fromkeys(value for value in given if value is not None))}
    codes = np.array([-1 if value is None else known[value] for value in given], np.int32)
    return Labels(name, list(known), codes)


def _joined(one: InteractionTable, two: InteractionTable) -> InteractionTable:
    users, *user_rows = _merged(one.users, one.user_rows, two.users, two.user_rows)
    items, *item_rows = _merged(one.items, one.item_rows, two.items, two.item_rows)
    types, *type_rows = _merged(one.types, one.type_rows, two.types, two.type_rows)
    return InteractionTable(
        users,
        items,
        types,
        np.concatenate(user_rows),
        np.concatenate(item_rows),
        np.concatenate(type_rows),
        np.concatenate([one.timestamps, two.timestamps]),
        np.concatenate([one.values, two.values]),
        labels=tuple(_joined_labels(name, one, two) for name in _fields(one, two)),
    )


def _fields(*tables: InteractionTable) -> list[str]:
    return list(dict.fromkeys(each.field for table in tables for each in table.labels))


def _joined_labels(field: str, *tables: InteractionTable) -> Labels:
    """What the tables say of one field; nothing where one of them does not have it."""
    known: dict[str, int] = {}
    codes = []
    for table in tables:
        found = next((each for each in table.labels if each.field == field), None)
        if found is None:
            codes.append(np.full(len(table), -1, np.int32))
            continue
        places = np.array([known.setdefault(value, len(known)) for value in found.values] + [-1], np.int32)
        codes.append(places[found.codes])
    return Labels(field, list(known), np.concatenate(codes))


def _merged(
    one: Vocabulary, rows_of_one: NDArray[np.int32], two: Vocabulary, rows_of_two: NDArray[np.int32]
) -> tuple[Vocabulary, NDArray[np.int32], NDArray[np.int32]]:
    both, new_of_one, new_of_two = one.union(two)
    # Row -1, no value, stays -1: it picks the extra last place.
    return both, np.append(new_of_one, -1)[rows_of_one], np.append(new_of_two, -1)[rows_of_two]


def _rising(columns: Sequence[NDArray[Any]]) -> bool:
    """Whether the rows, compared column by column, never fall."""
    level = np.ones(max(len(columns[0]) - 1, 0), bool)
    for column in columns:
        if (level & (column[1:] < column[:-1])).any():
            return False
        level &= column[1:] == column[:-1]
    return True
