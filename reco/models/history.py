"""What each item of a user's history weighs: one rule for training and for the answer to a request.

An item weighs less the longer ago it was last touched, counted in other items touched since, and more the oftener it
was touched: (floor + (1 - floor) e^(-lag / decay)) * (1 + ln times).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reco.models.als import Pairs
from reco.models.interactions import distinct_pairs, places_to_end


@dataclass(frozen=True)
class Touches:
    """One history: each item once, by when it was last touched, oldest first."""

    items: NDArray[np.int32]
    counts: NDArray[np.int64]
    """How often each was touched."""
    times: NDArray[np.int64]
    """When each was last touched."""

    @property
    def time(self) -> int:
        """Of the newest event; 0 of none."""
        return int(self.times[-1]) if len(self.times) else 0

    @property
    def lags(self) -> NDArray[np.int64]:
        """How many other items were touched since."""
        return np.arange(len(self.items) - 1, -1, -1)

    def latest(self, count: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The items touched last, at most `count`, and their lags."""
        return self.items[-count:], self.lags[-count:]

    @staticmethod
    def of(items: NDArray[np.int32], times: NDArray[np.int64]) -> Touches:
        """Of events, oldest first."""
        distinct, first, counts = np.unique(items[::-1], return_index=True, return_counts=True)
        last = len(items) - 1 - first
        order = np.argsort(last)
        return Touches(distinct[order], counts[order], times[last[order]])


@dataclass(frozen=True)
class HistoryWeights:
    """The constants of the rule."""

    decay: float | None
    """Items after which a touch counts a third; None weighs all items alike, however old."""
    floor: float = 0.1
    """Weight that is left of an item touched long ago, 0 to 1."""

    def weigh(self, offsets: NDArray[np.int64], items: NDArray[np.int32], item_count: int) -> Pairs:
        """Weighted pairs of users' events, given by user and oldest first."""
        pairs = distinct_pairs(offsets, items, item_count)
        weights = self._rule(pairs.counts, places_to_end(pairs.offsets))
        return Pairs(pairs.offsets, pairs.items, weights, item_count)

    def weigh_one(self, items: NDArray[np.int32], item_count: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Distinct items and their weights of one history, oldest first."""
        pairs = self.weigh(np.array([0, len(items)]), items, item_count)
        return pairs.columns, pairs.weights

    def of_touches(self, touches: Touches) -> NDArray[np.float32]:
        """The weights of one history's items."""
        return self._rule(touches.counts, touches.lags)

    def _rule(self, counts: NDArray[np.int64], lags: NDArray[np.int64]) -> NDArray[np.float32]:
        weights = 1 + np.log(counts)
        if self.decay is not None:
            weights *= self.floor + (1 - self.floor) * np.exp(-lags / self.decay)
        return np.asarray(weights, np.float32)
