"""The blend as it answers: several models' signals after the user's history, weighed as held-out users taught."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from reco.artefact import Vocabulary
from reco.models.blend import bent, standard_scores
from reco.models.cold_likings import ColdLikings
from reco.models.compact import RECORDS
from reco.models.history import Touches
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
"""Numbers in the liking vectors that are kept for users who ask again."""


class BlendModel:
    """Several models weighed together. The answer depends on the history alone.

    A score is the share of the softmax that the weights were fitted for. Items that the user has touched have no share
    where nobody comes back (attribute `seen_items`), unless they are asked for as candidates or there are no others.
    """

    family = "blend"
    has_scores = True
    BY_ROWS = (RECORDS,)

    def __init__(self, source: ModelSource, items: Vocabulary) -> None:
        learned = source.attributes["blend"]
        self.items = items
        self.signals = Signals(source)
        self.excludes_seen = source.attributes["seen_items"] == "exclude"
        self.repeats = RepeatTable(np.array(source.attributes["repeat_log_odds"], np.float32))
        self.newcomers = Newcomers.read(source)
        self.cold = ColdLikings.read(source)
        self._weights = np.array(learned["weights"], np.float32)
        self._seen_weights = np.array(learned["seen_weights"], np.float32)
        self._untouched: Rows = source.array("untouched_items")
        self._remembered: dict[bytes, Floats] = {}
        self._most_remembered = max(8, _REMEMBERED_NUMBERS // max(len(items), 1))

    def rank(self, query: Query) -> Ranking:
        if not len(query.history_items):
            return self._rank_for_newcomer(query)
        touches = Touches.of(query.history_items, query.history_times)
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
        count = len(self.items)
        scores = standard_scores(self.signals.matrix(touches), count - len(self._untouched))
        features = len(scores)
        likings = self._weights[:features] @ scores + self._weights[features:] @ bent(scores)
        if not self.excludes_seen:
            likings[touches.items] = self._seen_weights @ seen_features(scores[:, touches.items], touches, self.repeats)
        if len(self._untouched):
            # Items that training never saw stand behind all others, but for those whose content promises something.
            likings[self._untouched] = np.nextafter(likings.min(), np.float32(-np.inf))
            if self.cold:
                self.cold.fill(likings, self.signals.vector(touches), touches.items)
        return likings

    def _rank_for_newcomer(self, query: Query) -> Ranking:
        anybody = self.newcomers.shares_for(query.context)
        if query.candidates is None:
            items = top_k(anybody, query.count)
            return Ranking(items.astype(np.int32), anybody[items])
        shares = anybody[query.candidates]
        total = shares.sum()
        even = np.full(len(shares), 1 / max(len(shares), 1))
        return _among(query.candidates, shares / total if total else even, query.count)


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
