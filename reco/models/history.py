"""What each item of a user's history weighs: one rule for training and for the answer to a request.

An item weighs less the longer ago it was last touched, counted in other items touched since, and more the oftener it
was touched: (floor + (1 - floor) e^(-lag / decay)) * (1 + ln times). Where events weigh (an eventsConfig), `times` is
the sum of the weights of the item's events, so that an event of weight 2 is the same event twice; below 1, where the
logarithm would end in nothing, it counts in proportion.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reco.models.als import Pairs
from reco.models.interactions import Interactions, distinct_pairs, places_to_end

HISTORY_WEIGHTS = "history_weights_of_events"
"""An artefact's array beside its histories: what each event counts. Absent where all count alike."""
MEAN_WEIGHT = "mean_event_weight"
"""The attribute that goes with it: the mean of the weights as they were given. An event counts its given weight divided
by this."""


@dataclass(frozen=True)
class Touches:
    """One history: each item once, by when it was last touched, oldest first."""

    items: NDArray[np.int32]
    counts: NDArray[np.int64]
    """How often each was touched."""
    times: NDArray[np.int64]
    """When each was last touched."""
    weights: NDArray[np.float64] | None = None
    """What the events of each weigh together, above 0; None where every event weighs 1."""

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
    def of(items: NDArray[np.int32], times: NDArray[np.int64], weights: NDArray[np.floating] | None = None) -> Touches:
        """Of events, oldest first; `weights` as those of Interactions."""
        distinct, first, inverse, counts = np.unique(
            items[::-1], return_index=True, return_inverse=True, return_counts=True
        )
        last = len(items) - 1 - first
        order = np.argsort(last)
        sums = None
        if weights is not None:
            sums = np.bincount(inverse, weights[::-1], len(distinct)).astype(np.float64)[order]
        return Touches(distinct[order], counts[order], times[last[order]], sums)


@dataclass(frozen=True)
class HistoryWeights:
    """The constants of the rule."""

    decay: float | None
    """Items after which a touch counts a third; None weighs all items alike, however old."""
    floor: float = 0.1
    """Weight that is left of an item touched long ago, 0 to 1."""

    def weigh(self, interactions: Interactions) -> Pairs:
        """Weighted pairs of users and items."""
        pairs = distinct_pairs(interactions.offsets, interactions.items, interactions.item_count, interactions.weights)
        weights = self._rule(pairs.counts if pairs.weights is None else pairs.weights, places_to_end(pairs.offsets))
        return Pairs(pairs.offsets, pairs.items, weights, interactions.item_count)

    def weigh_one(
        self, items: NDArray[np.int32], weights: NDArray[np.floating] | None = None
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Distinct items and their weights of one history's events, oldest first."""
        touches = Touches.of(items, np.zeros(len(items), np.int64), weights)
        return touches.items, self.of_touches(touches)

    def of_touches(self, touches: Touches) -> NDArray[np.float32]:
        """The weights of one history's items: those of `weigh`, had it been trained on."""
        return self._rule(touches.counts if touches.weights is None else touches.weights, touches.lags)

    def _rule(self, times: NDArray[np.integer] | NDArray[np.floating], lags: NDArray[np.int64]) -> NDArray[np.float32]:
        weights = 1 + np.log(np.maximum(times, 1))
        np.copyto(weights, times, where=np.asarray(times) < 1)
        if self.decay is not None:
            weights *= self.floor + (1 - self.floor) * np.exp(-lags / self.decay)
        return np.asarray(weights, np.float32)
