"""A schedule that is due: trains its solution or recommender, once for each time, if anything arrived since the last.

Scheduler calls at least once for each time, and a schedule may be older than what its resource now wants. So the call
says which arrangement and which time it is for, and the resource notes the latest time that was looked at. A solution's
version is named after the time; a recommender's retraining begins in the very write that notes it (docs/adr/0022).
Source: control-plane reference, F.3 and F.5.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import chain, islice, takewhile
from typing import Any

from reco.arns import Kind, parse_arn
from reco.control.automatic_training import TRAINED_BY_THEMSELVES, Arrangement, arranged, wanted_by
from reco.control.lifecycle import awaits_machine
from reco.control.new_data import arrived
from reco.control.registry import Registry, said
from reco.control.retraining import with_retraining
from reco.control.solution_updates import settings_at
from reco.control.solution_versions import start_training
from reco.control.solutions import require_datasets
from reco.errors import ClientFault, InvalidInput, ResourceAlreadyExists, ResourceNotFound
from reco.jobs.schedules import DAY_S
from reco.jobs.status import CREATE_FAILED, CREATE_PENDING, CREATE_STOPPED, CREATE_STOPPING
from reco.jobs.target import MODEL, pending_update
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
        asked: the ARN of a `solution` or a `recommender`, its incarnation, and since when its times are counted.
        due_at: the time that the call is for, as Scheduler writes it.

    Raises:
        ClientFault: not now; the same call may succeed later.
    """
    kind = next(each for each in TRAINED_BY_THEMSELVES if each.value in asked)
    name = parse_arn(asked[kind.value])
    resource = registry.named(kind, name.resource_id) if name else None
    if resource is None or resource.incarnation != asked["incarnation"] or resource.deleting_since is not None:
        registry.schedules.remove(asked["incarnation"])
        return f"the {said(kind)} is gone, and now its schedule"
    wanted = wanted_by(resource)
    if wanted is None or wanted.since != asked["since"]:
        arranged(registry, resource, again=True)
        return "the schedule was of another arrangement, and is now as it should be"
    due = datetime.fromisoformat(due_at).timestamp()
    if due <= resource.inner.get(LOOKED_AT, 0.0):
        begun = resource if kind is Kind.RECOMMENDER else _version_of(registry, resource, due)
        if begun:
            _start_again(registry, begun)
        return "this time was looked at before"
    if kind is Kind.RECOMMENDER:
        return _retrained(registry, events, resource, due)
    answer = _trained(registry, events, resource, wanted, due)
    _note(registry, resource, due)
    return answer


def _trained(registry: Registry, events: Arrivals, solution: Resource, wanted: Arrangement, due: float) -> str:
    begun = _version_of(registry, solution, due)
    if begun:
        _start_again(registry, begun)
        return "the training of this time was started before"
    solution = replace(solution, body=settings_at(solution, registry.now, registry.timing))
    spared = _reason_to_spare(registry, events, solution, wanted, due)
    if spared:
        return spared
    try:
        version = start_training(registry, solution, _version_id(solution, due), mode="FULL", training_type="AUTOMATIC")
    except ResourceAlreadyExists:
        return "the training of this time was started before"
    except (InvalidInput, ResourceNotFound) as fault:
        _log.warning("%s was not trained: %s", registry.arn(solution), fault.message)
        return fault.message
    return f"started {registry.arn(version)}"


def start_what_waits(registry: Registry, resource: Resource) -> None:
    """Starts the machines that have waited for too long: a recommender's, or those of a solution's newest version and
    of its campaigns.

    A reader who describes one does so too, but nobody need describe what nobody asked for.
    """
    waiting: Iterable[Resource] = [resource]
    if resource.kind is Kind.SOLUTION:
        arn = registry.arn(resource)
        newest = islice(registry.newest_first(Kind.SOLUTION_VERSION, arn), 1)
        waiting = chain(newest, registry.children(Kind.CAMPAIGN, arn))
    for each in waiting:
        if awaits_machine(each, registry.now):
            registry.start_machine(each)


def _version_id(solution: Resource, due: float) -> str:
    """The same name for the same time: a second call finds the version there."""
    return hashlib.sha256(f"{solution.incarnation} {due}".encode()).hexdigest()[:8]


def _version_of(registry: Registry, solution: Resource, due: float) -> Resource | None:
    """The version that was begun for this time, if one was."""
    return registry.named(Kind.SOLUTION_VERSION, f"{solution.id}/{_version_id(solution, due)}")


def _start_again(registry: Registry, begun: Resource) -> None:
    """Whoever began it may have died before it started the machine; starting it again has no effect."""
    if begun.status == CREATE_PENDING or pending_update(begun):
        registry.start_machine(begun)


def _reason_to_spare(
    registry: Registry, events: Arrivals, solution: Resource, wanted: Arrangement, due: float
) -> str | None:
    """Why nothing is to be trained; None when it is."""
    if due < wanted.first + wanted.days * DAY_S / 2 and _trained_by_hand(registry, solution, wanted.since):
        return "the first training was started by hand"
    versions = registry.newest_first(Kind.SOLUTION_VERSION, registry.arn(solution))
    last = next((each for each in versions if each.status not in _IN_VAIN), None)
    recipe_arn = solution.body.get("recipe_arn")
    read = recipe_by_arn(recipe_arn).datasets if recipe_arn else _INTERACTIONS
    group_arn, interactions = solution.body["dataset_group_arn"], [each for each in _INTERACTIONS if each in read]
    if not arrived(registry, events, group_arn, interactions, last.created_at if last else None):
        return "no interactions arrived since the last training"
    return None


def _trained_by_hand(registry: Registry, solution: Resource, since: float) -> bool:
    versions = registry.newest_first(Kind.SOLUTION_VERSION, registry.arn(solution))
    recent = takewhile(lambda version: version.created_at >= since, versions)
    return any(version.body["training_type"] == "MANUAL" for version in recent)


def _retrained(registry: Registry, events: Arrivals, recommender: Resource, due: float) -> str:
    """A recommender learns from items and users too, so what was imported of them since is something new."""
    group_arn, recipe = recommender.body["dataset_group_arn"], recipe_by_arn(recommender.body["recipe_arn"])
    began_at = recommender.inner.get(MODEL, {}).get("began_at", recommender.created_at)
    if not arrived(registry, events, group_arn, recipe.datasets, began_at):
        _note(registry, recommender, due)
        return "no data arrived since the last training"
    try:
        require_datasets(registry, group_arn, recipe)
    except InvalidInput as fault:
        _log.warning("%s was not trained anew: %s", registry.arn(recommender), fault.message)
        _note(registry, recommender, due)
        return fault.message

    def begun(current: Resource) -> Resource:
        if due <= current.inner.get(LOOKED_AT, 0.0):
            return current
        return _looked_at(with_retraining(registry, current), due)

    registry.start_machine(registry.change(recommender, begun))
    return f"began to train {registry.arn(recommender)} anew"


def _note(registry: Registry, resource: Resource, due: float) -> None:
    try:
        registry.change(resource, lambda current: _looked_at(current, due))
    except ClientFault:
        # It has gone meanwhile, or will be looked at again: the version's name keeps a second one from being made.
        _log.info("%s was not noted as looked at", registry.arn(resource))


def _looked_at(resource: Resource, due: float) -> Resource:
    return replace(resource, inner={**resource.inner, LOOKED_AT: max(due, resource.inner.get(LOOKED_AT, 0.0))})
