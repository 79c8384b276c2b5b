"""Family `als`: matrix factorisation of implicit feedback, users folded in at each request."""

from __future__ import annotations

from dataclasses import asdict
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from reco.artefact import Vocabulary
from reco.models import als
from reco.models.als import Floats, Objective
from reco.models.constants import read_constants
from reco.models.fit_settings import FitSettings
from reco.models.fold_in import fold_in
from reco.models.history import HistoryWeights
from reco.models.interactions import Interactions
from reco.models.popularity import newcomer_shares
from reco.models.query import Query, Ranking, Rows
from reco.models.selection import Values, seen_items, usual_users
from reco.models.source import FittedModel, ModelSource
from reco.models.temperature import FALLBACK, softmax
from reco.models.top_k import top_k
from reco.models.training_data import TrainingData

EPOCHS = 6
REGULARISATION = 0.01
CONFIDENCE = 0.2
"""Weight of all observed pairs together, as a share of the weight of all unobserved ones."""
LEAST_ALPHA, GREATEST_ALPHA = 2.0, 300.0
RECENCY = HistoryWeights(decay=20.0, floor=0.02)
ALL_ALIKE = HistoryWeights(decay=None)

_REMEMBERED_VECTORS = 4_096
_DIGEST_BYTES = 16


def fit(data: TrainingData, values: Values, settings: FitSettings) -> FittedModel:
    """Users' pairs factorised; see docs/adr/0009 for the constants."""
    interactions = data.interactions
    kept = usual_users(interactions, values)
    weights = RECENCY if values.get("recency_mask", True) else ALL_ALIKE
    pairs = weights.weigh(kept)
    objective = als.Objective(alpha=alpha(kept), regularisation=REGULARISATION)
    fitted = als.fit(
        pairs,
        objective,
        factors=int(values["hidden_dimension"]),
        epochs=EPOCHS,
        seed=settings.seed,
        threads=settings.threads,
    )
    return FittedModel(
        arrays={
            "item_factors": fitted.items,
            "spectrum": fitted.spectrum,
            "untouched_items": np.flatnonzero(~fitted.items.any(axis=1)).astype(np.int32),
            "newcomer_shares": newcomer_shares(interactions, recent=bool(values.get("recency_mask", True))),
        },
        attributes={
            "family": "als",
            "objective": asdict(objective),
            "history_weights": asdict(weights),
            "seen_items": seen_items(interactions),
            "temperature": FALLBACK,
        },
    )


def alpha(interactions: Interactions) -> float:
    """Confidence per event: the emptier the table of users and items, the more an observed pair must stand out."""
    cells = interactions.user_count * int(np.count_nonzero(np.bincount(interactions.items)))
    return float(np.clip(CONFIDENCE * cells / len(interactions), LEAST_ALPHA, GREATEST_ALPHA))


class FactorModel:
    """Matrix factorisation: the user's vector is folded in from the history, anew whenever the history is another.

    A score is the share of the softmax of vector products at the fitted temperature. Items the user has touched have
    no share where the model excludes them (attribute `seen_items`), unless they are asked for as candidates.
    """

    family = "als"
    has_scores = True

    def __init__(self, source: ModelSource, items: Vocabulary) -> None:
        attributes = source.attributes
        self.items = items
        self.excludes_seen = attributes["seen_items"] == "exclude"
        self.temperature = float(attributes["temperature"])
        self.objective = read_constants(Objective, attributes["objective"])
        self.weights = read_constants(HistoryWeights, attributes["history_weights"])
        self.factors: Floats = source.array("item_factors")
        self.spectrum: Floats = source.array("spectrum")
        self.newcomer: NDArray[np.float64] = source.array("newcomer_shares")
        self._untouched: Rows = source.array("untouched_items")
        self._vectors: dict[bytes, Floats] = {}

    def rank(self, query: Query) -> Ranking:
        if query.candidates is not None:
            return self._rank_candidates(query, query.candidates)
        if len(query.history_items):
            likings = self.likings(query.history_items, query.history_weights)
            items, shares = top_k(likings, query.count), softmax(likings, self.temperature)
        else:
            items, shares = top_k(self.newcomer, query.count), self.newcomer
        return Ranking(items.astype(np.int32), shares[items])

    def likings(self, history: Rows, weights: Floats | None = None) -> Floats:
        """Every item's product with the user's vector; -inf for items that are not to be recommended again."""
        likings = self._products(history, weights)
        if self.excludes_seen:
            likings[history] = -np.inf
        return likings

    def _products(self, history: Rows, weights: Floats | None) -> Floats:
        products = self.factors @ self.vector(history, weights)
        if len(self._untouched):
            # Items that training never saw stand behind all others.
            products[self._untouched] = np.nextafter(products.min(), np.float32(-np.inf))
        return products

    def vector(self, history: Rows, weights: Floats | None = None) -> Floats:
        """The user's vector, read-only. It depends on the history alone (and on what its events weigh), so a user who
        looks again without having touched anything costs no second folding in, which is most of an answer's work."""
        digest = blake2b(np.asarray(history, np.int32).tobytes(), digest_size=_DIGEST_BYTES)
        digest.update(b"" if weights is None else weights.tobytes())
        key = digest.digest()
        vector = self._vectors.get(key)
        if vector is None:
            rows, amounts = self.weights.weigh_one(history, weights)
            vector = fold_in(self.factors, self.spectrum, self.objective, rows, amounts)
            vector.flags.writeable = False
            if len(self._vectors) >= _REMEMBERED_VECTORS:
                self._vectors.clear()
            self._vectors[key] = vector
        return vector

    def _rank_candidates(self, query: Query, candidates: Rows) -> Ranking:
        if len(query.history_items):
            products = self._products(query.history_items, query.history_weights)
            scores = softmax(products[candidates], self.temperature)
        else:
            scores = self.newcomer[candidates]
            total = scores.sum()
            scores = scores / total if total else np.full(len(candidates), 1 / max(len(candidates), 1))
        order = np.lexsort((candidates, -scores))[: query.count]
        return Ranking(candidates[order], scores[order])
