"""Meetings counted in blocks equal those counted one by one."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from reco.models import co_occurrence
from reco.models.co_occurrence import Meetings, by_rising_popularity, count_after, count_together, latest_items
from reco.models.interactions import DistinctPairs, distinct_pairs
from tests.models.builders import interactions_of

histories = st.lists(st.lists(st.integers(0, 9), max_size=9, unique=True), min_size=1, max_size=12)


def pairs_of(groups: list[list[int]], items: int = 10) -> DistinctPairs:
    interactions = interactions_of(groups, items)
    return distinct_pairs(interactions.offsets, interactions.items, items)


class Tally(Counter[tuple[int, int]]):
    """Adds up what is visited; largest is the size of the largest block."""

    largest = 0

    def __call__(self, met: Meetings) -> None:
        self.largest = max(self.largest, len(met.counts))
        found = met.entries(np.arange(len(met.counts)))
        numbers = np.arange(300)
        assert (met.of_rows(numbers)[found.places] == found.rows).all()
        assert (met.of_columns(numbers)[found.places] == found.columns).all()
        for row, column, times in zip(found.rows, found.columns, met.counts[found.places], strict=True):
            self[int(row), int(column)] += int(times)


@given(histories, st.sampled_from([1, 7, 10**6]))
def test_each_pair_is_counted_once_with_the_number_of_its_groups(groups: list[list[int]], products: int) -> None:
    tally = Tally()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(co_occurrence, "BLOCK_PRODUCTS", products)
        count_together(pairs_of(groups), tally, threads=2)
    assert tally == Counter(pair for group in groups for pair in combinations(sorted(group), 2))


@given(histories, st.integers(1, 10), st.sampled_from([1, 7, 10**6]))
def test_what_follows_is_counted_in_its_window_only(groups: list[list[int]], window: int, products: int) -> None:
    tally = Tally()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(co_occurrence, "BLOCK_PRODUCTS", products)
        count_after(pairs_of(groups), tally, window=window, threads=2)
    expected = Counter(
        (group[a], group[b]) for group in groups for a, b in combinations(range(len(group)), 2) if b - a <= window
    )
    assert tally == expected


def test_a_block_holds_no_more_than_its_products_or_one_item(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(0)
    groups = [generator.choice(300, 20, replace=False).tolist() for _ in range(200)]
    pairs = pairs_of(groups, 300)
    monkeypatch.setattr(co_occurrence, "BLOCK_PRODUCTS", 500)
    for count in (lambda tally: count_together(pairs, tally), lambda tally: count_after(pairs, tally, window=5)):
        tally = Tally()
        count(tally)
        assert 0 < tally.largest <= 2 * 500


def test_items_are_numbered_from_the_rarest() -> None:
    assert by_rising_popularity(pairs_of([[0, 1, 2], [1, 2]], 4)).tolist() == [3, 0, 2, 1]


def test_a_long_group_keeps_its_latest_items() -> None:
    latest = latest_items(pairs_of([[0, 1, 2, 3], [4], []]), 2)
    assert latest.items.tolist() == [2, 3, 4]
    assert latest.offsets.tolist() == [0, 2, 3, 3]


def test_the_inner_product_of_scipy_gives_what_its_interface_gives() -> None:
    generator = np.random.default_rng(1)
    left, right = (
        sparse.random_array((30, 30), density=0.2, format="csr", dtype=np.float32, rng=generator) for _ in range(2)
    )
    offsets, columns, values = co_occurrence._product(left, right, 900)
    found = sparse.csr_array((values, columns, offsets), (30, 30))
    np.testing.assert_allclose(found.toarray(), (left @ right).toarray(), rtol=1e-6)
