"""What items are like, apart from who touched them: sparse features, row by row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ItemContent:
    """A sparse matrix of features. Item i's are columns[offsets[i]:offsets[i + 1]], each column at most once."""

    offsets: NDArray[np.int64]
    columns: NDArray[np.int32]
    values: NDArray[np.float32]
    """Finite."""
    width: int
    """Number of columns."""

    def __len__(self) -> int:
        return len(self.offsets) - 1
