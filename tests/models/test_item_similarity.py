"""Neighbours as the formulas say, counted the slow way."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reco.models import co_occurrence, item_similarity
from reco.models.interactions import distinct_pairs
from reco.models.item_rows import ItemRows
from reco.models.item_similarity import Discounted, LogLikelihood, Measure, fit_neighbours
from tests.models.builders import interactions_of

histories = st.lists(st.lists(st.integers(0, 8), max_size=9), min_size=1, max_size=12)
counts = st.integers(1, 9)


def neighbours_of(
    groups: list[list[int]],
    items: int,
    measure: Measure,
    count: int = 200,
    after: int | None = None,
    history: int = 100,
) -> ItemRows:
    interactions = interactions_of(groups, items)
    pairs = distinct_pairs(interactions.offsets, interactions.items, items)
    return fit_neighbours(pairs, measure, count=count, after=after, history=history, threads=2)


def as_lists(found: ItemRows) -> list[list[int]]:
    """Each item's neighbours, best first, the lower row first among equals."""
    table = found.dense()
    return [sorted(np.flatnonzero(row).tolist(), key=lambda other, row=row: (-row[other], other)) for row in table]


def last_touches(history: list[int]) -> list[int]:
    """The distinct items in the order in which they were last touched."""
    return [item for place, item in enumerate(history) if item not in history[place + 1 :]]


def slowly(groups: list[list[int]], items: int, value, count: int, after: int | None = None) -> list[dict[int, float]]:  # type: ignore[no-untyped-def]
    """value(times met, users of the one, users of the other, users) of each pair; the best of each item."""
    orders = [last_touches(history) for history in groups]
    users = Counter(item for order in orders for item in order)
    met = Counter(
        (order[a], order[b])
        for order in orders
        for a, b in combinations(range(len(order)), 2)
        if after is None or b - a <= after
    )
    if after is None:
        met += Counter({(b, a): times for (a, b), times in list(met.items())})
    everyone = sum(1 for order in orders if order)
    best: list[dict[int, float]] = []
    for item in range(items):
        values = {
            other: value(met[item, other], users[item], users[other], everyone)
            for other in range(items)
            if met[item, other]
        }
        ranked = sorted((other for other in values if values[other] > 0), key=lambda o: (-values[o], -users[o], o))
        best.append({other: values[other] for other in ranked[:count]})
    return best


def log_likelihood_ratio(both: int, one: int, other: int, everyone: int) -> float:
    """2 sum k log(k / expected) of the table, as the paper writes it."""
    table = [[both, one - both], [other - both, everyone - one - other + both]]
    ratio = 0.0
    for row in (0, 1):
        for column in (0, 1):
            expected = sum(table[row]) * (table[0][column] + table[1][column]) / everyone
            if table[row][column]:
                ratio += 2 * table[row][column] * log(table[row][column] / expected)
    return ratio


@settings(max_examples=60)
@given(
    groups=histories,
    discount=st.sampled_from([0.0, 0.5, 0.75, 1.0]),
    minimum=st.integers(0, 3),
    shrinkage=st.sampled_from([0.0, 5.0]),
    count=counts,
    after=st.sampled_from([None, 1, 3]),
)
def test_discounted_neighbours_equal_the_slow_count(
    groups: list[list[int]], discount: float, minimum: int, shrinkage: float, count: int, after: int | None
) -> None:
    def value(both: int, one: int, other: int, everyone: int) -> np.float32:
        worth = [np.float32(1 / (users + shrinkage) ** discount) for users in (one, other)]
        return np.float32(both) * (worth[0] * worth[1]) if both >= minimum else np.float32(0)

    found = neighbours_of(groups, 9, Discounted(discount, minimum, shrinkage), count, after)
    expected = slowly(groups, 9, value, count, after)
    table = found.dense()
    assert [{other: row[other] for other in np.flatnonzero(row).tolist()} for row in table] == expected


