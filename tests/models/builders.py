"""Small worlds to learn from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.artefact import Vocabulary
from reco.models.als import Pairs
from reco.models.interactions import Interactions, offsets_of


def random_pairs(
    seed: int = 0, *, users: int = 30, items: int = 20, density: float = 0.2, weighted: bool = True
) -> Pairs:
    """Random weighted pairs; some rows and columns may be empty."""
    generator = np.random.default_rng(seed)
    table = generator.random((users, items)) < density * generator.random((users, 1)) * 2
    table[0, 0] = True
    rows, columns = np.nonzero(table)
    weights = generator.random(len(rows)) + 0.1 if weighted else np.ones(len(rows))
    lengths = np.bincount(rows, minlength=users)
    return Pairs(offsets_of(lengths), columns.astype(np.int32), weights.astype(np.float32), items)


def interactions_of(histories: list[list[int]], item_count: int) -> Interactions:
    """One history a user, oldest first, a second between events."""
    items = np.array([item for history in histories for item in history], np.int32)
    times = np.array([place for history in histories for place in range(len(history))], np.int64)
    return Interactions(offsets_of([len(history) for history in histories]), items, times, item_count)


def planted_tastes(
    seed: int = 0, *, users: int = 300, tastes: int = 5, items_each: int = 20, length: int = 20, loyalty: float = 0.8
) -> tuple[Interactions, NDArray[Any]]:
    """Users of one taste each, who mostly touch its items and sometimes any; no item twice. Item i has taste
    i // items_each. Returns the interactions and each user's taste. In each taste some items are more popular."""
    generator = np.random.default_rng(seed)
    count = tastes * items_each
    taste_of_user = generator.integers(0, tastes, users)
    taste_of_item = np.arange(count) // items_each
    liking = 1 / (1 + np.arange(count) % items_each)
    histories = []
    for taste in taste_of_user:
        chance = np.where(taste_of_item == taste, loyalty / (1 - loyalty) * (tastes - 1), 1) * liking
        histories.append(generator.choice(count, length, replace=False, p=chance / chance.sum()).tolist())
    return interactions_of(histories, count), taste_of_user


def names(count: int, prefix: str) -> Vocabulary:
    """Ids whose sorted order is their number."""
    return Vocabulary.from_strings(f"{prefix}{number:06d}" for number in range(count))
