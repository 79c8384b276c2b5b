"""Sessions as wholes: one ridge regression from a session's items to all of them, itself included, and from what came
before to all that came after, in closed form from lag counts.

With X the sessions by items (1 where touched) and, for each place t >= 1 of a session i_0 .. i_n,

    past_t = sum_{a >= 1} g^(a-1) e_{i_{t-a}}        later_t = sum_{b >= 0} g^b e_{i_{t+b}}

B minimises share |X - X B|^2 + (1 - share) sum_t |later_t - past_t B|^2 + ridge |B|^2, a session's rows weighed by
its age. The diagonal is free: an item may vote for itself, and does where people come back to it. No row is built: an
earlier event p and a later one q meet in later_t' past_t for every t from p + 1 to q, q - p times, each time with
g^(q-p-1); the Gram matrix of the pasts is that of `autoregression.fit_one_block` with targets of weight 1.

Source: SLIST (Choi et al. 2021, arXiv 2103.16104, equations 6 to 12: both objectives, the diagonal relaxed, decay by
position, weights by session age); from lag counts, a repeated touch counting each time, it is ours.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reco.models.ease import gram_matrix
from reco.models.interactions import Interactions
from reco.models.lag_counts import Floats, Sequences, decayed_counts, lag_sums, weights_of_later_targets
from reco.models.ridge import positive_inverse

_LEAST = 1e-4
"""A pair of events that weighs less than this share of a neighbouring pair is left out."""


def fit_session_ridge(wholes: Sequences, events: Sequences, *, share: float, decay: float, ridge: float) -> Floats:
    """(I, I) coefficients, context item by scored item.

    Args:
        wholes: the sessions' items, each once; weights are the sessions'.
        events: the same sessions' events, repeats included; weights are the sessions'.
        share: of the whole-session objective, 0 to 1.
    Cost: 10/3 I^3, the Gram matrix of `wholes`, and events * lags.
    """
    together = gram_matrix(wholes)
    together *= np.float32(share)
    lags = max(1, int(np.ceil(np.log(_LEAST) / np.log(decay))))
    of_session = events.weights.astype(np.float64)
    ones = Sequences(events.offsets, events.items, events.times, np.ones_like(events.weights), events.item_count)
    following = weights_of_later_targets(ones, of_session, decay) / decay**2
    (pairs,) = decayed_counts(ones, decay, lags, [following])
    (right,) = lag_sums(ones, [lag * decay ** (lag - 1) for lag in range(1, lags + 1)], [of_session])
    pairs *= np.float32((1 - share) * decay)
    gram = pairs + pairs.T
    del pairs
    gram += together
    own = np.bincount(events.items, following, events.item_count)
    gram.flat[:: len(gram) + 1] += ((1 - share) * own + ridge).astype(np.float32)
    right *= np.float32(1 - share)
    right += together
    return positive_inverse(gram) @ right


def ages_of(interactions: Interactions) -> NDArray[np.float64]:
    """(U,) of each user the share, 0 to 1, of all events that came after their last: an age in no unit of time."""
    ends = np.full(interactions.user_count, np.iinfo(np.int64).min)
    active = interactions.lengths > 0
    ends[active] = interactions.times[interactions.offsets[1:][active] - 1]
    return 1 - np.searchsorted(np.sort(interactions.times), ends, side="right") / max(len(interactions), 1)
