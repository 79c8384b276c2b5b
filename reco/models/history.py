"""What each item of a user's history weighs: one rule for training and for the answer to a request.

An item weighs less the longer ago it was last touched, counted in other items touched since, and more the oftener it
was touched: (floor + (1 - floor) e^(-lag / decay)) * (1 + ln times).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reco.models.als import Pairs
from reco.models.interactions import distinct_pairs


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
        weights = 1 + np.log(pairs.counts)
        if self.decay is not None:
            ends = np.repeat(pairs.offsets[1:], np.diff(pairs.offsets))
            lags = ends - 1 - np.arange(len(pairs.items))
            weights *= self.floor + (1 - self.floor) * np.exp(-lags / self.decay)
        return Pairs(pairs.offsets, pairs.items, weights.astype(np.float32), item_count)

    def weigh_one(self, items: NDArray[np.int32], item_count: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Distinct items and their weights of one history, oldest first."""
        pairs = self.weigh(np.array([0, len(items)]), items, item_count)
        return pairs.columns, pairs.weights
