"""What the runtime sees of a model: a question in, items in order out. numpy only."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from reco.artefact import Artefact, Vocabulary
from reco.errors import CorruptArtefact
from reco.models.als import Floats, Objective
from reco.models.fold_in import fold_in
from reco.models.history import HistoryWeights
from reco.models.source import ModelSource
from reco.models.top_k import top_k

Rows = NDArray[np.int32]

_REMEMBERED_VECTORS = 4_096
_DIGEST_BYTES = 16


@dataclass(frozen=True)
class Query:
    """One question. Items are rows of the model's vocabulary."""

    history_items: Rows
    """What the user touched, oldest first, repeats included; empty for a newcomer."""
    history_times: NDArray[np.int64]
    """When, seconds since the epoch."""
    item: int | None
    """The item to find related ones for; None where the model takes none, or does not know it."""
    candidates: Rows | None
    """Only these are ranked, each once and all of them that fit in `count`; None ranks the catalogue."""
    count: int
    """At most so many are wanted."""


@dataclass(frozen=True)
class Ranking:
    """The answer: item rows, best first, and their scores when the model has any."""

    items: Rows
    scores: NDArray[np.float64] | None


class ServedModel(Protocol):
    """A model that answers."""

    @property
    def family(self) -> str: ...
    @property
    def items(self) -> Vocabulary: ...
    @property
    def has_scores(self) -> bool:
        """Whether rankings carry scores: probabilities that sum to 1 over the catalogue, or over the candidates."""

    def rank(self, query: Query) -> Ranking: ...


def load_model(artefact: Artefact) -> ServedModel:
    """The model of an artefact of kind "model". Reads nothing that is as large as the histories.

    Raises:
        CorruptArtefact: not a model, or of a family this program does not know.
    """
    if artefact.kind != "model":
        raise CorruptArtefact(f"{artefact.folder} is a {artefact.kind}, not a model")
    return serve(artefact, Vocabulary.of(artefact, "items"))


def serve(source: ModelSource, items: Vocabulary) -> ServedModel:
    """The model whose arrays are in `source`.

    Raises:
        CorruptArtefact: of a family this program does not know, or something is missing.
    """
    family = source.attributes.get("family")
    if family not in _FAMILIES:
        raise CorruptArtefact(f"no model of family {family} is known; there are {', '.join(_FAMILIES)}")
    try:
        return _FAMILIES[family](source, items)
    except KeyError as error:
        raise CorruptArtefact(f"the model lacks {error}") from error


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
        self.objective = Objective(**attributes["objective"])
        self.weights = HistoryWeights(**attributes["history_weights"])
        self.factors: Floats = source.array("item_factors")
        self.spectrum: Floats = source.array("spectrum")
        self.newcomer: NDArray[np.float64] = source.array("newcomer_shares")
        self._untouched: Rows = source.array("untouched_items")
        self._vectors: dict[bytes, Floats] = {}

    def rank(self, query: Query) -> Ranking:
        if query.candidates is not None:
            return self._rank_candidates(query.history_items, query.candidates, query.count)
        if len(query.history_items):
            likings = self.likings(query.history_items)
            items, shares = top_k(likings, query.count), softmax(likings, self.temperature)
        else:
            items, shares = top_k(self.newcomer, query.count), self.newcomer
        return Ranking(items.astype(np.int32), shares[items])

    def likings(self, history: Rows) -> Floats:
        """Every item's product with the user's vector; -inf for items that are not to be recommended again."""
        likings = self._products(history)
        if self.excludes_seen:
            likings[history] = -np.inf
        return likings

    def _products(self, history: Rows) -> Floats:
        products = self.factors @ self.vector(history)
        if len(self._untouched):
            # Items that training never saw stand behind all others.
            products[self._untouched] = np.nextafter(products.min(), np.float32(-np.inf))
        return products

    def vector(self, history: Rows) -> Floats:
        """The user's vector, read-only. It depends on the history alone, so a user who looks again without having
        touched anything costs no second folding in, which is most of an answer's work."""
        key = blake2b(np.asarray(history, np.int32).tobytes(), digest_size=_DIGEST_BYTES).digest()
        vector = self._vectors.get(key)
        if vector is None:
            rows, weights = self.weights.weigh_one(history, len(self.factors))
            vector = fold_in(self.factors, self.spectrum, self.objective, rows, weights)
            vector.flags.writeable = False
            if len(self._vectors) >= _REMEMBERED_VECTORS:
                self._vectors.clear()
            self._vectors[key] = vector
        return vector

    def _rank_candidates(self, history: Rows, candidates: Rows, count: int) -> Ranking:
        if len(history):
            scores = softmax(self._products(history)[candidates], self.temperature)
        else:
            scores = self.newcomer[candidates]
            total = scores.sum()
            scores = scores / total if total else np.full(len(candidates), 1 / max(len(candidates), 1))
        order = np.lexsort((candidates, -scores))[:count]
        return Ranking(candidates[order], scores[order])


class NeighbourModel:
    """Related items: the neighbours of the item asked for, then popular items; popular ones alone without an item."""

    family = "item_similarity"
    has_scores = False

    def __init__(self, source: ModelSource, items: Vocabulary) -> None:
        self.items = items
        self._offsets: NDArray[np.int64] = source.array("neighbour_offsets")
        self._neighbours: Rows = source.array("neighbours")
        self._popular: Rows = source.array("popular")

    def rank(self, query: Query) -> Ranking:
        if query.item is None:
            order = self._popular
        else:
            nearest = self._neighbours[self._offsets[query.item] : self._offsets[query.item + 1]]
            taken = np.zeros(len(self._popular), bool)
            taken[nearest] = True
            taken[query.item] = True
            order = np.concatenate([nearest, self._popular[~taken[self._popular]]])
        return _in_order(order, query)


class PopularityModel:
    """The same for everybody: items by how many users touched them."""

    family = "popularity"
    has_scores = False

    def __init__(self, source: ModelSource, items: Vocabulary) -> None:
        self.items = items
        self._popular: Rows = source.array("popular")

    def rank(self, query: Query) -> Ranking:
        return _in_order(self._popular, query)


_FAMILIES: dict[str, Any] = {model.family: model for model in (FactorModel, NeighbourModel, PopularityModel)}


def _in_order(order: Rows, query: Query) -> Ranking:
    """The first of `order`, or the candidates as they stand in it; candidates that are not in it come last."""
    if query.candidates is not None:
        place = np.full(int(max(order.max(initial=0), query.candidates.max(initial=0))) + 1, len(order))
        place[order] = np.arange(len(order))
        order = query.candidates[np.argsort(place[query.candidates], kind="stable")]
    return Ranking(np.asarray(order[: query.count], np.int32), None)


def softmax(likings: NDArray[Any], temperature: float) -> NDArray[np.float64]:
    """exp(liking / temperature), scaled to sum 1; -inf has no share. Empty for nothing."""
    if not len(likings):
        return np.empty(0)
    raised = likings.astype(np.float64)
    raised -= raised.max()
    raised /= temperature
    np.exp(raised, out=raised)
    raised /= raised.sum()
    return raised
