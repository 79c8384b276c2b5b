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

from reco.models.compact import CompactFactors
from reco.models.source import FittedModel, ModelSource

Floats = NDArray[np.float32]
Rows = NDArray[np.int32]

RIDGE = 1e-3
"""On the slopes, in units of the number of likings: keeps them finite where content says nothing."""

KNOWN = 100_000
"""Touched items over which scores are standardised: all of them up to so many, else drawn by chance."""
QUANTISED_FROM = 4_000_000
"""Numbers in a table of codes or vectors from which they are int8 in an artefact."""
LATEST = 200
"""Items of a history whose codes are looked up where they are quantised: they may have to be fetched."""
CODES = "cold.codes"
"""Of an artefact's arrays the one that is read by rows only."""
_REMEMBERED = 20_000
"""Codes that came from afar; some hundred bytes each."""
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

    vectors: Any
    """(C, K), float32 or `CompactFactors`."""
    centre: Floats
    """(K,)"""
    spread: Floats
    """(K, K)"""

    @staticmethod
    def of(table: Any, untouched: Rows, touched: Rows) -> _Opinion:
        known = table[touched].astype(np.float64)
        centre = known.mean(axis=0)
        spread = (known.T @ known) / len(known) - np.outer(centre, centre)
        return _Opinion(table[untouched], centre.astype(np.float32), spread.astype(np.float32))

    def arrays(self, name: str) -> dict[str, NDArray[Any]]:
        """For an artefact: NAME.vectors, int8 with NAME.scales where they are many, NAME.centre and NAME.spread."""
        found = {f"{name}.vectors": self.vectors, f"{name}.centre": self.centre, f"{name}.spread": self.spread}
        if self.vectors.size >= QUANTISED_FROM:
            few = CompactFactors.of(self.vectors)
            found |= {f"{name}.vectors": few.values, f"{name}.scales": few.scales}
        return found

    @staticmethod
    def read(source: ModelSource, name: str) -> _Opinion:
        """What `arrays` gave."""
        vectors, centre, spread = (source.array(f"{name}.{part}") for part in ("vectors", "centre", "spread"))
        quantised = vectors.dtype == np.int8
        return _Opinion(
            CompactFactors(vectors, source.array(f"{name}.scales")) if quantised else vectors, centre, spread
        )

    def scores(self, x: Floats, vectors: Floats | None = None) -> Floats:
        """Standard scores of the products of x with the vectors, those of the untouched items by default."""
        products = (self.vectors if vectors is None else vectors) @ x - float(self.centre @ x)
        variance = max(float(x @ self.spread @ x), 0.0)
        small = 1e-10 * float(x @ x) * float(np.trace(self.spread) + 1e-30)
        return np.asarray(products / np.sqrt(variance) if variance > small else 0 * products, np.float32)


