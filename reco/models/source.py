"""Where a model's arrays come from: an opened artefact, or the memory of the training that has just made them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray


class ModelSource(Protocol):
    """Named arrays and attributes; `reco.artefact.Artefact` is one."""

    @property
    def attributes(self) -> dict[str, Any]: ...

    @property
    def names(self) -> tuple[str, ...]:
        """Of the arrays."""

    def array(self, name: str) -> NDArray[Any]:
        """The whole array."""

    def is_here(self, name: str) -> bool:
        """Whether `array` may be asked for it: very large arrays may be elsewhere, and give their rows only."""

    def spans(self, name: str, spans: Sequence[tuple[int, int]]) -> list[NDArray[Any]]:
        """The array's rows from each start to its stop, stop excluded."""


@dataclass(frozen=True)
class FittedModel:
    """What fitting a model gives: what the artefact will hold of it."""

    arrays: Mapping[str, NDArray[Any]]
    attributes: dict[str, Any]
    """At least `family`."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.arrays)

    def array(self, name: str) -> NDArray[Any]:
        return self.arrays[name]

    def is_here(self, name: str) -> bool:
        return True

    def spans(self, name: str, spans: Sequence[tuple[int, int]]) -> list[NDArray[Any]]:
        return [self.arrays[name][start:stop] for start, stop in spans]
