"""What several models say of every item after one history: the signals that the blend weighs. numpy only.

The same code serves a request and prepares the examples from which the blend learns, so the two cannot differ.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.errors import CorruptArtefact
from reco.models.als import Objective
from reco.models.compact import CompactRows, CompactTable, read_factors
from reco.models.constants import read_constants
from reco.models.fold_in import fold_in
from reco.models.history import HistoryWeights, Touches
from reco.models.item_rows import ItemRows
from reco.models.source import ModelSource

Floats = NDArray[np.float32]

LONGEST_HISTORY = 200
"""Latest distinct items of a history that item-to-item signals look at."""
_COMPANY_DECAY = 0.97
"""Of an item's weight in `company`, with each item touched since."""
_LATELY_DECAY = 0.72
"""The same in `company_lately`: what a session is about, not what the user likes."""
_LEAST_WEIGHT = 0.2
"""Items that weigh less are left out of sums whose weights decay: they cost an answer as much as the others."""


_COMMON = frozenset({"popular_ever", "popular", "popular_lately", "popular_just_now"})
"""Signals that are the same for all histories of one time."""


@dataclass(frozen=True)
class SignalPlan:
    """Which signals there are, and their constants; JSON in the artefact."""

    names: tuple[str, ...]
    """In the order of the rows of a signal matrix."""
    steps: int
    """How many steps back the sequence models look."""
    autoregression_decay: float
    """Of the one-block form."""
    two_block_decay: float
    ease_decay: float | None
    """Items after which one counts a third in EASE; None counts all alike."""
    transition_decay: float
    recent: bool
    """Whether popularity is that of the history's own time."""
    session_decay: float = math.exp(-1.0)
    """Of an item's weight in `session`, with each item touched since."""
    sparse: bool = False
    """Whether item-to-item models are sparse: what they are learned from, not how they are read."""

    @property
    def owns(self) -> NDArray[np.bool_]:
        """(S,) which signals depend on the history, and not on its time alone."""
        return np.array([name not in _COMMON for name in self.names])

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "names": list(self.names)}

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> SignalPlan:
        """Of an artefact, older or newer ones too.

        Raises:
            CorruptArtefact: it names a signal, or a constant that changes answers, of which this program knows nothing.
        """
        plan = read_constants(SignalPlan, {**document, "names": tuple(document["names"])})
        unknown = [name for name in plan.names if not hasattr(Signals, f"_{name}")]
        if unknown:
            raise CorruptArtefact(
                f"the model was written by a newer program: this one has no signal {unknown[0]}; update this program, "
                "or train a new version with it"
            )
        return plan


