"""A question to a model and its answer, as the runtime asks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from reco.artefact import Vocabulary

Rows = NDArray[np.int32]


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
    context: Mapping[str, str] = field(default_factory=dict)
    """The request's contextual metadata by column name; empty when none was given."""
    history_weights: NDArray[np.float32] | None = None
    """What each event of the history counts, as the model's training weighed events; None where it weighed none."""


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


def in_order(order: Rows, query: Query) -> Ranking:
    """The first of `order`, or the candidates as they stand in it; candidates that are not in it come last."""
    if query.candidates is not None:
        place = np.full(int(max(order.max(initial=0), query.candidates.max(initial=0))) + 1, len(order))
        place[order] = np.arange(len(order))
        order = query.candidates[np.argsort(place[query.candidates], kind="stable")]
    return Ranking(np.asarray(order[: query.count], np.int32), None)