@settings(max_examples=60)
@given(groups=histories, minimum=st.integers(1, 3), after=st.sampled_from([None, 2]), tabulated=st.booleans())
def test_log_likelihood_ratios_equal_the_papers_formula(
    groups: list[list[int]], minimum: int, after: int | None, tabulated: bool
) -> None:
    def value(both: int, one: int, other: int, everyone: int) -> float:
        often = both >= minimum and both * everyone > one * other
        return log_likelihood_ratio(both, one, other, everyone) if often else 0.0

    with pytest.MonkeyPatch.context() as patch:
        if not tabulated:
            patch.setattr(item_similarity, "_TABLE_LIMIT", 0)
        found = neighbours_of(groups, 9, LogLikelihood(minimum), after=after).dense()
    expected = np.zeros((9, 9))
    for item, each in enumerate(slowly(groups, 9, value, 9, after)):
        for other, ratio in each.items():
            expected[item, other] = ratio
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_cosine_is_the_cosine() -> None:
    generator = np.random.default_rng(3)
    table = generator.random((40, 12)) < 0.3
    found = neighbours_of([np.flatnonzero(row).tolist() for row in table], 12, Discounted(0.5)).dense()
    columns = table / np.maximum(np.sqrt(table.sum(axis=0)), 1e-9)
    expected = columns.T @ columns
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_blocks_and_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(1)
    groups = [generator.integers(0, 50, 8).tolist() for _ in range(80)]
    for measure in (Discounted(0.5), LogLikelihood()):
        for after in (None, 3):
            whole = neighbours_of(groups, 50, measure, 10, after)
            with monkeypatch.context() as patch:
                patch.setattr(co_occurrence, "BLOCK_PRODUCTS", 30)
                pieces = neighbours_of(groups, 50, measure, 10, after)
            for one, other in zip(whole.arrays("a").values(), pieces.arrays("a").values(), strict=True):
                assert one.tobytes() == other.tobytes()


# Item 0 meets the popular item 1 three times and the rare item 2 twice.
POPULAR_AND_RARE = [[0, 1]] * 3 + [[0, 2]] * 2 + [[1, 3]] * 20


def test_the_discount_decides_between_popular_and_loyal_neighbours() -> None:
    assert as_lists(neighbours_of(POPULAR_AND_RARE, 4, Discounted(0.0)))[0] == [1, 2]
    assert as_lists(neighbours_of(POPULAR_AND_RARE, 4, Discounted(1.0)))[0] == [2, 1]


def test_what_meets_no_oftener_than_by_chance_has_no_likelihood_ratio() -> None:
    assert as_lists(neighbours_of(POPULAR_AND_RARE, 4, LogLikelihood()))[0] == [2]


def test_pairs_that_met_too_seldom_are_no_neighbours() -> None:
    assert as_lists(neighbours_of(POPULAR_AND_RARE, 4, Discounted(minimum=3)))[0] == [1]
    assert as_lists(neighbours_of(POPULAR_AND_RARE, 4, Discounted(minimum=4)))[0] == []


def test_the_phone_is_followed_by_its_case_and_not_the_other_way_round() -> None:
    phone, case = 0, 1
    after = as_lists(neighbours_of([[phone, case]] * 5 + [[2, 3]], 4, Discounted(), after=10))
    assert after[phone] == [case]
    assert after[case] == []


def test_an_endless_history_counts_with_its_latest_items_only() -> None:
    assert as_lists(neighbours_of([[0, 1, 2]], 3, Discounted(0.0), history=2)) == [[], [2], [1]]


def test_a_huge_catalogue_keeps_fewer_neighbours_of_each_item(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item_similarity, "MOST_ENTRIES", 18)
    found = neighbours_of([[0, 1, 2, 3, 4, 5]], 9, Discounted())
    assert np.diff(found.offsets).max() == 2


def test_everybody_bought_everything_and_nobody_anything() -> None:
    assert as_lists(neighbours_of([[0, 1, 2]] * 4, 3, Discounted())) == [[1, 2], [0, 2], [0, 1]]
    assert as_lists(neighbours_of([[0, 1, 2]] * 4, 3, LogLikelihood())) == [[], [], []]
    assert as_lists(neighbours_of([[], []], 2, Discounted())) == [[], []]
