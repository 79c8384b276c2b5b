"""Interactions of any size that look like a shop's: popularity falls as a power, users have tastes.

Users' numbers of items are log-normal. Every item has a topic, every user three; four of five touches are of the user's
topics, the rest of anything, and within a topic the popular come first. A user touches an item at most once.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from reco.models.als import Pairs
from reco.models.interactions import offsets_of

TOPICS = 64
_BLOCK = 20_000
"""Users drawn at once."""
_SLOPE = 0.8
"""Popularity falls as rank^-0.8."""
_SPREAD = 0.9
"""Standard deviation of the log of a user's number of items."""


def pairs(users: int, items: int, events: int, seed: int = 0) -> Pairs:
    """About `events` distinct pairs (within a few per cent), each of weight 1. Cost: memory of 4 bytes an event and of
    one block of users."""
    lengths, columns = [], []
    for length, column in _blocks(users, items, events, seed):
        lengths.append(length)
        columns.append(column)
    joined = np.concatenate(columns)
    return Pairs(offsets_of(np.concatenate(lengths)), joined, np.ones(len(joined), np.float32), items)


def _blocks(users: int, items: int, events: int, seed: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int32]]]:
    generator = np.random.default_rng(seed)
    # What users of one taste touch again and again is lost as repeats: about an eighth.
    mean = 1.15 * events / users
    each = items // TOPICS
    numbered = generator.permutation(items)
    for start in range(0, users, _BLOCK):
        count = min(_BLOCK, users - start)
        wanted = generator.lognormal(np.log(mean) - _SPREAD**2 / 2, _SPREAD, count)
        lengths = np.clip(wanted, 1, items // 4).astype(np.int64)
        rows = np.repeat(np.arange(count), lengths)
        tastes = generator.integers(0, TOPICS, (count, 3))
        topics = tastes[rows, generator.integers(0, 3, len(rows))]
        ranks = _ranks(generator, each, len(rows))
        chosen = topics * each + ranks
        anything = generator.random(len(rows)) < 0.2
        chosen[anything] = _ranks(generator, items, int(anything.sum()))
        # Popularity of all: the first ranks of every topic, not one topic after another.
        chosen[anything] = chosen[anything] % TOPICS * each + np.minimum(chosen[anything] // TOPICS, each - 1)
        key = np.unique(rows * items + numbered[chosen])
        yield np.bincount(key // items, minlength=count), (key % items).astype(np.int32)


def _ranks(generator: np.random.Generator, most: int, count: int) -> NDArray[np.int64]:
    """Ranks below `most`, drawn by rank^-slope through the inverse of its integral."""
    power = 1 - _SLOPE
    drawn = generator.random(count) * ((most + 1.0) ** power - 1) + 1
    return np.minimum((drawn ** (1 / power)).astype(np.int64) - 1, most - 1)