class Signals:
    """The fitted models behind the signals, asked together."""

    def __init__(self, source: ModelSource) -> None:
        attributes = source.attributes
        self.plan = SignalPlan.from_json(attributes["signals"])
        self.factors: Any = read_factors(source)
        self._latest: tuple[Touches, Floats] | None = None
        self._spectrum: Floats = source.array("spectrum")
        self._objective = read_constants(Objective, attributes["objective"])
        self._weights = read_constants(HistoryWeights, attributes["history_weights"])
        self._popularity: Floats = source.array("popularity")
        self._knots: NDArray[np.int64] = source.array("popularity_times")
        names = self.plan.names
        needed = tables_of(names)
        self._packed = CompactRows(source) if "item_rows" in attributes else None
        self._rows: dict[str, ItemRows | CompactTable] = {
            name: self._packed.table(name) if self._packed else ItemRows.read(source, name) for name in needed
        }

    @property
    def item_count(self) -> int:
        return len(self.factors)

    def matrix(self, touches: Touches) -> Floats:
        """(S, I), a row for each of `plan.names`. An item that training never saw has 0 in all of them.

        Args:
            touches: one item at least.
        """
        return self._of(self.plan.names, touches)

    def own(self, touches: Touches) -> Floats:
        """(P, I), the rows of `matrix` that depend on the history: those that `plan.owns` names."""
        return self._of(tuple(compress(self.plan.names, self.plan.owns)), touches)

    def common(self, touches: Touches) -> Floats:
        """(S - P, I), the other rows, alike for all who ask at one time: `moment` tells times apart."""
        return self._of(tuple(compress(self.plan.names, ~self.plan.owns)), touches)

    def moment(self, touches: Touches) -> int:
        """What `common` depends on."""
        return self._knot(touches)

    def _of(self, names: tuple[str, ...], touches: Touches) -> Floats:
        if self._packed:
            self._packed.locate(touches.latest(LONGEST_HISTORY)[0])
        matrix = np.empty((len(names), self.item_count), np.float32)
        for row, name in enumerate(names):
            matrix[row] = getattr(self, f"_{name}")(touches)
        return matrix

    def vector(self, touches: Touches) -> Floats:
        """(K,) the user's vector, folded in once however often the same request asks."""
        latest = self._latest
        if latest is None or latest[0] is not touches:
            weights = self._weights.of_touches(touches)
            vector = fold_in(self.factors, self._spectrum, self._objective, touches.items, weights)
            self._latest = latest = (touches, vector)
        return latest[1]

    def _factors(self, touches: Touches) -> Floats:
        return self.factors @ self.vector(touches)

    def _ease(self, touches: Touches) -> Floats:
        decay = self.plan.ease_decay
        items, lags = touches.latest(_reach(None if decay is None else math.exp(-1 / decay)))
        weights = np.ones(len(items)) if decay is None else np.exp(-lags / decay)
        return self._rows["ease"].combine(items, weights)

    def _next(self, touches: Touches) -> Floats:
        items, lags = touches.latest(self.plan.steps)
        return self._rows["one_block"].combine(items, self.plan.autoregression_decay**lags)

    def _next_two_blocks(self, touches: Touches) -> Floats:
        items, lags = touches.latest(self.plan.steps)
        last = self._rows["two_blocks_last"].combine(items[-1:], np.ones(1))
        return last + self._rows["two_blocks_earlier"].combine(items[:-1], self.plan.two_block_decay ** lags[:-1])

    def _session(self, touches: Touches) -> Floats:
        items, lags = touches.latest(_reach(self.plan.session_decay, least=0.01))
        return self._rows["session"].combine(items, self.plan.session_decay**lags)

    def _transition(self, touches: Touches) -> Floats:
        items, lags = touches.latest(min(self.plan.steps, 20))
        return self._rows["transitions"].combine(items, self.plan.transition_decay**lags)

    def _together(self, touches: Touches) -> Floats:
        items, lags = touches.latest(LONGEST_HISTORY)
        weights = self.plan.transition_decay**lags if self.plan.recent else np.ones(len(items))
        return self._rows["together"].combine(items, weights)

    def _given(self, touches: Touches) -> Floats:
        items, _ = touches.latest(LONGEST_HISTORY)
        return self._rows["given"].combine(items, np.ones(len(items)))

    def _company(self, touches: Touches) -> Floats:
        items, lags = touches.latest(_reach(_COMPANY_DECAY if self.plan.recent else None))
        return self._rows["company"].combine(items, _COMPANY_DECAY**lags if self.plan.recent else np.ones(len(items)))

    def _company_lately(self, touches: Touches) -> Floats:
        items, lags = touches.latest(_reach(_LATELY_DECAY))
        return self._rows["company"].combine(items, _LATELY_DECAY**lags)

    def _following(self, touches: Touches) -> Floats:
        items, lags = touches.latest(self.plan.steps)
        return self._rows["following"].combine(items, self.plan.transition_decay**lags)

    def _step(self, touches: Touches) -> Floats:
        return self._rows["steps"].combine(touches.items[-1:], np.ones(1))

    def _popular(self, touches: Touches) -> Floats:
        return np.log1p(self._popularity[self._knot(touches)])

    def _popular_ever(self, touches: Touches) -> Floats:
        return np.log1p(self._popularity[-1])

    def _popular_lately(self, touches: Touches) -> Floats:
        return self._rise(touches, 5)

    def _popular_just_now(self, touches: Touches) -> Floats:
        return self._rise(touches, 1)

    def _rise(self, touches: Touches, knots: int) -> Floats:
        knot = self._knot(touches)
        return np.log1p(self._popularity[knot] - self._popularity[max(knot - knots, 0)])

    def _knot(self, touches: Touches) -> int:
        """The latest row of the table of popularity that knows nothing of what came after the history."""
        if not self.plan.recent:
            return len(self._popularity) - 1
        return int(np.searchsorted(self._knots, touches.time, side="right"))


def _reach(decay: float | None, least: float = _LEAST_WEIGHT) -> int:
    """How many of the latest items weigh `least` or more."""
    return LONGEST_HISTORY if decay is None else min(LONGEST_HISTORY, 1 + int(math.log(least) / math.log(decay)))


TABLES = (
    "ease",
    "company",
    "one_block",
    "two_blocks_last",
    "two_blocks_earlier",
    "session",
    "transitions",
    "steps",
    "together",
    "given",
    "following",
)
"""Item-to-item tables that there may be."""
_NEEDED_BY: dict[str, set[str]] = {
    "ease": {"ease"},
    "one_block": {"next"},
    "two_blocks_last": {"next_two_blocks"},
    "two_blocks_earlier": {"next_two_blocks"},
    "session": {"session"},
    "transitions": {"transition"},
    "steps": {"step"},
    "company": {"company", "company_lately"},
    "together": {"together"},
    "given": {"given"},
    "following": {"following"},
}


def tables_of(names: Iterable[str]) -> list[str]:
    """The item-to-item tables that these signals read."""
    asked = set(names)
    return [table for table in TABLES if _NEEDED_BY[table] & asked]
