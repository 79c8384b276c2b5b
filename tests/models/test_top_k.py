"""The best of many is the head of a full sort."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reco.models.top_k import top_k


def full_sort(scores: np.ndarray, count: int) -> list[int]:
    order = sorted((row for row in range(len(scores)) if scores[row] > -np.inf), key=lambda row: (-scores[row], row))
    return order[:count]


@given(
    scores=st.lists(st.sampled_from([-np.inf, -1.0, 0.0, 0.5, 1.0]) | st.floats(-9, 9), max_size=60),
    count=st.integers(0, 70),
)
def test_top_k_equals_a_full_sort_with_ties_by_row(scores: list[float], count: int) -> None:
    assert top_k(np.array(scores), count).tolist() == full_sort(np.array(scores), count)


@given(seed=st.integers(0, 99), size=st.integers(2000, 5000), count=st.integers(1, 12), levels=st.integers(1, 2000))
def test_top_k_of_long_lists_equals_a_full_sort(seed: int, size: int, count: int, levels: int) -> None:
    scores = np.random.default_rng(seed).integers(0, levels, size).astype(np.float32)
    scores[::7] = -np.inf
    assert top_k(scores, count).tolist() == full_sort(scores, count)
