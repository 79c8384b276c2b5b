"""The best of each row, whatever the order in which they were offered."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reco.models.nearest import Nearest, row_floors

WIDTH = 500
Entry = tuple[int, int, float]
entries = st.dictionaries(
    st.tuples(st.integers(0, 5), st.integers(0, 30)), st.sampled_from([0.25, 0.5, 1.0, 3.0]), max_size=120
)


def slowly(offered: list[Entry], count: int) -> list[Entry]:
    best = []
    for row in range(6):
        mine = sorted((entry for entry in offered if entry[0] == row), key=lambda entry: (-entry[2], -entry[1]))
        best += mine[:count]
    return sorted(best)


def offer(nearest: Nearest, offered: list[Entry]) -> None:
    rows, columns, values = (np.array(each) for each in zip(*offered, strict=True)) if offered else ([], [], [])
    nearest.offer(np.asarray(rows, np.int32), np.asarray(columns, np.int32), np.asarray(values, np.float32))


def kept(nearest: Nearest) -> list[Entry]:
    """Rows and columns by their own numbers."""
    found = nearest.as_item_rows(np.arange(WIDTH, dtype=np.int32))
    rows = np.repeat(np.arange(WIDTH), np.diff(found.offsets))
    return list(zip(rows.tolist(), found.items.tolist(), found.values.tolist(), strict=True))


@given(entries, st.integers(1, 7), st.integers(0, 40), st.integers(1, 9), st.randoms(use_true_random=False))
def test_what_is_kept_equals_a_full_sort_at_any_order_and_any_room(table, count, pending, step, random) -> None:  # type: ignore[no-untyped-def]
    offered = [(row, column, value) for (row, column), value in table.items()]
    random.shuffle(offered)
    nearest = Nearest(WIDTH, count, pending=pending)
    for start in range(0, len(offered), step):
        offer(nearest, offered[start : start + step])
    assert kept(nearest) == slowly(offered, count)


def test_threads_that_offer_at_once_lose_nothing() -> None:
    generator = np.random.default_rng(0)
    cells = generator.permutation(6 * 500)
    offered = [(int(cell // 500), int(cell % 500), float(generator.integers(1, 20))) for cell in cells]
    nearest = Nearest(WIDTH, 11, pending=50)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda start: offer(nearest, offered[start : start + 10]), range(0, len(offered), 10)))
    assert kept(nearest) == slowly(offered, 11)


def test_entries_below_the_floor_may_be_spared() -> None:
    nearest = Nearest(1, 2, pending=0)
    offer(nearest, [(0, 1, 1.0), (0, 2, 2.0), (0, 3, 3.0)])
    assert nearest.floors.tolist() == [2.0]


@given(st.lists(st.lists(st.floats(0.5, 9, width=32), max_size=40), max_size=12), st.integers(1, 10))
def test_the_floor_of_a_row_is_its_last_value_that_counts(rows: list[list[float]], count: int) -> None:
    offsets = np.cumsum([0, *map(len, rows)])
    values = np.array([value for row in rows for value in row], np.float32)
    expected = [sorted(row)[-count] if len(row) >= count else 0 for row in rows]
    assert row_floors(offsets, values, count).tolist() == expected


def test_rows_and_columns_come_back_under_their_names() -> None:
    nearest = Nearest(3, 2)
    offer(nearest, [(0, 1, 1.0), (0, 2, 2.0), (2, 0, 3.0)])
    found = nearest.as_item_rows(np.array([2, 0, 1], np.int32))
    assert found.offsets.tolist() == [0, 0, 1, 3]
    assert found.items.tolist() == [2, 0, 1]
    assert found.values.tolist() == [3.0, 1.0, 2.0]
