"""A schedule that is due: trains its solution, once for each time, if interactions arrived since it was last trained.

Scheduler calls at least once for each time, and a schedule may be older than what its solution now wants. So the call
says which arrangement and which time it is for, the version it starts is named after that time, and the solution
notes the latest time that was looked at (docs/adr/0022). Source: control-plane reference, F.5.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from itertools import takewhile
from typing import Any

from reco.arns import Kind, parse_arn
from reco.control.automatic_training import Arrangement, arranged, wanted_by
from reco.control.registry import Registry
from reco.control.solution_updates import settings_at
from reco.control.solution_versions import start_training
from reco.errors import ClientFault, InvalidInput, ResourceAlreadyExists, ResourceNotFound
from reco.jobs.schedules import DAY_S
from reco.jobs.status import ACTIVE, CREATE_FAILED, CREATE_STOPPED, CREATE_STOPPING
from reco.recipes import recipe_by_arn
from reco.storage.arrivals import Arrivals
from reco.storage.resources import Resource

_log = logging.getLogger(__name__)

LOOKED_AT = "automatic_training_looked_at"
"""Key of `inner`: the latest time whose call has been answered, seconds since the epoch."""

_INTERACTIONS = ("INTERACTIONS", "ACTION_INTERACTIONS")
_IN_VAIN = (CREATE_FAILED, CREATE_STOPPING, CREATE_STOPPED)
"""Trainings that learned from nothing."""


def train_if_due(registry: Registry, events: Arrivals, asked: Mapping[str, Any], due_at: str) -> str:
    """Answers one call of a schedule; returns what came of it, for the log.

    Args:
        asked: solution (its ARN), its incarnation, and since when its times are counted.
        due_at: the time that the call is for, as Scheduler writes it.

    Raises:
        ClientFault: not now; the same call may succeed later.
    """
    name = parse_arn(asked["solution"])
    solution = registry.named(Kind.SOLUTION, name.resource_id) if name else None
    if solution is None or solution.incarnation != asked["incarnation"] or solution.deleting_since is not None:
        registry.schedules.remove(asked["incarnation"])
        return "the solution is gone, and now its schedule"
    wanted = wanted_by(solution)
    if wanted is None or wanted.since != asked["since"]:
        arranged(registry, solution, again=True)
        return "the schedule was of another arrangement, and is now as it should be"
    due = datetime.fromisoformat(due_at).timestamp()
    if due <= solution.inner.get(LOOKED_AT, 0.0):
        return "this time was looked at before"
    said = _trained(registry, events, solution, wanted, due)
    _note(registry, solution, due)
    return said


def _trained(registry: Registry, events: Arrivals, solution: Resource, wanted: Arrangement, due: float) -> str:
    solution = replace(solution, body=settings_at(solution, registry.now, registry.timing))
    spared = _reason_to_spare(registry, events, solution, wanted, due)
    if spared:
        return spared
    # The same name for the same time: a second call finds the version there.
    version_id = hashlib.sha256(f"{solution.incarnation} {due}".encode()).hexdigest()[:8]
    try:
        version = start_training(registry, solution, version_id, mode="FULL", training_type="AUTOMATIC")
    except ResourceAlreadyExists:
        return "the training of this time was started before"
    except (InvalidInput, ResourceNotFound) as fault:
        _log.warning("%s was not trained: %s", registry.arn(solution), fault.message)
        return fault.message
    return f"started {registry.arn(version)}"


def _reason_to_spare(
    registry: Registry, events: Arrivals, solution: Resource, wanted: Arrangement, due: float
) -> str | None:
    """Why nothing is to be trained; None when it is."""
    if due < wanted.first + wanted.days * DAY_S / 2 and _trained_by_hand(registry, solution, wanted.since):
        return "the first training was started by hand"
    versions = registry.newest_first(Kind.SOLUTION_VERSION, registry.arn(solution))
    last = next((each for each in versions if each.status not in _IN_VAIN), None)
    if not _arrived(registry, events, solution, last.created_at if last else None):
        return "no interactions arrived since the last training"
    return None


def _trained_by_hand(registry: Registry, solution: Resource, since: float) -> bool:
    versions = registry.newest_first(Kind.SOLUTION_VERSION, registry.arn(solution))
    recent = takewhile(lambda version: version.created_at >= since, versions)
    return any(version.body["training_type"] == "MANUAL" for version in recent)


def _arrived(registry: Registry, events: Arrivals, solution: Resource, since: float | None) -> bool:
    """Whether interactions arrived, by import or streamed, since then; at all for None."""
    group_arn = solution.body["dataset_group_arn"]
    name = parse_arn(group_arn)
    group = registry.named(Kind.DATASET_GROUP, name.resource_id) if name else None
    if group is None:
        return False
    recipe_arn = solution.body.get("recipe_arn")
    read = recipe_by_arn(recipe_arn).datasets if recipe_arn else _INTERACTIONS
    for dataset_type in _INTERACTIONS:
        if dataset_type not in read:
            continue
        dataset_arn = registry.owner.arn(Kind.DATASET, f"{group.id}/{dataset_type}")
        jobs = registry.newest_first(Kind.DATASET_IMPORT_JOB, dataset_arn)
        imported = next((each for each in jobs if each.status == ACTIVE), None)
        if imported and (since is None or imported.updated_at > since):
            return True
    return events.arrived_since(group.incarnation, since or 0.0)


def _note(registry: Registry, solution: Resource, due: float) -> None:
    def noted(current: Resource) -> Resource:
        latest = max(due, current.inner.get(LOOKED_AT, 0.0))
        return replace(current, inner={**current.inner, LOOKED_AT: latest})

    try:
        registry.change(solution, noted)
    except ClientFault:
        # It has gone meanwhile, or will be looked at again: the version's name keeps a second one from being made.
        _log.info("%s was not noted as looked at", registry.arn(solution))
