"""A campaign's update: asked for by a caller, or made because a new version is there (reco.control.update_records)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reco.control import update_records
from reco.jobs.deploy_job import UPDATED_MEMBERS
from reco.storage.resources import Resource


def with_update(campaign: Resource, given: Mapping[str, Any], now: float) -> Resource:
    """The campaign with a new update; what `given` leaves out keeps its value."""
    before = {member: campaign.body[member] for member in UPDATED_MEMBERS if member in campaign.body}
    return update_records.with_update(campaign, {**before, **given}, now)