class Codes:
    """The items' codes in an artefact, read by the rows of a history: in large catalogues they are int8, a row in
    127ths of its largest, and may be far away."""

    def __init__(self, source: ModelSource) -> None:
        self._source = source
        self._remembered: dict[int, Floats] = {}

    @staticmethod
    def of(codes: Floats) -> Codes:
        """Of codes (I, P), rows of length 1 or 0."""
        few = CompactFactors.of(codes).values if codes.size >= QUANTISED_FROM else codes
        return Codes(FittedModel({CODES: few}, {}))

    def profile(self, history: Rows) -> Floats:
        """(P,) the sum of the codes of the history's items, oldest first; of the `LATEST` where they are quantised."""
        if self._source.is_here(CODES):
            table = self._source.array(CODES)
            if table.dtype != np.int8:
                return np.asarray(table[history].sum(axis=0), np.float32)
            return _of_length_one(table[history[-LATEST:]]).sum(axis=0)
        latest = history[-LATEST:].tolist()
        # Looked at once: another thread may put another in its place.
        remembered = self._remembered
        missing = [item for item in latest if item not in remembered]
        if missing:
            if len(remembered) >= _REMEMBERED:
                self._remembered = remembered = {}
                missing = latest
            rows = self._source.spans(CODES, [(item, item + 1) for item in missing])
            remembered.update(zip(missing, _of_length_one(np.concatenate(rows)), strict=True))
        return np.sum([remembered[item] for item in latest], axis=0, dtype=np.float32)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For an artefact."""
        return {CODES: self._source.array(CODES)}


def _of_length_one(codes: NDArray[np.int8]) -> Floats:
    wide = codes.astype(np.float32)
    return np.asarray(wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-6), np.float32)


@dataclass(frozen=True)
class ColdLikings:
    """What is needed to like untouched items."""

    items: Rows
    """(C,) untouched items of which content is known."""
    touched: Rows
    """Items over which likings are standardised."""
    codes: Codes
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
            expected += second * self.alike.scores(self.codes.profile(history))
        likings[self.items] = known.mean() + known.std() * expected

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For an artefact."""
        found: dict[str, NDArray[Any]] = {"cold.items": self.items, "cold.touched": self.touched}
        found |= self.codes.arrays()
        return found | self.promised.arrays("cold.promised") | self.alike.arrays("cold.alike")

    def attributes(self) -> dict[str, Any]:
        """For an artefact."""
        return {"cold_slopes": list(self.slopes)}

    @staticmethod
    def read(source: ModelSource) -> ColdLikings | None:
        """What `arrays` and `attributes` gave; None of a model without."""
        slopes = source.attributes.get("cold_slopes")
        if slopes is None:
            return None
        promised, alike = (_Opinion.read(source, f"cold.{name}") for name in ("promised", "alike"))
        items, touched = source.array("cold.items"), source.array("cold.touched")
        return ColdLikings(items, touched, Codes(source), promised, alike, (float(slopes[0]), float(slopes[1])))


def fit_cold_likings(
    promised: Any, codes: Floats, touched: NDArray[np.bool_], examples: Iterable[Example]
) -> ColdLikings | None:
    """Learns the slopes; None where there is no untouched item with content, or nothing to learn from.

    Args:
        promised, codes: (I, K) and (I, P) of `ColdItems`: all tables, or what gives rows of one.
        touched: (I,) items that the model likes on evidence.
        examples: users, some dozens are enough.
    """
    told = codes.any(axis=1)
    items = np.flatnonzero(told & ~touched).astype(np.int32)
    known = np.flatnonzero(told & touched).astype(np.int32)
    if not len(items) or len(known) < 2:
        return None
    items = items[: max(1, MOST_NUMBERS // promised.shape[1])]
    if len(known) > KNOWN:
        known = np.sort(np.random.default_rng(0).choice(known, KNOWN, replace=False))
    opinions = [_Opinion.of(table, items, known) for table in (promised, codes)]
    tables = [promised[known], codes[known]]
    all_codes = Codes.of(codes)
    system, right, count = np.zeros((2, 2)), np.zeros(2), 0
    for example in examples:
        likings = example.likings[known].astype(np.float64)
        deviation = float(likings.std())
        if deviation <= 1e-12 or not np.isfinite(deviation):
            continue
        wanted = (likings - likings.mean()) / deviation
        sides = (example.vector, all_codes.profile(example.history))
        scores = np.stack(_scores(opinions, sides, tables)).astype(np.float64)
        system += scores @ scores.T / len(known)
        right += scores @ wanted / len(known)
        count += 1
    if not count:
        return None
    slopes = np.maximum(np.linalg.solve(system / count + RIDGE * np.eye(2), right / count), 0)
    return ColdLikings(items, known, all_codes, opinions[0], opinions[1], (float(slopes[0]), float(slopes[1])))


def _scores(opinions: Sequence[_Opinion], sides: Sequence[Floats], tables: Sequence[Floats]) -> list[Floats]:
    return [opinion.scores(side, table) for opinion, side, table in zip(opinions, sides, tables, strict=True)]
