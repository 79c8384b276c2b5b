"""What was bought at one time: histories cut where their events lie apart."""

from __future__ import annotations

import numpy as np

from reco.models.interactions import Interactions, offsets_of

GAP = 3_600
"""Seconds without an event that end a basket."""
LEAST_SHARE = 0.3
"""Share of the events that must lie in baskets of several items; else baskets are not visible in the data."""


def into_baskets(interactions: Interactions) -> Interactions:
    """The same events with a basket for a user; unchanged where times do not show baskets.

    They do not where nearly every event stands alone, and where no history has a gap at all.
    """
    if not len(interactions):
        return interactions
    begins = np.zeros(len(interactions), bool)
    begins[interactions.offsets[:-1][interactions.lengths > 0]] = True
    begins[1:] |= np.diff(interactions.times) > GAP
    starts = np.flatnonzero(begins)
    lengths = np.diff(np.append(starts, len(interactions)))
    apart = len(lengths) > np.count_nonzero(interactions.lengths)
    if not apart or lengths[lengths > 1].sum() < LEAST_SHARE * len(interactions):
        return interactions
    cut = offsets_of(lengths)
    return Interactions(cut, interactions.items, interactions.times, interactions.item_count, interactions.weights)
