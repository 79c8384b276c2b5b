"""What semantic-similarity reports: no truth is known, so the answers are described. Each value is from 0 to 1.

Source: control-plane reference, G.2 and G.3; how the service scales each is not documented, so ours is said here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Lists = Sequence[NDArray[np.int32]]


def item_popularity(ranked: Lists, users_of_item: NDArray[np.int64]) -> float:
    """Mean over all recommended items of their distinct users, the most popular item of the catalogue being 1."""
    most = users_of_item.max(initial=0)
    return _mean(ranked, users_of_item / most) if most else 0.0


def item_freshness(ranked: Lists, created: NDArray[np.float64]) -> float:
    """Mean over all recommended items of how new they are: the newest of the catalogue is 1, the oldest 0.

    Args:
        created: per item CREATION_TIMESTAMP; NaN where it is not known, and such items are not counted. Catalogues of
            one age are all fresh.
    """
    known = np.isfinite(created)
    if not known.any():
        return 0.0
    oldest, newest = created[known].min(), created[known].max()
    freshness = (created - oldest) / (newest - oldest) if newest > oldest else np.where(known, 1.0, np.nan)
    return _mean(ranked, freshness)


def item_similarity(similarities: Sequence[NDArray[np.float64]]) -> float:
    """Mean over all recommended items of their cosine with the item asked about; below 0 counts as 0."""
    values = np.concatenate(similarities) if len(similarities) else np.empty(0)
    return float(np.clip(values, 0, 1).mean()) if len(values) else 0.0


def _mean(ranked: Lists, values: NDArray[np.float64]) -> float:
    listed = values[np.concatenate(ranked)] if len(ranked) else np.empty(0)
    listed = listed[np.isfinite(listed)]
    return float(listed.mean()) if len(listed) else 0.0
