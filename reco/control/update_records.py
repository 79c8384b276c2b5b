"""The record of a resource's latest update, beside the resource, which stays as it is until the update is in service.

`inner["update"]` is the latest, `inner["retraining"]` a recommender's latest that nobody asked for. `inner["sequence"]`
counts the pieces of work that a machine was asked for, and names the execution that does the next one.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reco.control.lifecycle import IN_PROGRESS
from reco.jobs.status import CREATE_PENDING
from reco.jobs.target import UPDATE
from reco.storage.resources import Resource


def with_update(resource: Resource, brought: Mapping[str, Any], now: float, beside: str = UPDATE) -> Resource:
    """The resource with a new update that brings these members, for its machine's next execution.

    Args:
        beside: key of `inner` that holds it.
    """
    update = {
        **brought,
        "status": CREATE_PENDING,
        "failure_reason": None,
        "created_at": now,
        "updated_at": now,
        "id": secrets.token_hex(8),
    }
    return with_next_execution(replace(resource, inner={**resource.inner, beside: update}))


def with_next_execution(resource: Resource) -> Resource:
    """The resource with another piece of work to be done, under an execution name not used before."""
    return replace(resource, inner={**resource.inner, "sequence": resource.inner.get("sequence", 0) + 1})


def updating(resource: Resource) -> bool:
    """Whether its latest update is still on its way."""
    return (resource.inner.get(UPDATE) or {}).get("status") in IN_PROGRESS


def shown_update(resource: Resource) -> dict[str, Any] | None:
    """The latest update as the API shows it; None until the first."""
    update: dict[str, Any] | None = resource.inner.get(UPDATE)
    return update and {
        **update,
        "creation_date_time": update["created_at"],
        "last_updated_date_time": update["updated_at"],
    }
