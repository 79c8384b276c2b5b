"""Where a model's arrays come from: an opened artefact, or the memory of the training that has just made them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray


class ModelSource(Protocol):
    """Named arrays and attributes; `reco.artefact.Artefact` is one."""

    @property
    def attributes(self) -> dict[str, Any]: ...

    def array(self, name: str) -> NDArray[Any]:
        """The whole array."""


@dataclass(frozen=True)
class FittedModel:
    """What fitting a model gives: what the artefact will hold of it."""

    arrays: Mapping[str, NDArray[Any]]
    attributes: dict[str, Any]
    """At least `family`."""

    def array(self, name: str) -> NDArray[Any]:
        return self.arrays[name]
