"""Baskets are cut where time shows them, and only there."""

from __future__ import annotations

import numpy as np

from reco.models.baskets import GAP, into_baskets
from reco.models.interactions import Interactions, offsets_of


def shopping(*users: list[int]) -> Interactions:
    """Item 0, 1, 2... of each user at these times."""
    lengths = [len(times) for times in users]
    items = np.concatenate([np.arange(length) for length in lengths]).astype(np.int32)
    return Interactions(offsets_of(lengths), items, np.concatenate(users).astype(np.int64), 10)


def test_a_gap_in_time_ends_a_basket_and_so_does_the_next_user() -> None:
    found = into_baskets(shopping([0, 5, GAP + 6, GAP + 7], [], [GAP + 7]))
    assert found.offsets.tolist() == [0, 2, 4, 5]
    assert found.items.tolist() == [0, 1, 2, 3, 0]


def test_events_that_all_stand_alone_show_no_baskets() -> None:
    data = shopping([0, 2 * GAP, 4 * GAP], [0, 2 * GAP])
    assert into_baskets(data) is data


def test_histories_without_a_gap_are_baskets_already() -> None:
    data = shopping([7, 7, 7], [7, 7])
    assert into_baskets(data) is data
    assert into_baskets(shopping([])) is not None
