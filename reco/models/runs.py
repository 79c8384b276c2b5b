"""Work on many rows cut into runs of bounded size: what keeps memory small however many rows there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray


def runs_of(work: NDArray[Any], most: float) -> Iterator[slice]:
    """Runs of rows, in order, whose work together is about `most`; a row that needs more is a run of its own.

    Args:
        work: what each row costs, 0 or more.
    """
    run = np.concatenate([[0.0], np.cumsum(work)])[:-1] // max(most, 1)
    starts = np.flatnonzero(np.diff(run, prepend=-1)).tolist()
    for start, stop in zip(starts, [*starts[1:], len(work)][: len(starts)], strict=True):
        yield slice(start, stop)
