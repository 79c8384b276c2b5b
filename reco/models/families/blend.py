"""The blend as it answers: several models' signals after the user's history, weighed as held-out users taught."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from reco.artefact import Vocabulary
from reco.models.blend import bent, standard_scores, weighed
from reco.models.cold_likings import CODES, ColdLikings
from reco.models.compact import RECORDS
from reco.models.history import Touches
from reco.models.item_objective import read_lean
from reco.models.newcomers import Newcomers
from reco.models.query import Query, Ranking, Rows
from reco.models.repeats import RepeatTable
from reco.models.signals import Signals
from reco.models.source import ModelSource
from reco.models.temperature import softmax
from reco.models.top_k import top_k

Floats = NDArray[np.float32]

_DIGEST_BYTES = 16
_REMEMBERED_NUMBERS = 8_000_000
"""Numbers in the liking vectors that are kept for users who ask again, and in the scores that users share."""


@dataclass(frozen=True)
class _Common:
    """What signals say that depend on the time of a history alone."""

    scores: Floats
    """(C, I) standard scores."""
    likings: Floats
    """(I,) what they add to every item's liking."""


class BlendModel:
    """Several models weighed together. The answer depends on the history alone.

    A score is the share of the softmax that the weights were fitted for. Items that the user has touched have no share
    where nobody comes back (attribute `seen_items`), unless they are asked for as candidates or there are no others.
    Where an objective leans, all shares are bent by it, but for items behind all others, which stay there.
    """

    family = "blend"
    has_scores = True
    BY_ROWS = (RECORDS, CODES)

    def __init__(self, source: ModelSource, items: Vocabulary) -> None:
        learned = source.attributes["blend"]
        self.items = items
        self.signals = Signals(source)
        self.excludes_seen = source.attributes["seen_items"] == "exclude"
        self.repeats = RepeatTable(np.array(source.attributes["repeat_log_odds"], np.float32))
        self.newcomers = Newcomers.read(source)
        self.cold = ColdLikings.read(source)
        weights = np.array(learned["weights"], np.float32)
        self._owns = self.signals.plan.owns
        self._own_weights, self._common_weights = (weights[np.tile(side, 2)] for side in (self._owns, ~self._owns))
        self._seen_weights = np.array(learned["seen_weights"], np.float32)
        self._untouched: Rows = source.array("untouched_items")
        promised = self.cold.items if self.cold else np.empty(0, np.int32)
        self._behind = np.setdiff1d(self._untouched, promised, assume_unique=True)
        self._lean = read_lean(source)
        self._remembered: dict[bytes, Floats] = {}
        self._known = len(items) - len(self._untouched)
        self._moments: dict[int, _Common] = {}
        numbers_of_moment = (len(self._owns) - int(self._owns.sum()) + 1) * len(items)
        self._most_moments = max(1, _REMEMBERED_NUMBERS // max(numbers_of_moment, 1))
        self._most_remembered = max(8, _REMEMBERED_NUMBERS // max(len(items), 1))

    def rank(self, query: Query) -> Ranking:
        if not len(query.history_items):
            return self._rank_for_newcomer(query)
        touches = Touches.of(query.history_items, query.history_times, query.history_weights)
        likings = self.likings(touches)
        if query.candidates is not None:
            return _among(query.candidates, softmax(likings[query.candidates], 1.0), query.count)
        if self.excludes_seen and len(touches.items) < len(likings):
            likings = likings.copy()
            likings[touches.items] = -np.inf
        items = top_k(likings, query.count)
        return Ranking(items.astype(np.int32), softmax(likings, 1.0)[items])

    def likings(self, touches: Touches) -> Floats:
        """(I,) log of every item's share but for a constant, seen items included; read-only.

        A user who looks again without having touched anything costs no second sum."""
        digest = blake2b(touches.items.tobytes(), digest_size=_DIGEST_BYTES)
        digest.update(touches.counts.tobytes())
        digest.update(touches.times.tobytes())
        digest.update(b"" if touches.weights is None else touches.weights.tobytes())
        key = digest.digest()
        likings = self._remembered.get(key)
        if likings is None:
            likings = self._sum(touches)
            likings.flags.writeable = False
            if len(self._remembered) >= self._most_remembered:
                self._remembered.clear()
            self._remembered[key] = likings
        return likings

    def _sum(self, touches: Touches) -> Floats:
        common = self._common(touches)
        own = standard_scores(self.signals.own(touches), self._known)
        likings = weighed(own, self._own_weights)
        likings += common.likings
        if not self.excludes_seen:
            scores = np.empty((len(self._owns), len(touches.items)), np.float32)
            scores[self._owns], scores[~self._owns] = own[:, touches.items], common.scores[:, touches.items]
            likings[touches.items] = self._seen_weights @ seen_features(scores, touches, self.repeats)
        if self.cold:
            self.cold.fill(likings, self.signals.vector(touches), touches.items)
        if self._lean is not None:
            likings += self._lean
        if len(self._behind):
            # Items that training never saw, and whose content promises nothing.
            likings[self._behind] = np.nextafter(likings.min(), np.float32(-np.inf))
        return likings

    def _common(self, touches: Touches) -> _Common:
        """The signals that all who ask at this time share, weighed once for all of them."""
        moment = self.signals.moment(touches)
        common = self._moments.get(moment)
        if common is None:
            scores = standard_scores(self.signals.common(touches), self._known)
            common = _Common(scores, weighed(scores, self._common_weights))
            if len(self._moments) >= self._most_moments:
                self._moments.clear()
            self._moments[moment] = common
        return common

    def _rank_for_newcomer(self, query: Query) -> Ranking:
        anybody = self._leant(self.newcomers.shares_for(query.context))
        if query.candidates is None:
            items = top_k(anybody, query.count)
            return Ranking(items.astype(np.int32), anybody[items])
        shares = anybody[query.candidates]
        total = shares.sum()
        even = np.full(len(shares), 1 / max(len(shares), 1))
        return _among(query.candidates, shares / total if total else even, query.count)

    def _leant(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        if self._lean is None:
            return shares
        bent_shares = shares * np.exp(self._lean.astype(np.float64))
        return np.asarray(bent_shares / max(float(bent_shares.sum()), 1e-300))


def seen_features(scores: Floats, touches: Touches, table: RepeatTable) -> Floats:
    """(F, d) what counts for an item that was touched before: that it was, its odds of coming back, how often it was
    touched, among how many others (the more there are, the less each), and what the signals say of it, bent and not.

    Args:
        scores: (S, d) standard scores of the history's items.
    """
    count = len(touches.items)
    items, events = np.full(count, np.log(count)), np.full(count, np.log(touches.counts.sum()))
    own = np.stack([np.ones(count), table.of(touches), np.log(touches.counts), items, events])
    return np.concatenate([own.astype(np.float32), bent(scores), scores])


def _among(candidates: Rows, shares: NDArray[np.float64], count: int) -> Ranking:
    order = np.lexsort((candidates, -shares))[:count]
    return Ranking(candidates[order], shares[order])
