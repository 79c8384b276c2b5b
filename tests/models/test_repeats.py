"""The table of repeats, against counting one item at a time."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reco.models.history import Touches
from reco.models.repeats import LAGS, SHAPE, TIMES, cells_of, fit_repeats

moments = st.lists(
    st.tuples(st.lists(st.integers(0, 5), min_size=1, max_size=12), st.lists(st.integers(0, 5), max_size=4)), max_size=6
)


def touches_of(history: list[int]) -> Touches:
    """Two events at each time."""
    return Touches.of(np.array(history, np.int32), np.arange(len(history), dtype=np.int64) // 2)


@given(moments)
def test_a_cell_holds_the_smoothed_odds_of_its_items(given_moments: list[tuple[list[int], list[int]]]) -> None:
    stood, returned = np.zeros(SHAPE), np.zeros(SHAPE)
    for history, truths in given_moments:
        for item in set(history):
            last = len(history) - 1 - history[::-1].index(item)
            lag = sum(start <= len(set(history[last + 1 :])) for start in LAGS)
            times = sum(start <= history.count(item) for start in TIMES)
            same = int(last // 2 == (len(history) - 1) // 2)
            stood[lag, times, same] += 1
            returned[lag, times, same] += item in truths
    mean = (returned.sum() + 0.5) / (stood.sum() + 1)
    share = (returned + 20 * mean) / (stood + 20)
    asked = [(touches_of(history), np.array(truths, np.int32)) for history, truths in given_moments]
    np.testing.assert_allclose(fit_repeats(asked).log_odds, np.log(share / (1 - share)), rtol=1e-4, atol=1e-5)


def test_without_a_moment_the_odds_are_even() -> None:
    assert not fit_repeats([]).log_odds.any()


def test_what_comes_back_soon_and_often_has_the_higher_odds() -> None:
    again = [(touches_of([1, 1, 1, 2, 3, 4, 5]), np.array([1, 5]))] * 50
    touches = touches_of([1, 1, 1, 2, 3, 4, 5])
    odds = dict(zip(touches.items.tolist(), fit_repeats(again).of(touches).tolist(), strict=True))
    assert min(odds[1], odds[5]) > 0 > max(odds[2], odds[3], odds[4])


def test_lags_and_times_of_any_size_have_a_cell() -> None:
    touches = touches_of([*range(500)] * 20)
    for cells, size in zip(cells_of(touches), SHAPE, strict=True):
        assert cells.min() >= 0
        assert cells.max() < size
