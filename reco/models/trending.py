"""Which items are gaining fastest now: growth between windows of time, as low as it can plausibly be.

With n events of an item in the newest window and m in the LOOK_BACK windows before it, its growth is

    log((n + 1) / (m / LOOK_BACK + 1)) - SURENESS sqrt(1 / (n + 1) + 1 / (m + 1))

the log of the rate's growth, each rate smoothed by one event, less so many standard errors of it (a Poisson count of k
has a log known to 1 / sqrt(k)). From 0 to 2 events is thus no growth yet, from 1,000 to 2,000 is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reco.models.interactions import Interactions
from reco.models.popularity import most_popular

LOOK_BACK = 4
"""Windows before the newest that tell what is usual."""
SURENESS = 1.64
"""Standard errors: 19 of 20 items that do not grow are told from those that do."""
LEAST_EVENTS = 500
"""Events that the newest window should hold; a quieter one is doubled until it does."""

_SECONDS = {"minute": 60, "minutes": 60, "hour": 3_600, "hours": 3_600, "day": 86_400, "days": 86_400}


@dataclass(frozen=True)
class Trends:
    """The catalogue in the order of growth."""

    order: NDArray[np.int32]
    """All items: those that surely grow, the fastest first, then the others by how many users touched them."""
    growing: int
    """How many of them surely grow."""
    window: int
    """Seconds that were compared; 0 when times tell nothing, and the order is that of popularity."""


def seconds_of(frequency: str) -> int:
    """The length of a window from words such as "30 minutes" or "1 day".

    Raises:
        ValueError: not such words.
    """
    number, _, unit = frequency.strip().partition(" ")
    if unit.strip() not in _SECONDS or not number.isdecimal() or not int(number):
        raise ValueError(f"{frequency!r} is no length of time such as '30 minutes' or '1 day'")
    return int(number) * _SECONDS[unit.strip()]


def fit_trends(interactions: Interactions, window: int) -> Trends:
    """Compares the newest `window` seconds before the last event with those before.

    The window is doubled while it holds fewer than LEAST_EVENTS events and the windows before it still fit in the data.
    """
    popular = most_popular(interactions)
    ages = interactions.times.max() - interactions.times if len(interactions) else np.zeros(0, np.int64)
    span = int(ages.max(initial=0))
    if not span:
        return Trends(popular, 0, 0)
    while np.count_nonzero(ages < window) < LEAST_EVENTS and (LOOK_BACK + 1) * window * 2 <= span:
        window *= 2
    growth = growth_of(
        _count(interactions, ages < window),
        _count(interactions, (ages >= window) & (ages < (LOOK_BACK + 1) * window)),
        min(LOOK_BACK, span // window) or 1,
    )
    by_growth = popular[np.argsort(-growth[popular], kind="stable")]
    growing = int(np.count_nonzero(growth > 0))
    risen = by_growth[:growing]
    others = popular[growth[popular] <= 0]
    return Trends(np.concatenate([risen, others]), growing, window)


def growth_of(newest: NDArray[np.int64], before: NDArray[np.int64], windows: int) -> NDArray[np.float64]:
    """The formula of the module.

    Args:
        newest, before: events of each item in the newest window, and in the `windows` before it together.
    """
    rate = np.log((newest + 1) / (before / windows + 1))
    return np.asarray(rate - SURENESS * np.sqrt(1 / (newest + 1) + 1 / (before + 1)))


def _count(interactions: Interactions, events: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.bincount(interactions.items[events], minlength=interactions.item_count)
