"""Users by how likely each is to touch certain items next: what makes a segment.

The question "who touches one of these items next?" is answered by a conditional logit over all users (McFadden 1974):

    P(user u) = exp(w . f_u) / sum over users v of exp(w . f_v)

where f_u looks at u's history from several sides, and w was learned from touches that the rest of the model had not
seen. How much a user touches at all is one of the sides: across users it tells more than any taste does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.models.als import Floats, Pairs
from reco.models.item_rows import ItemRows
from reco.models.source import ModelSource
from reco.models.top_k import top_k

FEATURES = ("activity", "product", "standing", "neighbours", "touched", "times", "share")
Rows = NDArray[np.int32]

BLOCK_PAIRS = 2_000_000
"""Pairs of users and items that are looked at together: what bounds the memory of an answer."""

_FAINT = 0.01
"""Added to likeness and shares before their logarithm is taken."""
_STANDING = (-3.0, 12.0)


@dataclass(frozen=True)
class Segment:
    """The users likeliest to touch the items asked for."""

    users: Rows
    """Rows, likeliest first, the lower row first among equals."""
    scores: NDArray[np.float64]
    """P(user) of each; over all users they sum to 1."""


@dataclass(frozen=True)
class UserTable:
    """What is kept of every user."""

    pairs: Pairs
    """The distinct items each user touched, weighted by recency and repetition."""
    factors: Floats
    """(U, K)"""
    means: Floats
    """(U,) mean product of the user's vector with those of touched items."""
    deviations: Floats
    """(U,) standard deviation of the same, above 0."""

    @property
    def count(self) -> int:
        return self.pairs.height

    def of_users(self, rows: NDArray[Any]) -> UserTable:
        """Only these users, in this order."""
        lengths = np.diff(self.pairs.offsets)[rows]
        offsets = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(lengths, out=offsets[1:])
        places = np.repeat(self.pairs.offsets[rows] - offsets[:-1], lengths) + np.arange(offsets[-1])
        pairs = Pairs(offsets, self.pairs.columns[places], self.pairs.weights[places], self.pairs.width)
        return UserTable(pairs, self.factors[rows], self.means[rows], self.deviations[rows])

    def blocks(self) -> Iterator[slice]:
        """Runs of users whose pairs, and numbers in their vectors, are about BLOCK_PAIRS together."""
        work = np.cumsum(np.diff(self.pairs.offsets) + self.factors.shape[1])
        start = 0
        while start < self.count:
            before = work[start - 1] if start else 0
            stop = max(start + 1, int(np.searchsorted(work, before + BLOCK_PAIRS, side="right")))
            yield slice(start, stop)
            start = stop

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {
            "pair_offsets": self.pairs.offsets,
            "pair_items": self.pairs.columns,
            "pair_weights": self.pairs.weights,
            "user_factors": self.factors,
            "user_means": self.means,
            "user_deviations": self.deviations,
        }

    @staticmethod
    def read(source: ModelSource, item_count: int) -> UserTable:
        """What `arrays` gave. Nothing is read before it is used."""
        offsets, items, weights = (source.array(f"pair_{name}") for name in ("offsets", "items", "weights"))
        pairs = Pairs(offsets, items, weights, item_count)
        return UserTable(pairs, *(source.array(f"user_{name}") for name in ("factors", "means", "deviations")))


