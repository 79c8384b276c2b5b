"""Linear autoregression: the next item as a ridge regression on the decayed past, in closed form from lag counts.

With items i_1 .. i_n in order, each target i_t (of weight w_t) has the context

    one block:   z_t = sum_{a >= 1} g^(a-1) u_{t-a} e_{i_{t-a}}
    two blocks:  [u_{t-1} e_{i_{t-1}} ; sum_{a >= 2} g^(a-1) u_{t-a} e_{i_{t-a}}]

and B minimises sum_t w_t |e_{i_t} - B' context_t|^2 + ridge |B|^2. The Gram matrix of the contexts and their products
with the targets are sums over pairs of events that depend on the pair's lag and on what follows the later event, so
no row is ever built: an event q stands, beside an earlier p, in the context of every target after it, which adds
g^(q-p) sum_{t > q} w_t g^(2 (t-q-1)).

Sources: TALE (Park et al. 2025, arXiv 2412.07382: single-target ridge with decayed sources); SLIST (Choi et al. 2021,
arXiv 2103.16104: closed form on sessions, decay by position); the two blocks and the Gram matrix from counts are ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reco.models.lag_counts import Floats, Sequences, decayed_counts, weights_of_later_targets
from reco.models.ridge import positive_inverse


@dataclass(frozen=True)
class Autoregression:
    """Coefficients, context item by next item."""

    last: Floats
    """(I, I) of the latest item."""
    earlier: Floats
    """(I, I) of the items before it, each weighed decay^(steps before the latest)."""
    decay: float


def fit_one_block(
    sequences: Sequences, targets: NDArray[np.floating], *, decay: float, ridge: float, most_lags: int
) -> Autoregression:
    """One coefficient for a context item however long ago; both tables are the same one.

    Args:
        targets: weight of each event as a target; a user's first event is none.
    Cost: 10/3 I^3 + events * lags.
    """
    following = weights_of_later_targets(sequences, targets, decay) / decay**2
    pairs, right = decayed_counts(sequences, decay, most_lags, [following * sequences.weights, targets])
    pairs *= np.float32(decay)
    gram = pairs + pairs.T
    own = np.bincount(sequences.items, following * sequences.weights.astype(np.float64) ** 2, sequences.item_count)
    gram.flat[:: len(gram) + 1] += (own + ridge).astype(np.float32)
    table = positive_inverse(gram) @ right
    return Autoregression(table, table, decay)


def fit_two_blocks(
    sequences: Sequences, targets: NDArray[np.floating], *, decay: float, ridge: float, most_lags: int
) -> Autoregression:
    """Own coefficients for the latest item.

    The block of latest items is diagonal (each context has one), so it is eliminated and a system of size I remains.
    Cost: about 9 I^3 + events * lags.
    """
    count = sequences.item_count
    weights = sequences.weights.astype(np.float64)
    following = _shifted(sequences, targets)
    beyond = weights_of_later_targets(sequences, following, decay)
    cross, pairs, right = decayed_counts(sequences, decay, most_lags, [following * weights, beyond * weights, targets])
    (next_counts,) = decayed_counts(sequences, decay, 1, [targets])
    right -= next_counts
    pairs *= np.float32(decay)
    cross *= np.float32(decay)
    gram = pairs + pairs.T
    del pairs
    own = np.bincount(sequences.items, beyond * weights**2, count)
    gram.flat[:: count + 1] += (own + ridge).astype(np.float32)
    latest = np.bincount(sequences.items, following * weights**2, count)
    scale = (1 / (latest + ridge)).astype(np.float32)
    # Rows of `cross` are earlier items, columns the latest one of the same context.
    scaled = cross * scale
    gram -= scaled @ cross.T
    right -= scaled @ next_counts
    earlier = positive_inverse(gram) @ right
    next_counts -= cross.T @ earlier
    next_counts *= scale[:, None]
    return Autoregression(next_counts, earlier, decay)


def _shifted(sequences: Sequences, targets: NDArray[np.floating]) -> NDArray[np.float64]:
    """For each event the target weight of its user's next one; 0 for the last."""
    following = np.zeros(len(targets))
    following[:-1] = targets[1:]
    ends = sequences.offsets[1:][np.diff(sequences.offsets) > 0] - 1
    following[ends] = 0
    return following
