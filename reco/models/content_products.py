"""Products of items' features with dense matrices. For fitting: it loads scipy, which no handler carries."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reco.models.content import Floats, ItemContent


def table_of(content: ItemContent) -> Any:
    """The features as scipy's (I, width) matrix by rows."""
    return sparse.csr_matrix((content.values, content.columns, content.offsets), (len(content), content.width))


def times(content: ItemContent, dense: Floats) -> Floats:
    """(I, K) the product with a (width, K) matrix."""
    return np.asarray(table_of(content) @ dense, np.float32)


def transposed_times(content: ItemContent, dense: Floats) -> NDArray[np.float64]:
    """(width, K) the product of the transpose with an (I, K) matrix, summed in float64."""
    return np.asarray(table_of(content).T @ dense.astype(np.float64))
