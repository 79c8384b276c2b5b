"""The best of many scores, exactly: the same as a full sort, without one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_BLOCK = 256


def top_k(scores: NDArray[Any], count: int) -> NDArray[np.int64]:
    """Rows of the `count` highest scores, best first, the lower row first among equals. Scores of -inf never count.

    With at least `count` blocks, the count-th highest block maximum is no higher than the count-th highest score: only
    scores from there on are sorted.
    """
    size = len(scores)
    count = min(count, size)
    if count <= 0:
        return np.empty(0, np.int64)
    blocks = size // _BLOCK
    if blocks >= 2 * count:
        highest = scores[: blocks * _BLOCK].reshape(blocks, _BLOCK).max(axis=1)
        floor = np.partition(highest, blocks - count)[blocks - count]
    else:
        floor = np.partition(scores, size - count)[size - count]
    rows = np.flatnonzero(scores >= floor) if floor > -np.inf else np.flatnonzero(scores > -np.inf)
    return rows[np.argsort(-scores[rows], kind="stable")[:count]]
