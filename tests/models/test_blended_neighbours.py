"""Two lists of neighbours made one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reco.models import blended_neighbours
from reco.models.blended_neighbours import SOFTENING, blend_neighbours
from reco.models.interactions import offsets_of
from reco.models.item_rows import ItemRows

opinions = st.lists(
    st.dictionaries(st.integers(0, 6), st.sampled_from([0.25, 0.5, 1.0]), max_size=7), min_size=7, max_size=7
)


def rows_of(table: list[dict[int, float]]) -> ItemRows:
    items = [item for row in table for item in sorted(row)]
    values = [row[item] for row in table for item in sorted(row)]
    return ItemRows(offsets_of([len(row) for row in table]), np.array(items, np.int32), np.array(values, np.float32))


def slowly(first: dict[int, float], second: dict[int, float], share: float) -> dict[int, float]:
    values: dict[int, float] = {}
    for opinion, weight in ((first, share), (second, 1 - share)):
        for place, item in enumerate(sorted(opinion, key=lambda item: (-opinion[item], item))):
            values[item] = values.get(item, 0) + weight / (SOFTENING + place)
    return {item: value for item, value in values.items() if value > 0}


@given(
    opinions, opinions, st.lists(st.sampled_from([0.0, 0.3, 1.0]), min_size=7, max_size=7), st.sampled_from([1, 10**6])
)
def test_values_are_the_weighted_reciprocal_places(first, second, share, at_once) -> None:  # type: ignore[no-untyped-def]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blended_neighbours, "_ENTRIES", at_once)
        found = blend_neighbours(rows_of(first), rows_of(second), np.array(share), 7)
    expected = np.zeros((7, 7))
    for row in range(7):
        for item, value in slowly(first[row], second[row], share[row]).items():
            expected[row, item] = value
    np.testing.assert_allclose(found.dense(), expected, rtol=1e-6)


def test_each_row_keeps_its_best() -> None:
    one, other = rows_of([{1: 0.9, 2: 0.8}, {}, {}]), rows_of([{2: 0.1}, {}, {0: 1.0}])
    found = blend_neighbours(one, other, np.array([0.5, 0.5, 0.0]), 1)
    assert found.items.tolist() == [2, 0]
    assert found.offsets.tolist() == [0, 1, 1, 2]


def test_nothing_blended_is_nothing() -> None:
    empty = rows_of([])
    assert blend_neighbours(empty, empty, np.empty(0), 5).item_count == 0
