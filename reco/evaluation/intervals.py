"""How sure a mean over users is: the percentile bootstrap (Efron 1979), users drawn anew with replacement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 1000
LEVEL = 0.95
_CELLS = 4_000_000
"""Of the table of draws held at a time."""


@dataclass(frozen=True)
class Interval:
    """A mean, and between which bounds 95 of a hundred such means lie."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.4f} [{self.low:.4f}, {self.high:.4f}]"


def bootstrap(values: NDArray[np.float64], seed: int = 0) -> Interval:
    """The interval of the mean of one value a user; three zeros when there is no user.

    Cost: 1,000 draws; about 20 ms for a thousand users.
    """
    count = len(values)
    if not count:
        return Interval(0.0, 0.0, 0.0)
    generator = np.random.default_rng(seed)
    means = np.empty(DRAWS)
    step = max(1, _CELLS // count)
    for start in range(0, DRAWS, step):
        drawn = generator.integers(0, count, (min(step, DRAWS - start), count))
        means[start : start + len(drawn)] = values[drawn].mean(axis=1)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(means, (tail, 1 - tail))
    return Interval(float(values.mean()), float(low), float(high))
