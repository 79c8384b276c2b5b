"""Log transitions: how much likelier an item is shortly after another than it is anyway.

With A_ij the decayed count of j within a few places after i and p_j the share of j among all targets,

    log((A_ij + m p_j) / ((sum_j A_ij + m) p_j)) = log(1 + A_ij / (m p_j)) + a constant of row i,

a count smoothed towards popularity by m imaginary events (Dirichlet prior). Only the first term tells items apart, and
it is zero where nothing was counted: rows stay sparse.
"""

from __future__ import annotations

import numpy as np

from reco.models.lag_counts import Floats


def log_transitions(counts: Floats, shares: Floats, *, prior: float) -> Floats:
    """(I, I) log(1 + counts / (prior * share of the column's item)); 0 for items without a share.

    Args:
        counts: (I, I) decayed counts, context by later item; overwritten.
    """
    scale = np.zeros(len(shares), np.float32)
    np.divide(1, prior * shares, out=scale, where=shares > 0)
    counts *= scale
    return np.log1p(counts, out=counts)
