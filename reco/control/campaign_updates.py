"""A campaign's update: a record beside it, asked for by a caller or made because a new version is there.

`inner["update"]` is the latest, `inner["sequence"]` counts them and names the execution that carries one out.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reco.control.lifecycle import IN_PROGRESS
from reco.jobs.deploy_job import UPDATED_MEMBERS
from reco.jobs.status import CREATE_PENDING
from reco.storage.resources import Resource


def with_update(campaign: Resource, given: Mapping[str, Any], now: float) -> Resource:
    """The campaign with a new update; what `given` leaves out keeps its value."""
    before = {member: campaign.body[member] for member in UPDATED_MEMBERS if member in campaign.body}
    update = {
        **before,
        **given,
        "status": CREATE_PENDING,
        "failure_reason": None,
        "created_at": now,
        "updated_at": now,
        "id": secrets.token_hex(8),
    }
    sequence = campaign.inner.get("sequence", 0) + 1
    return replace(campaign, inner={**campaign.inner, "update": update, "sequence": sequence})


def updating(campaign: Resource) -> bool:
    return campaign.inner.get("update", {}).get("status") in IN_PROGRESS


def shown_update(campaign: Resource) -> dict[str, Any] | None:
    """latestCampaignUpdate; None until the first update."""
    update: dict[str, Any] | None = campaign.inner.get("update")
    return update and {
        **update,
        "creation_date_time": update["created_at"],
        "last_updated_date_time": update["updated_at"],
    }
