"""Parameters whose work comes in a later version: refused by name, so that nothing pretends.

One table for all operations; `reco.control.operations` asks it before any service method runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reco.errors import InvalidInput


@dataclass(frozen=True)
class LaterParameter:
    """A member that may not be given yet."""

    path: tuple[str, ...]
    """Members from the request inwards, in snake case."""
    name: str
    """As the caller writes it."""
    harmless: tuple[Any, ...] = ()
    """Values that ask for nothing: accepted and echoed."""


_CAMPAIGN_CONFIG = (
    LaterParameter(
        ("campaign_config", "enable_metadata_with_recommendations"),
        "campaignConfig.enableMetadataWithRecommendations",
        (False,),
    ),
    LaterParameter(
        ("campaign_config", "sync_with_latest_solution_version"),
        "campaignConfig.syncWithLatestSolutionVersion",
        (False,),
    ),
    LaterParameter(("campaign_config", "ranking_influence"), "campaignConfig.rankingInfluence"),
)

LATER: Mapping[str, tuple[LaterParameter, ...]] = {
    "CreateCampaign": _CAMPAIGN_CONFIG,
    "UpdateCampaign": _CAMPAIGN_CONFIG,
}
"""By operation. An operation that is missing here refuses none of its parameters."""


def refuse_later(operation: str, parameters: Mapping[str, Any]) -> None:
    """Refuses a request that asks for later work.

    Raises:
        InvalidInput: names the parameter.
    """
    for later in LATER.get(operation, ()):
        value: Any = parameters
        for member in later.path:
            value = value.get(member) if isinstance(value, Mapping) else None
        if value is not None and value not in later.harmless:
            raise InvalidInput(f"{later.name} is not available in this version.")
