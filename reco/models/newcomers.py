"""What users without a history are shown: what anybody is likely to want, bent by what the request and metadata say.

With p(i) the share of an item for anybody and n_iv its events among the n_v that carry value v of a field,

    p(i | v) = (n_iv + PRIOR p(i)) / (n_v + PRIOR)        lift(i, v) = log(p(i | v) / p(i))

and the shares of a request with F known values are in proportion to p(i) exp(sum_v lift(i, v) / sqrt(F)): fields that
say the same twice are not believed twice. A value keeps only the items whose share it changes most, so that tables stay
small however many values a field has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.models.interactions import Interactions, Labels, offsets_of
from reco.models.source import ModelSource

PRIOR = 50.0
"""Events that a value must have to be believed half."""
LEAST_EVENTS = 20
"""Values with fewer events are not kept."""
MOST_VALUES = 200
"""Kept of one field: those with most events."""
KEPT_ITEMS = 300
"""Of one value."""


@dataclass(frozen=True)
class Lifts:
    """How each value of a field bends the shares: row r is of the field and value values[r]."""

    values: tuple[tuple[str, str], ...]
    offsets: NDArray[np.int64]
    items: NDArray[np.int32]
    """Rising within a row; what is absent is not bent."""
    sizes: NDArray[np.float32]


@dataclass(frozen=True)
class Newcomers:
    """Shares of the items for anybody, and what values change in them."""

    shares: NDArray[np.float64]
    """(I,) sums to 1, or all 0 where nothing is known."""
    lifts: Lifts | None = None

    @staticmethod
    def read(source: ModelSource) -> Newcomers:
        """What `arrays` and `attributes` gave. Models without lifts have shares alone."""
        values = source.attributes.get("newcomer_values", [])
        shares = source.array("newcomer_shares")
        if not values:
            return Newcomers(shares)
        offsets, items, sizes = (source.array(f"newcomer_lifts.{part}") for part in ("offsets", "items", "values"))
        return Newcomers(shares, Lifts(tuple((field, value) for field, value in values), offsets, items, sizes))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For an artefact; `newcomer_shares` as models without lifts have it."""
        found: dict[str, NDArray[Any]] = {"newcomer_shares": self.shares}
        if self.lifts:
            found["newcomer_lifts.offsets"] = self.lifts.offsets
            found["newcomer_lifts.items"] = self.lifts.items
            found["newcomer_lifts.values"] = self.lifts.sizes
        return found

    def attributes(self) -> dict[str, Any]:
        """For an artefact."""
        return {"newcomer_values": [list(pair) for pair in self.lifts.values]} if self.lifts else {}

    def shares_for(self, context: Mapping[str, str]) -> NDArray[np.float64]:
        """(I,) the shares for a request; those for anybody where nothing of it is known. Not to be written to.

        Args:
            context: values by field, of the request and of the user's metadata alike.
        """
        known = self.lifts.values if self.lifts and context else ()
        rows = [row for row, (field, value) in enumerate(known) if context.get(field) == value]
        if not rows or not self.lifts:
            return self.shares
        bent = np.zeros(len(self.shares))
        for row in rows:
            span = slice(self.lifts.offsets[row], self.lifts.offsets[row + 1])
            bent[self.lifts.items[span]] += self.lifts.sizes[span]
        shares = self.shares * np.exp(bent / np.sqrt(len(rows)))
        return np.asarray(shares / max(float(shares.sum()), 1e-300))


def fit_newcomers(interactions: Interactions, shares: NDArray[np.float64], labels: Iterable[Labels] = ()) -> Newcomers:
    """Counts how the items of each value differ from anybody's.

    Args:
        shares: (I,) what is likely for anybody, such as `popularity.newcomer_shares`.
        labels: fields with few enough values to be counted; empty leaves everybody alike.
    Cost: a pass over the events for each field, and a pass over the items for each value kept.
    """
    kept: list[tuple[str, str]] = []
    items, sizes = [], []
    for field in labels:
        known = field.codes >= 0
        events = np.bincount(field.codes[known], minlength=len(field.values))
        most = np.argsort(-events, kind="stable")[:MOST_VALUES]
        order = np.argsort(field.codes[known], kind="stable")
        touched = interactions.items[known][order]
        begins = offsets_of(events)
        for code in most[events[most] >= LEAST_EVENTS].tolist():
            counts = np.bincount(touched[begins[code] : begins[code + 1]], minlength=len(shares))
            likely = (counts + PRIOR * shares) / (events[code] + PRIOR)
            able = np.flatnonzero(shares > 0)
            change = np.abs(likely - shares)[able]
            best = np.sort(able[np.argsort(-change, kind="stable")[:KEPT_ITEMS]])
            kept.append((field.field, field.values[code]))
            items.append(best.astype(np.int32))
            sizes.append(np.log(likely[best] / shares[best]).astype(np.float32))
    if not kept:
        return Newcomers(shares)
    lengths = np.array([len(each) for each in items])
    return Newcomers(shares, Lifts(tuple(kept), offsets_of(lengths), np.concatenate(items), np.concatenate(sizes)))
