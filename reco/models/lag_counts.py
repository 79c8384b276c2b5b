"""How often one item follows another, by how many steps: what every sequence model here is solved from.

A sequence is a user's items, each once, in the order in which they were last touched. Events of one user at the same
time have no order; one is drawn from the seed, so that nothing is learned from the order in which a file lists them.
Counts weigh a pair of events by decay^(steps between them), by the weight of the earlier event as context, and by a
weight of the later one that the caller chooses (as a target, or for all targets after it).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reco.models.interactions import Interactions, offsets_of, places_to_end

Floats = NDArray[np.float32]

ORDERED_SHARE = 0.05
"""From this share of steps to a later time on, the events have an order."""
BASKET = 3.0
"""Events at one time, on average, from which on they come by the basket."""
_PIECE = 1 << 20
"""Pairs counted at once."""


@dataclass(frozen=True)
class Sequences:
    """Users' items, each once, oldest last touch first. User u's are offsets[u] to offsets[u + 1]."""

    offsets: NDArray[np.int64]
    items: NDArray[np.int32]
    times: NDArray[np.int64]
    """Of the last touch."""
    weights: Floats
    """Of the event as context, > 0."""
    item_count: int

    def to_end(self) -> NDArray[np.int64]:
        """For each event, how many of its user's come after it."""
        return places_to_end(self.offsets)


def has_order(interactions: Interactions) -> bool:
    """Whether times tell which of a user's events came first, for enough of them to learn from."""
    if len(interactions) < 2:
        return False
    steps = np.diff(interactions.times)
    inside = np.diff(interactions.user_rows()) == 0
    return int(np.count_nonzero(steps[inside] > 0)) > ORDERED_SHARE * max(int(np.count_nonzero(inside)), 1)


def comes_by_basket(interactions: Interactions) -> bool:
    """Whether a user's events mostly share their time with others, as what is bought together does."""
    if not len(interactions):
        return False
    new = np.diff(interactions.times, prepend=0) != 0
    new[interactions.offsets[:-1][interactions.lengths > 0]] = True
    return len(interactions) >= BASKET * int(np.count_nonzero(new))


def sequences_of(
    interactions: Interactions, *, seed: int, longest: int | None = None, repeats: bool = False
) -> Sequences:
    """The users' sequences; of users with more than `longest` items the latest ones.

    With `repeats` all of a user's events, not the last of each item alone.
    An event without a weight weighs 1; an item's weight is that of its last event.
    """
    users = interactions.user_rows().astype(np.int64)
    drawn = np.random.default_rng(seed).random(len(users))
    order = np.lexsort((drawn, interactions.times, users))
    items = interactions.items[order]
    key = users * interactions.item_count + items
    # The last event of each pair: the first met when read backwards.
    _, first = np.unique(key[::-1], return_index=True)
    last = np.arange(len(key)) if repeats else np.sort(len(key) - 1 - first)
    lengths = np.bincount(users[last], minlength=interactions.user_count)
    if longest is not None:
        last = last[places_to_end(offsets_of(lengths)) < longest]
        lengths = np.minimum(lengths, longest)
    given = interactions.weights
    weights = np.ones(len(last), np.float32) if given is None else np.asarray(given[order][last], np.float32)
    return Sequences(
        offsets_of(lengths), items[last], interactions.times[order][last], weights, interactions.item_count
    )


def lagged(sequences: Sequences, most_lags: int) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """For each lag from 1 to `most_lags`: which events have a context event so many places before them."""
    place = np.arange(len(sequences.items)) - np.repeat(sequences.offsets[:-1], np.diff(sequences.offsets))
    later = np.flatnonzero(place >= 1)
    for lag in range(1, most_lags + 1):
        later = later[place[later] >= lag]
        if not len(later):
            return
        yield lag, later


def decayed_counts(
    sequences: Sequences, decay: float, most_lags: int, later_weights: Sequence[NDArray[np.floating]]
) -> list[Floats]:
    """For each of `later_weights` (one number an event): the (I, I) sum over pairs of events of one user, the context
    item's row and the later item's column, of decay^(lag - 1) * weight of the context * weight of the later event.

    Memory: the tables alone and a few million numbers. Cost: events * lags * tables additions.
    """
    return lag_sums(sequences, [decay**lag for lag in range(most_lags)], later_weights)


def lag_sums(
    sequences: Sequences, scales: Sequence[float], later_weights: Sequence[NDArray[np.floating]]
) -> list[Floats]:
    """As `decayed_counts`, a pair of lag 1, 2, ... counting `scales[0]`, `scales[1]`, ..., and none beyond."""
    count = sequences.item_count
    tables = [np.zeros(count * count, np.float32) for _ in later_weights]
    items = sequences.items.astype(np.int64)
    for lag, later in lagged(sequences, len(scales)):
        scale = np.float32(scales[lag - 1])
        for start in range(0, len(later), _PIECE):
            piece = later[start : start + _PIECE]
            key = items[piece - lag] * count + items[piece]
            context = sequences.weights[piece - lag] * scale
            for table, weights in zip(tables, later_weights, strict=True):
                np.add.at(table, key, context * weights[piece].astype(np.float32))
    return [table.reshape(count, count) for table in tables]


def weights_of_later_targets(sequences: Sequences, targets: NDArray[np.floating], decay: float) -> NDArray[np.float64]:
    """For each event, the sum over the events m = 1, 2, ... places after it of decay^(2 m) * their target weight.

    It is what all contexts that hold the event's item weigh together: an event stands in the context of each later one.
    """
    sums = np.zeros(len(targets))
    factor = decay * decay
    to_end = sequences.to_end()
    order = np.argsort(to_end, kind="stable")
    starts = np.searchsorted(to_end[order], np.arange(int(to_end.max(initial=0)) + 2))
    for behind in range(1, len(starts) - 1):
        events = order[starts[behind] : starts[behind + 1]]
        sums[events] = factor * (targets[events + 1] + sums[events + 1])
    return sums