@dataclass(frozen=True)
class ItemTable:
    """What is kept of every item."""

    factors: Floats
    """(I, K); zero for items that nobody touched."""
    likeness: ItemRows
    """How alike items are by their users."""
    stand_ins: ItemRows
    """For an item that nobody touched, touched ones like it, by weights that sum to 1; none where nothing is known."""
    users: NDArray[np.int32]
    """(I,) distinct users of each item."""

    def wanted(self, items: NDArray[Any]) -> Wanted:
        """The items asked for, as one: each counts by its users and one more. Each at most once."""
        mask = np.zeros(len(self.users), bool)
        mask[items] = True
        weights = self.users[items] + 1.0
        weights /= max(weights.sum(), 1.0)
        borrowed = self.stand_ins.combine(items, weights)
        others = np.flatnonzero(borrowed)
        likeness = self.likeness.combine(np.append(items, others), np.append(weights, borrowed[others]))
        # Nothing is in its own row: who touched a stand-in is as near as who touched what is most like it.
        nearest = [self.likeness.values[slice(*self.likeness.offsets[[row, row + 1]])].max(initial=0) for row in others]
        likeness[others] += borrowed[others] * np.array(nearest, np.float32)
        vector = weights @ self.factors[items].astype(np.float64)
        vector += borrowed[others] @ self.factors[others].astype(np.float64)
        return Wanted(vector.astype(np.float32), likeness, mask)

    @staticmethod
    def read(source: ModelSource) -> ItemTable:
        """From a fitted model of either family."""
        likeness, stand_ins = (ItemRows.read(source, name) for name in ("likeness", "stand_ins"))
        return ItemTable(source.array("item_factors"), likeness, stand_ins, source.array("item_users"))


@dataclass(frozen=True)
class Wanted:
    """The items asked for."""

    vector: Floats
    """(K,)"""
    likeness: Floats
    """(I,) how like them every item is."""
    mask: NDArray[np.bool_]
    """(I,) which they are."""


def features(table: UserTable, wanted: Wanted, users: slice) -> NDArray[np.float64]:
    """(n, 7) the sides of these users' histories, by FEATURES."""
    offsets = table.pairs.offsets[users.start : users.stop + 1]
    span = slice(int(offsets[0]), int(offsets[-1]))
    items, weights = table.pairs.columns[span], table.pairs.weights[span]
    lengths = np.diff(offsets)
    count = len(lengths)
    owner = np.repeat(np.arange(count), lengths)
    own = wanted.mask[items]

    def per_user(values: NDArray[Any], of: NDArray[Any] | slice = slice(None)) -> NDArray[np.float64]:
        return np.bincount(owner[of], values, minlength=count).astype(np.float64, copy=False)

    product = (table.factors[users] @ wanted.vector).astype(np.float64)
    standing = np.clip((product - table.means[users]) / table.deviations[users], *_STANDING)
    touched = per_user(np.ones(np.count_nonzero(own)), own)
    share = per_user(weights[own], own) / (per_user(weights) + 1.0)
    return np.column_stack(
        [
            np.log1p(lengths),
            product,
            standing,
            np.log(np.maximum(per_user(weights * wanted.likeness[items]), 0) + _FAINT),
            touched > 0,
            np.log1p(touched),
            np.log(share + _FAINT),
        ]
    )


def rank_users(table: UserTable, wanted: Wanted, weights: NDArray[np.float64], count: int) -> Segment:
    """The `count` likeliest users; all there are when fewer.

    Cost: a pass over all pairs and user vectors; memory for a block of them, and for `count` users.
    """
    best_users, best_scores = np.empty(0, np.int64), np.empty(0)
    greatest, total = -np.inf, 0.0
    for block in table.blocks():
        scores = features(table, wanted, block) @ weights
        peak = max(greatest, float(scores.max()))
        total = total * np.exp(greatest - peak) + float(np.exp(scores - peak).sum())
        greatest = peak
        users = np.concatenate([best_users, np.arange(block.start, block.stop)])
        scores = np.concatenate([best_scores, scores])
        # Rows rise in `users`, so equals stay in the order of their rows.
        kept = np.sort(top_k(scores, count))
        best_users, best_scores = users[kept], scores[kept]
    order = np.argsort(-best_scores, kind="stable")
    shares = np.exp(best_scores[order] - greatest) / total if len(order) else np.empty(0)
    return Segment(best_users[order].astype(np.int32), shares)
