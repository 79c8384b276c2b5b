"""itemExplorationConfig of campaigns and recommenders: how much is tried of what is new. Source: control-plane
reference, section H.

Recipes that do not explore take it too, and it changes nothing for them: the reference is silent, and a client that
sends one configuration to all its campaigns must not be refused.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from reco.errors import InvalidInput

_LIMITS = {"explorationWeight": (0.0, 1.0), "explorationItemAgeCutOff": (1.0, math.inf)}
"""Smallest and largest value of each key."""


def check_exploration(config: Mapping[str, str], member: str) -> None:
    """Checks the texts of an itemExplorationConfig.

    Args:
        member: as the caller writes it, such as `campaignConfig.itemExplorationConfig`.

    Raises:
        InvalidInput: an unknown key, or a value that is no number within its limits.
    """
    for key, text in config.items():
        if key not in _LIMITS:
            raise InvalidInput(f"{member}: {key[:60]} is not one of {', '.join(_LIMITS)}.")
        low, high = _LIMITS[key]
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and low <= value <= high):
            limits = f"from {low:g} to {high:g}" if math.isfinite(high) else f"of at least {low:g}"
            raise InvalidInput(f"{member}: {key} must be a number {limits}; it is {text[:60]!r}.")
