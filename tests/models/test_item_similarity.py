"""Neighbours as the formula says, counted the slow way."""

from __future__ import annotations

from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reco.models import item_similarity
from reco.models.interactions import distinct_pairs
from reco.models.item_similarity import Likeness, Neighbours, fit_neighbours
from tests.models.builders import interactions_of


def neighbours_of(histories: list[list[int]], items: int, likeness: Likeness, count: int = 200) -> list[list[int]]:
    interactions = interactions_of(histories, items)
    found = fit_neighbours(distinct_pairs(interactions.offsets, interactions.items, items), likeness, count=count)
    return as_lists(found)


def as_lists(found: Neighbours) -> list[list[int]]:
    return [found.items[start:stop].tolist() for start, stop in zip(found.offsets, found.offsets[1:], strict=False)]


def slow_neighbours(histories: list[list[int]], items: int, likeness: Likeness, count: int) -> list[list[int]]:
    users = Counter(item for history in histories for item in set(history))
    met = Counter(pair for history in histories for pair in permutations(sorted(set(history)), 2))

    def value(item: int, other: int) -> np.float32:
        return np.float32(met[item, other] / (users[other] + max(likeness.shrinkage, 1e-9)) ** likeness.discount)

    return [
        sorted(
            (other for other in range(items) if met[item, other] >= max(likeness.minimum, 1)),
            key=lambda other, item=item: (-value(item, other), -users[other], other),
        )[:count]
        for item in range(items)
    ]


@settings(deadline=None, max_examples=60)
@given(
    histories=st.lists(st.lists(st.integers(0, 8), max_size=9), min_size=1, max_size=12),
    discount=st.sampled_from([0.0, 0.5, 0.75, 1.0]),
    minimum=st.integers(0, 3),
    shrinkage=st.sampled_from([0.0, 5.0]),
    count=st.integers(1, 9),
)
def test_neighbours_equal_the_slow_count(
    histories: list[list[int]], discount: float, minimum: int, shrinkage: float, count: int
) -> None:
    likeness = Likeness(discount, minimum, shrinkage)
    assert neighbours_of(histories, 9, likeness, count) == slow_neighbours(histories, 9, likeness, count)


def test_a_block_at_a_time_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(1)
    interactions = interactions_of([generator.integers(0, 50, 8).tolist() for _ in range(80)], 50)
    pairs = distinct_pairs(interactions.offsets, interactions.items, 50)
    whole = as_lists(fit_neighbours(pairs, Likeness(0.5, 1), count=10))
    monkeypatch.setattr(item_similarity, "_WORK", 100)
    assert as_lists(fit_neighbours(pairs, Likeness(0.5, 1), count=10, threads=2)) == whole


# Item 0 meets the popular item 1 three times and the rare item 2 twice.
POPULAR_AND_RARE = [[0, 1]] * 3 + [[0, 2]] * 2 + [[1, 3]] * 20


def test_the_discount_decides_between_popular_and_loyal_neighbours() -> None:
    assert neighbours_of(POPULAR_AND_RARE, 4, Likeness(0.0, 1))[0] == [1, 2]
    assert neighbours_of(POPULAR_AND_RARE, 4, Likeness(1.0, 1))[0] == [2, 1]


def test_pairs_that_met_too_seldom_are_no_neighbours() -> None:
    assert neighbours_of(POPULAR_AND_RARE, 4, Likeness(0.5, 3))[0] == [1]
    assert neighbours_of(POPULAR_AND_RARE, 4, Likeness(0.5, 4))[0] == []


def test_an_endless_history_counts_with_its_latest_items_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item_similarity, "HISTORY_LIMIT", 2)
    assert neighbours_of([[0, 1, 2]], 3, Likeness(0.0, 1)) == [[], [2], [1]]
