"""Coming back: how likely a user is to touch again what they have touched, by how long ago and how often.

A table of log odds, counted over all users at several moments of their histories: an item stands in the cell of its
lag (other items touched since), of how often it was touched, and of whether it was touched at the very time of the
user's latest event. Cells are smoothed towards the mean of all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reco.models.history import Touches

Floats = NDArray[np.float32]

LAGS = (1, 2, 3, 4, 5, 6, 8, 11, 16, 23, 32, 64, 128)
"""Lags at which a new bin begins; the first bin is lag 0."""
TIMES = (2, 3, 4, 6, 9, 14)
"""Numbers of touches at which a new bin begins."""
SHAPE = (len(LAGS) + 1, len(TIMES) + 1, 2)
_PRIOR = 20.0
"""Imaginary items of each cell that come back as often as all do."""


@dataclass(frozen=True)
class RepeatTable:
    """Log odds of coming back, by cell."""

    log_odds: Floats
    """(lag bins, times bins, 2), finite."""

    def of(self, touches: Touches) -> Floats:
        """(d,) the log odds of each item of the history."""
        return self.log_odds[cells_of(touches)]


def cells_of(touches: Touches) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Each item's cell."""
    return (
        np.searchsorted(LAGS, touches.lags, side="right"),
        np.searchsorted(TIMES, touches.counts, side="right"),
        (touches.times == touches.time).astype(np.int64),
    )


def fit_repeats(moments: Iterable[tuple[Touches, NDArray[np.integer]]]) -> RepeatTable:
    """Counted over histories and the items that were touched after them. No moments: even odds everywhere."""
    stood = np.zeros(SHAPE)
    returned = np.zeros(SHAPE)
    for touches, truths in moments:
        cells = cells_of(touches)
        np.add.at(stood, cells, 1)
        np.add.at(returned, cells, np.isin(touches.items, truths))
    mean = (returned.sum() + 0.5) / (stood.sum() + 1)
    share = (returned + _PRIOR * mean) / (stood + _PRIOR)
    return RepeatTable(np.log(share / (1 - share)).astype(np.float32))
