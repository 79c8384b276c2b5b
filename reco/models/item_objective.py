"""A business's objective beside relevance: items that rank high in one attribute gain a little everywhere.

With q(i) the share of the items that have less of the attribute than item i, equals counting half, an item's log share
gains

    strength (q(i) - 1/2)

so that of two items equally liked, the one of most attribute is e^strength times as likely to be shown as the one of
least. Only the order of the attribute counts: cents or francs, outliers or none, the lean is the same, and what is
liked far more still comes first. Items of which the attribute is not known stand in the middle.

Source: control-plane reference, F.5. How far Personalize leans is not documented; the strengths are ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reco.models.source import FittedModel, ModelSource

Floats = NDArray[np.float32]

STRENGTHS = {"OFF": 0.0, "LOW": 1.0, "MEDIUM": 2.0, "HIGH": 4.0}
"""By objectiveSensitivity: the log of 2.7, 7.4 and 55 to one."""
_LEAN, _ATTRIBUTE = "item_objective.lean", "item_objective"


@dataclass(frozen=True)
class ItemObjective:
    """What is to be maximised, and how much that counts against relevance."""

    rewards: NDArray[np.float64]
    """(I,) the attribute of each item; NaN where it is not known."""
    sensitivity: str
    """One of STRENGTHS."""

    def lean(self) -> Floats | None:
        """(I,) what each item's log share gains; None where nothing changes: OFF, or all items alike."""
        strength = STRENGTHS[self.sensitivity]
        known = np.flatnonzero(np.isfinite(self.rewards))
        gains = np.zeros(len(self.rewards), np.float32)
        gains[known] = strength * (_shares_below(self.rewards[known]) - 0.5)
        return gains if gains.any() else None

    def leaning(self, model: FittedModel) -> FittedModel:
        """The model with what `read_lean` needs; as it was where nothing leans."""
        lean = self.lean()
        if lean is None:
            return model
        said = {"sensitivity": self.sensitivity, "strength": STRENGTHS[self.sensitivity]}
        return FittedModel({**model.arrays, _LEAN: lean}, {**model.attributes, _ATTRIBUTE: said})


def read_lean(source: ModelSource) -> Floats | None:
    """(I,) what `leaning` added; None of a model that does not lean, such as one without an objective."""
    return source.array(_LEAN) if _ATTRIBUTE in source.attributes else None


def _shares_below(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each value, the share of them that is less, equals counting half: 1/2 where all are alike."""
    ordered = np.sort(values)
    return (np.searchsorted(ordered, values) + np.searchsorted(ordered, values, side="right")) / (2 * len(values))
