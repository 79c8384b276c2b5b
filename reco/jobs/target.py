"""What an attempt brings into service: a campaign's solution version, or the model of a recommender.

Apart from the jobs, since the deployment function asks for it and needs nothing else of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reco.arns import Kind, parse_arn
from reco.errors import StaleAttempt, UserFault
from reco.jobs.attempt import Attempt, require
from reco.jobs.status import ACTIVE, CREATE_IN_PROGRESS, CREATE_PENDING
from reco.storage.resources import Resource, ResourceTable

MODEL = "model"
"""Key of a recommender's `inner`, for the model it keeps, and of an attempt's facts, for the one it has trained:
address and digest of the artefact, what the container reported, and `began_at`, when its training did."""
COLUMNS = "columns"
"""Key of a recommender's `inner`, and of its update: the columns to learn from, by dataset type."""
UPDATE = "update"
"""Key of `inner`: the record of the latest update that a caller asked for, beside what serves."""
RETRAINING = "retraining"
"""Key of a recommender's `inner`: the record of the latest training anew that nobody asked for, like an update's."""
TRAINS = "trains"
"""Member of a recommender's update that trains a new model whatever its columns are."""


@dataclass(frozen=True)
class Target:
    """The artefact that an attempt is to bring into service."""

    uri: str
    digest: str
    version_arn: str | None = None
    """The solution version it belongs to; None for a recommender's model, which is no resource of its own."""


def target_of(table: ResourceTable, kind: Kind, resource_id: str, attempt: str) -> Target:
    """What this attempt deploys.

    Raises:
        StaleAttempt: the attempt was replaced.
        UserFault: the solution version is gone or not trained; the recommender has no model.
        KeyError: resources of this kind serve nothing.
    """
    found = _TARGETS[kind]
    resource = table.get(kind, resource_id)
    if resource is None:
        raise StaleAttempt(f"{kind} {resource_id} is gone")
    return found(table, resource, require(resource, attempt))


def open_update(resource: Resource, beside: str = UPDATE) -> dict[str, Any] | None:
    """The latest update of what serves, or another record `beside` it, unless it is in service."""
    update = resource.inner.get(beside)
    return update if update and update["status"] != ACTIVE else None


def latest_update(resource: Resource) -> dict[str, Any] | None:
    """Of its latest update and its latest training anew the one that moved last; None before both."""
    records = [resource.inner[each] for each in (RETRAINING, UPDATE) if resource.inner.get(each)]
    return max(records, key=lambda record: float(record["updated_at"]), default=None)


def latest_status(resource: Resource) -> str:
    """That of its latest update, or training anew; the resource's own before both."""
    latest = latest_update(resource)
    return str(latest["status"] if latest else resource.status)


def pending_update(resource: Resource) -> dict[str, Any] | None:
    """The update, or training anew, that waits for a machine to take it up."""
    records = (resource.inner.get(each) or {} for each in (UPDATE, RETRAINING))
    return next((record for record in records if record.get("status") == CREATE_PENDING), None)


def is_retraining(resource: Resource) -> bool:
    """Whether a training anew is on its way; it gives way to whatever a caller asks for."""
    return (resource.inner.get(RETRAINING) or {}).get("status") in (CREATE_PENDING, CREATE_IN_PROGRESS)


def _version(table: ResourceTable, campaign: Resource, _: Attempt) -> Target:
    wanted = open_update(campaign) or campaign.body
    arn = wanted["solution_version_arn"]
    name = parse_arn(arn)
    version = table.get(Kind.SOLUTION_VERSION, name.resource_id) if name else None
    if version is None:
        raise UserFault(f"The solution version {arn} is gone.")
    artefact = version.inner.get("artefact")
    if version.status != ACTIVE or not artefact:
        raise UserFault(f"The solution version {arn} is {version.status}; only an ACTIVE one can be deployed.")
    return Target(artefact["uri"], artefact["digest"], arn)


def _model(_: ResourceTable, recommender: Resource, mine: Attempt) -> Target:
    model = mine.facts.get(MODEL) or recommender.inner.get(MODEL)
    if model is None:
        raise UserFault("The recommender has no trained model.")
    return Target(model["uri"], model["digest"])


_TARGETS: Mapping[Kind, Callable[[ResourceTable, Resource, Attempt], Target]] = {
    Kind.CAMPAIGN: _version,
    Kind.RECOMMENDER: _model,
}

SERVERS = frozenset(_TARGETS)
"""Kinds whose resources serve a model."""
