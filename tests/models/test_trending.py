"""What counts as growth, and what a trending model answers when time tells little or nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reco.models import trending
from reco.models.families.trending import TrendingModel, fit
from reco.models.fit_settings import FitSettings
from reco.models.interactions import Interactions, offsets_of
from reco.models.query import Query
from reco.models.training_data import TrainingData
from reco.models.trending import LOOK_BACK, fit_trends, growth_of, seconds_of
from tests.models.builders import names

HOUR = 3_600


def happening(*windows: dict[int, int], items: int = 6, window: int = HOUR) -> Interactions:
    """Counts of each item by window, oldest first: one user an event."""
    rows, times = [], []
    for place, counts in enumerate(windows):
        for item, count in counts.items():
            rows += [item] * count
            times += [(place + 1) * window] * count
    return Interactions(offsets_of([1] * len(rows)), np.array(rows, np.int32), np.array(times, np.int64), items)


@pytest.fixture(autouse=True)
def _few_events_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trending, "LEAST_EVENTS", 1)


def test_two_events_from_none_do_not_beat_a_thousand_more() -> None:
    steady = {0: 1000, 2: 50}
    trends = fit_trends(happening(*[steady] * LOOK_BACK, {0: 2000, 1: 2, 2: 50}), HOUR)
    assert trends.order[:2].tolist() == [0, 2]
    assert trends.growing == 1


def test_of_two_sure_growths_the_steeper_comes_first() -> None:
    steady = {0: 1000, 1: 20}
    trends = fit_trends(happening(*[steady] * LOOK_BACK, {0: 1200, 1: 90}), HOUR)
    assert trends.order[:2].tolist() == [1, 0]
    assert trends.growing == 2


def test_what_does_not_grow_follows_by_popularity() -> None:
    steady = {0: 5, 1: 70, 2: 30, 3: 1}
    trends = fit_trends(happening(*[steady] * LOOK_BACK, {0: 60, 1: 70, 2: 30, 3: 1}), HOUR)
    assert trends.order.tolist() == [0, 1, 2, 3, 4, 5]


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 4))
def test_growth_rises_with_new_events_and_falls_with_old_ones(newest: int, before: int, windows: int) -> None:
    def growth(n: int, m: int) -> float:
        return float(growth_of(np.array([n]), np.array([m]), windows)[0])

    assert np.isfinite(growth(newest, before))
    assert growth(newest + 1, before) > growth(newest, before)


def test_a_quiet_window_is_widened_until_it_tells_something(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trending, "LEAST_EVENTS", 40)
    data = happening(*[{0: 10, 1: 10}] * 40, *[{0: 10, 2: 10}] * 2)
    trends = fit_trends(data, HOUR)
    assert trends.window == 2 * HOUR
    assert trends.order[0] == 2


def test_the_window_asked_for_acts() -> None:
    data = happening(*[{0: 40, 1: 10}] * 30, {0: 40, 1: 60}, {0: 40, 1: 60}, {0: 90, 1: 60})
    assert fit_trends(data, HOUR).order[0] == 0
    assert fit_trends(data, 3 * HOUR).order[0] == 1


@pytest.mark.parametrize("data", [happening(), happening({3: 5, 1: 2})], ids=["no events", "all at one time"])
def test_without_order_in_time_popular_items_are_the_trending_ones(data: Interactions) -> None:
    trends = fit_trends(data, HOUR)
    assert trends.window == 0
    assert trends.order.tolist() == ([3, 1, 0, 2, 4, 5] if len(data) else list(range(6)))


def test_each_frequency_of_the_recipe_is_a_window() -> None:
    words = ("30 minutes", "1 hour", "2 hours", "3 hours", "1 day")
    assert [seconds_of(each) for each in words] == [1_800, 3_600, 7_200, 10_800, 86_400]
    for wrong in ("", "soon", "0 hours", "-1 day", "2 weeks"):
        with pytest.raises(ValueError, match="length of time"):
            seconds_of(wrong)


def test_the_family_answers_everybody_alike_and_says_its_window() -> None:
    data = happening(*[{0: 1000, 1: 20}] * LOOK_BACK, {0: 1200, 1: 90})
    model = fit(TrainingData(data), {"trend_discovery_frequency": "1 hour"}, FitSettings())
    assert model.attributes["window_seconds"] == HOUR
    nobody = np.empty(0, np.int32)
    answer = TrendingModel(model, names(6, "i")).rank(Query(nobody, nobody.astype(np.int64), None, None, 3))
    assert answer.items.tolist() == [1, 0, 2]
    assert answer.scores is None
