"""One hyperparameter as a declaration: it checks a value, and describes itself to DescribeAlgorithm.

Values travel as strings in the API; `parse` is the only place that reads them.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from reco.errors import InvalidInput

HyperparameterValue = int | float | bool | str

WITHOUT_EFFECT = "Accepted without effect"
"""How the sentence of a hyperparameter begins that changes nothing."""

_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")
_TRUTHS = {"true": True, "false": False}


@dataclass(frozen=True)
class Hyperparameter:
    """What one hyperparameter may be and what it does."""

    name: str
    type: Literal["integer", "continuous", "boolean", "categorical"]
    default: HyperparameterValue
    sentence: str
    """What it changes; says so when the value is accepted without effect."""
    low: float = 0.0
    """Smallest value allowed; booleans and choices have none."""
    high: float = 1.0
    """Largest value allowed."""
    choices: tuple[str, ...] = ()
    """All values allowed of a categorical one, and of a boolean: true and false."""
    tunable: bool = False
    settable: bool = True
    """False where Personalize lets only HPO ranges set it."""
    known_as: str | None = None
    """What the family calls it, where that is another name."""
    place: Literal["algorithm", "feature"] = "algorithm"
    """Whether it belongs in algorithmHyperParameters or featureTransformationParameters."""

    def __post_init__(self) -> None:
        if self.type == "boolean":
            object.__setattr__(self, "choices", tuple(_TRUTHS))

    @property
    def member(self) -> str:
        """The member of solutionConfig it is sent in."""
        return "algorithmHyperParameters" if self.place == "algorithm" else "featureTransformationParameters"

    @property
    def acts(self) -> bool:
        """Whether its value changes anything; one that does not says so in its sentence."""
        return not self.sentence.startswith(WITHOUT_EFFECT)

    @property
    def default_text(self) -> str:
        """The default as the API writes it."""
        return str(self.default).lower() if self.type == "boolean" else str(self.default)

    def parse(self, text: str) -> HyperparameterValue:
        """The value that a caller's `text` stands for.

        Raises:
            InvalidInput: not of the type, out of range, or not a caller's to set.
        """
        if not self.settable:
            raise InvalidInput(
                f"{self.member}: {self.name} can be set only through HPO ranges; leave it out and "
                f"{self.default_text} is used."
            )
        return self.read(text)

    def read(self, text: str) -> HyperparameterValue:
        """The value that `text` stands for, whoever chose it.

        Raises:
            InvalidInput: not of the type, or out of range.
        """
        if self.type == "boolean":
            return self._truth(text)
        if self.type == "categorical":
            return self._choice(text)
        if self.type == "integer":
            number: int | float = self._whole(text)
        else:
            number = self._finite(text)
        if not self.low <= number <= self.high:
            raise self._refusal(text)
        return number

    def _truth(self, text: str) -> bool:
        if text.lower() not in _TRUTHS:
            raise InvalidInput(f"{self.member}: {self.name} must be true or false; it is {_shown(text)}.")
        return _TRUTHS[text.lower()]

    def _choice(self, text: str) -> str:
        if text not in self.choices:
            raise InvalidInput(
                f"{self.member}: {self.name} must be one of {', '.join(self.choices)}; it is {_shown(text)}."
            )
        return text

    def _whole(self, text: str) -> int:
        if not _WHOLE_NUMBER.fullmatch(text):
            raise self._refusal(text)
        return int(text)

    def _finite(self, text: str) -> float:
        try:
            number = float(text)
        except ValueError as error:
            raise self._refusal(text) from error
        if not math.isfinite(number):
            raise self._refusal(text)
        return number

    def _refusal(self, text: str) -> InvalidInput:
        kind = "a whole number" if self.type == "integer" else "a number"
        return InvalidInput(
            f"{self.member}: {self.name} must be {kind} from {self.low:.10g} to {self.high:.10g}; it is {_shown(text)}."
        )


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
