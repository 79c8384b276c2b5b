"""The bootstrap: narrow where users agree, honest where they do not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reco.evaluation import intervals
from reco.evaluation.intervals import bootstrap


@given(values=st.lists(st.floats(0, 1), min_size=1, max_size=40), seed=st.integers(0, 5))
def test_the_mean_and_its_bounds_lie_between_the_extremes(values: list[float], seed: int) -> None:
    found = bootstrap(np.array(values), seed)
    assert found.mean == pytest.approx(np.mean(values))
    assert min(values) - 1e-12 <= found.low <= found.high <= max(values) + 1e-12


def test_it_covers_as_often_as_it_says() -> None:
    """Of a hundred samples of a known mean about ninety-five hold it between their bounds."""
    generator = np.random.default_rng(0)
    samples = generator.random((200, 80)) < 0.3
    held = [found.low <= 0.3 <= found.high for found in map(bootstrap, samples.astype(float))]
    assert 0.88 <= np.mean(held) <= 0.99


def test_the_same_seed_gives_the_same_bounds_in_pieces_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(1).random(50)
    whole = bootstrap(values, 4)
    monkeypatch.setattr(intervals, "_CELLS", 500)
    assert bootstrap(values, 4) == whole


def test_nobody_is_three_zeros() -> None:
    found = bootstrap(np.empty(0))
    assert (found.mean, found.low, found.high) == (0.0, 0.0, 0.0)
