"""UpdateSolution: automatic training and the weights of events can change, and nothing else of a solution.

The update is a record beside the solution, which stays ACTIVE; its status is a function of the time it was asked for
(docs/adr/0003). Its settings become the solution's when it is ACTIVE: trainings that start before have the old ones.
Source: control-plane reference, sections B.1 and F.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reco.control.lifecycle import BESIDE, Standing, Timing, update_standing
from reco.jobs.status import ACTIVE
from reco.storage.resources import Resource

UPDATE = BESIDE
"""Key of `inner`: the members of the latest update as they were sent, and `asked_at`."""
UPDATED_MEMBERS = ("perform_auto_training", "perform_incremental_update", "solution_update_config")


def with_update(solution: Resource, asked: Mapping[str, Any], now: float, timing: Timing) -> Resource:
    """The solution with a new update; one before, which must have ended, is part of it for good."""
    update = {member: asked[member] for member in UPDATED_MEMBERS if member in asked}
    before = update_at(solution, now, timing)
    changed = before.since if before else solution.updated_at
    settled = replace(solution, body=settings_at(solution, now, timing), updated_at=changed)
    return replace(settled, inner={**settled.inner, UPDATE: {**update, "asked_at": now}})


def update_at(solution: Resource, now: float, timing: Timing) -> Standing | None:
    """How the latest update stands; None before the first."""
    update = solution.inner.get(UPDATE)
    return update_standing(update["asked_at"], now, timing) if update else None


def updating(solution: Resource, now: float, timing: Timing) -> bool:
    standing = update_at(solution, now, timing)
    return standing is not None and standing.status != ACTIVE


def settings_at(solution: Resource, now: float, timing: Timing) -> dict[str, Any]:
    """The members that hold: those of the update once it is ACTIVE."""
    return solution.body if updating(solution, now, timing) else newest_settings(solution)


def newest_settings(solution: Resource) -> dict[str, Any]:
    """The members as they will be when the latest update has ended."""
    return merged(solution.body, solution.inner.get(UPDATE, {}))


def merged(body: Mapping[str, Any], update: Mapping[str, Any]) -> dict[str, Any]:
    """A solution's members with those of an update; its blocks take the place of the solution's as a whole."""
    given = {member: update[member] for member in UPDATED_MEMBERS[:2] if member in update}
    config = update.get("solution_update_config")
    if config:
        given["solution_config"] = {**body.get("solution_config", {}), **config}
    return {**body, **given}


def shown_update(solution: Resource, now: float, timing: Timing) -> dict[str, Any] | None:
    """latestSolutionUpdate."""
    standing = update_at(solution, now, timing)
    if standing is None:
        return None
    update = solution.inner[UPDATE]
    return {
        **{member: update[member] for member in UPDATED_MEMBERS if member in update},
        "status": standing.status,
        "creation_date_time": update["asked_at"],
        "last_updated_date_time": standing.since,
    }
