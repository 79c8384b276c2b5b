"""Interactions as training sees them: who touched what, in order, by row numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.errors import UserFault

WEIGHT_RANGE = 1_000.0
"""How many times the mean an event may weigh, or how small a part of it."""


@dataclass(frozen=True)
class Labels:
    """What one field says of every event, or of every user."""

    field: str
    values: Sequence[str]
    codes: NDArray[np.int32]
    """One an event, in the interactions' order, or one a user: place in values, -1 where nothing is said."""

    @staticmethod
    def of_users(field: str, values: Sequence[str], codes: NDArray[np.int32], interactions: Interactions) -> Labels:
        """Of every event, from what is said of every user."""
        return Labels(field, values, codes[interactions.user_rows()])

    def where(self, keep: NDArray[np.bool_]) -> Labels:
        """Of some events, or of some users, alone."""
        return replace(self, codes=self.codes[keep])


@dataclass(frozen=True)
class Interactions:
    """Events by user and, within a user, oldest first. User u's are offsets[u] to offsets[u + 1]."""

    offsets: NDArray[np.int64]
    items: NDArray[np.int32]
    """Item rows."""
    times: NDArray[np.int64]
    """Seconds since the epoch, rising within a user."""
    item_count: int
    """Size of the catalogue, items that nobody touched included."""
    weights: NDArray[np.float32] | None = None
    """What each event counts, above 0; None counts all alike."""
    labels: tuple[Labels, ...] = ()
    """Contextual metadata of the events."""
    user_labels: tuple[Labels, ...] = ()
    """Metadata of the users, one code a user."""

    def __len__(self) -> int:
        return len(self.items)

    @property
    def user_count(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Events per user."""
        return np.diff(self.offsets)

    def user_rows(self) -> NDArray[np.int32]:
        """Each event's user."""
        return np.repeat(np.arange(self.user_count, dtype=np.int32), self.lengths)

    def history(self, user: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """One user's items and times, oldest first."""
        span = slice(self.offsets[user], self.offsets[user + 1])
        return self.items[span], self.times[span]

    def history_weights(self, user: int) -> NDArray[np.float32] | None:
        """What one user's events count, oldest first; None where all count alike."""
        return None if self.weights is None else self.weights[self.offsets[user] : self.offsets[user + 1]]

    def of_users(self, keep: NDArray[np.bool_]) -> Interactions:
        """Only the events of some users, who are renumbered."""
        events = np.repeat(keep, self.lengths)
        kept = self._of_events(events, self.lengths[keep])
        return replace(kept, user_labels=tuple(each.where(keep) for each in self.user_labels))

    def without_items(self, drop: NDArray[np.bool_]) -> Interactions:
        """Without the events of some items; users and items keep their rows."""
        return self.of_events(~drop[self.items])

    def of_events(self, keep: NDArray[np.bool_]) -> Interactions:
        """Only some events; users and items keep their rows."""
        return self._of_events(keep, np.bincount(self.user_rows()[keep], minlength=self.user_count))

    def with_relative_weights(self) -> Interactions:
        """The same with weights of mean 1, none of them under a thousandth or over a thousand: only their ratios say
        anything, and every constant of a fit is made for weights about 1. Weights that are all alike become None.

        Raises:
            UserFault: a weight is not finite, or not above 0.
        """
        if self.weights is None or not len(self):
            return self
        weights = self.weights.astype(np.float64)
        if not np.isfinite(weights).all() or weights.min() <= 0:
            raise UserFault("Create failed. Weights of events must be finite numbers above 0.")
        if weights.min() == weights.max():
            return replace(self, weights=None)
        relative = np.clip(weights / weights.mean(), 1 / WEIGHT_RANGE, WEIGHT_RANGE)
        return replace(self, weights=relative.astype(np.float32))

    def described_events(self) -> Iterator[Labels]:
        """Every field that says something of the events: of themselves, and of their users."""
        yield from self.labels
        for each in self.user_labels:
            yield Labels.of_users(each.field, each.values, each.codes, self)

    def _of_events(self, events: NDArray[np.bool_], lengths: NDArray[Any]) -> Interactions:
        weights = None if self.weights is None else self.weights[events]
        return Interactions(
            offsets_of(lengths),
            self.items[events],
            self.times[events],
            self.item_count,
            weights,
            tuple(each.where(events) for each in self.labels),
            self.user_labels,
        )


def offsets_of(lengths: NDArray[Any]) -> NDArray[np.int64]:
    """Where each of these runs begins, and where the last ends."""
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def places_to_end(offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each element of the runs that begin at `offsets`, how many of its own run come after it."""
    return np.repeat(offsets[1:], np.diff(offsets)) - 1 - np.arange(int(offsets[-1]))


def newest_events(interactions: Interactions, share: float) -> NDArray[np.bool_]:
    """Which events are of their user's newest `share`, rounded down, one at least of two or more."""
    lengths = interactions.lengths
    newest = np.where(lengths >= 2, np.maximum((lengths * share).astype(np.int64), 1), 0)
    return np.asarray(places_to_end(interactions.offsets) < np.repeat(newest, lengths))


@dataclass(frozen=True)
class DistinctPairs:
    """Each user-item pair once, by user and, within a user, in the order in which the items were last touched."""

    offsets: NDArray[np.int64]
    items: NDArray[np.int32]
    counts: NDArray[np.int64]
    """How often the user touched the item."""
    item_count: int
    weights: NDArray[np.float64] | None = None
    """What the pair's events weigh together; None where they were not weighed."""

    def item_users(self) -> NDArray[np.int64]:
        """Distinct users of each item."""
        return np.bincount(self.items, minlength=self.item_count)


def distinct_pairs(
    offsets: NDArray[np.int64],
    items: NDArray[np.int32],
    item_count: int,
    weights: NDArray[np.floating] | None = None,
) -> DistinctPairs:
    """The distinct pairs of events given by user, oldest first, and what these events weigh."""
    users = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    order = np.argsort(users * item_count + items, kind="stable")
    key = users[order] * item_count + items[order]
    last = np.ones(len(key), bool)
    last[:-1] = key[1:] != key[:-1]
    ends = np.flatnonzero(last)
    by_time = np.argsort(order[ends])
    place = order[ends][by_time]
    counts = np.diff(ends, prepend=-1)
    lengths = np.bincount(users[place], minlength=len(offsets) - 1)
    sums = None
    if weights is not None:
        sums = np.add.reduceat(weights[order], ends + 1 - counts, dtype=np.float64)[by_time]
    return DistinctPairs(offsets_of(lengths), items[place], counts[by_time], item_count, sums)


def keep_between_percentiles(lengths: NDArray[Any], low: float, high: float) -> NDArray[np.bool_]:
    """Which of `lengths` lie from the `low` to the `high` percentile (0 to 1) of those that are not zero.

    Both ends are kept, so something always is.
    """
    present = lengths[lengths > 0]
    if not len(present):
        return np.zeros(len(lengths), bool)
    smallest = np.quantile(present, low, method="lower")
    largest = np.quantile(present, high, method="higher")
    return np.asarray((lengths >= smallest) & (lengths <= largest) & (lengths > 0))


def repeat_share(interactions: Interactions) -> float:
    """Share of events whose user had touched the same item before."""
    pairs = distinct_pairs(interactions.offsets, interactions.items, interactions.item_count)
    return 1 - len(pairs.items) / len(interactions) if len(interactions) else 0.0
