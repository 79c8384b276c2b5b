"""How much a user likes items that nobody has touched, on the scale on which a model likes the others. numpy only.

The model's likings of touched items are regressed on what content alone says of these items: p, the product of the
user's vector with the vector that content promises, and c, the product of the history's code with the item's. All are
standard scores over the touched items of one request, so two slopes serve every user:

    expected liking of an untouched item = mean + deviation (a p + b c)

where mean and deviation are those of the likings of touched items. Since the slopes are below 1, metadata alone rarely
put an item first, and among untouched items they decide alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.models.source import ModelSource

Floats = NDArray[np.float32]
Rows = NDArray[np.int32]

RIDGE = 1e-3
"""On the slopes, in units of the number of likings: keeps them finite where content says nothing."""

MOST_NUMBERS = 16_000_000
"""In the vectors of untouched items; those of higher rows are left out beyond, and stand behind all others."""


@dataclass(frozen=True)
class Example:
    """A user and the likings that the model has for all items, touched ones at least."""

    vector: Floats
    """(K,) in the frame of the promised vectors."""
    history: Rows
    """Items touched, repeats of no matter."""
    likings: Floats
    """(I,)"""


@dataclass(frozen=True)
class _Opinion:
    """Vectors of untouched items, and how products with the touched items' vectors are spread: x centre is their mean,
    x spread x' their variance."""

    vectors: Floats
    """(C, K)"""
    centre: Floats
    """(K,)"""
    spread: Floats
    """(K, K)"""

    @staticmethod
    def of(table: Floats, untouched: Rows, touched: Rows) -> _Opinion:
        known = table[touched].astype(np.float64)
        centre = known.mean(axis=0)
        spread = (known.T @ known) / len(known) - np.outer(centre, centre)
        return _Opinion(table[untouched], centre.astype(np.float32), spread.astype(np.float32))

    def scores(self, x: Floats, vectors: Floats | None = None) -> Floats:
        """Standard scores of the products of x with the vectors, those of the untouched items by default."""
        products = (self.vectors if vectors is None else vectors) @ x - float(self.centre @ x)
        variance = max(float(x @ self.spread @ x), 0.0)
        small = 1e-10 * float(x @ x) * float(np.trace(self.spread) + 1e-30)
        return np.asarray(products / np.sqrt(variance) if variance > small else 0 * products, np.float32)


@dataclass(frozen=True)
class ColdLikings:
    """What is needed to like untouched items."""

    items: Rows
    """(C,) untouched items of which content is known."""
    touched: Rows
    """Items over which likings are standardised."""
    codes: Floats
    """(I, P)"""
    promised: _Opinion
    alike: _Opinion
    slopes: tuple[float, float]

    def fill(self, likings: Floats, vector: Floats, history: Rows) -> None:
        """Writes the expected likings of the untouched items into `likings`.

        Args:
            likings: (I,) those of touched items are read.
            vector: (K,) the user's; history: the distinct items touched.
        Cost: a product with the untouched items' vectors for each slope that is not 0.
        """
        known = likings[self.touched]
        first, second = self.slopes
        expected = np.zeros(len(self.items), np.float32)
        # Often one of the two says nothing that the other does not: its vectors need not be read.
        if first:
            expected += first * self.promised.scores(vector)
        if second:
            expected += second * self.alike.scores(_profile(self.codes, history))
        likings[self.items] = known.mean() + known.std() * expected

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For an artefact."""
        found: dict[str, NDArray[Any]] = {"cold.items": self.items, "cold.touched": self.touched}
        found["cold.codes"] = self.codes
        for name, opinion in (("promised", self.promised), ("alike", self.alike)):
            found |= {f"cold.{name}.{part}": array for part, array in vars(opinion).items()}
        return found

    def attributes(self) -> dict[str, Any]:
        """For an artefact."""
        return {"cold_slopes": list(self.slopes)}

    @staticmethod
    def read(source: ModelSource) -> ColdLikings | None:
        """What `arrays` and `attributes` gave; None of a model without."""
        slopes = source.attributes.get("cold_slopes")
        if slopes is None:
            return None
        promised, alike = (
            _Opinion(*(source.array(f"cold.{name}.{part}") for part in ("vectors", "centre", "spread")))
            for name in ("promised", "alike")
        )
        items, touched, codes = (source.array(f"cold.{name}") for name in ("items", "touched", "codes"))
        return ColdLikings(items, touched, codes, promised, alike, (float(slopes[0]), float(slopes[1])))


def fit_cold_likings(
    promised: Floats, codes: Floats, touched: NDArray[np.bool_], examples: Iterable[Example]
) -> ColdLikings | None:
    """Learns the slopes; None where there is no untouched item with content, or nothing to learn from.

    Args:
        promised, codes: (I, K) and (I, P) of `ColdItems`.
        touched: (I,) items that the model likes on evidence.
        examples: users, some dozens are enough.
    """
    told = codes.any(axis=1)
    items = np.flatnonzero(told & ~touched).astype(np.int32)
    known = np.flatnonzero(told & touched).astype(np.int32)
    if not len(items) or len(known) < 2:
        return None
    items = items[: max(1, MOST_NUMBERS // promised.shape[1])]
    opinions = [_Opinion.of(table, items, known) for table in (promised, codes)]
    tables = [promised[known], codes[known]]
    system, right, count = np.zeros((2, 2)), np.zeros(2), 0
    for example in examples:
        likings = example.likings[known].astype(np.float64)
        deviation = float(likings.std())
        if deviation <= 1e-12 or not np.isfinite(deviation):
            continue
        wanted = (likings - likings.mean()) / deviation
        sides = (example.vector, _profile(codes, example.history))
        scores = np.stack(_scores(opinions, sides, tables)).astype(np.float64)
        system += scores @ scores.T / len(known)
        right += scores @ wanted / len(known)
        count += 1
    if not count:
        return None
    slopes = np.maximum(np.linalg.solve(system / count + RIDGE * np.eye(2), right / count), 0)
    return ColdLikings(items, known, codes, opinions[0], opinions[1], (float(slopes[0]), float(slopes[1])))


def _scores(opinions: Sequence[_Opinion], sides: Sequence[Floats], tables: Sequence[Floats]) -> list[Floats]:
    return [opinion.scores(side, table) for opinion, side, table in zip(opinions, sides, tables, strict=True)]


def _profile(codes: Floats, history: Rows) -> Floats:
    return np.asarray(codes[history].sum(axis=0), np.float32)
