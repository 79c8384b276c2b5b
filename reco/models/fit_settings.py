"""How a model is fitted, apart from the data and the recipe's hyperparameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reco.models.source import ModelSource


@dataclass(frozen=True)
class FitSettings:
    """The same data, hyperparameters, seed, decisions and earlier model give the same model, at any `threads`."""

    seed: int = 0
    threads: int = 1
    say: Callable[[str], None] = lambda line: None
    """Told what is being done, a line at a time."""
    decided: Mapping[str, Any] = field(default_factory=dict)
    """Attributes that an earlier fit on nearly the same data learned: taken over, not learned again."""
    previous: ModelSource | None = None
    """An earlier version's model to start from, where the family can; None starts afresh."""
