"""Campaigns that follow their solution: a new version that turns ACTIVE is deployed without being asked for.

A campaign with syncWithLatestSolutionVersion has caught up when the version it serves, or tried last, is the newest
ACTIVE one. Whoever hears of the end of a training or a deployment, and whoever describes the campaign, begins the
update that is missing: by compare-and-set, so two who do it at once begin one, and a kill leaves it to the next
(docs/adr/0022). Source: control-plane reference, section H.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reco.arns import Kind, parse_arn
from reco.control.campaign_updates import with_update
from reco.control.lifecycle import FINAL
from reco.control.registry import Registry
from reco.control.update_records import updating
from reco.jobs.executions import arn_in
from reco.jobs.status import ACTIVE
from reco.jobs.target import UPDATE, pending_update
from reco.storage.resources import Resource

LATEST = "/$LATEST"
"""What stands in an ARN for the version: the newest that is ACTIVE."""


def is_latest(version_arn: str) -> bool:
    return version_arn.endswith(LATEST)


def follows(campaign: Resource) -> bool:
    config = campaign.body.get("campaign_config") or {}
    return bool(config.get("sync_with_latest_solution_version"))


def newest_active(registry: Registry, solution_arn: str) -> Resource | None:
    """The solution's newest version that is ACTIVE; None before the first."""
    versions = registry.newest_first(Kind.SOLUTION_VERSION, solution_arn)
    return next((each for each in versions if each.status == ACTIVE), None)


def machine_ended(registry: Registry, detail: Mapping[str, Any]) -> str:
    """Lets campaigns catch up after an execution has ended, however it did; returns what came of it, for the log.

    After a training the campaigns of its solution; after a deployment the campaign itself, since a version may have
    turned ACTIVE while it was busy.
    """
    began = 0
    for campaign in _concerned(registry, detail.get("input")):
        if _catch_up(registry, campaign):
            began += 1
        elif follows(campaign) and pending_update(campaign):
            # Whoever began it may have died before it started the machine; starting it again has no effect.
            registry.start_machine(campaign)
    return f"began to update {began} campaigns"


def caught_up(registry: Registry, campaign: Resource) -> Resource:
    """The campaign, with the update begun that it lacks."""
    return _catch_up(registry, campaign) or campaign


class _UpToDate(Exception):
    """There is nothing to begin."""


def _catch_up(registry: Registry, campaign: Resource) -> Resource | None:
    """The campaign with its new update; None when it needs none, or cannot have one now."""
    if not follows(campaign) or campaign.parent is None:
        return None
    newest = newest_active(registry, campaign.parent)
    if newest is None or not _lacks(registry, campaign, registry.arn(newest)):
        return None
    arn = registry.arn(newest)

    def updated(current: Resource) -> Resource:
        if not _lacks(registry, current, arn):
            raise _UpToDate
        return with_update(current, {"solution_version_arn": arn}, registry.now)

    try:
        begun = registry.change(campaign, updated)
    except _UpToDate:
        return None
    registry.start_machine(begun)
    return begun


def _lacks(registry: Registry, campaign: Resource, version_arn: str) -> bool:
    """Whether the campaign follows, is free to, and neither serves nor tried this version last."""
    if not follows(campaign) or updating(campaign) or registry.status(campaign) not in FINAL:
        return False
    tried = campaign.inner.get(UPDATE) or campaign.body
    return bool(tried["solution_version_arn"] != version_arn)


def _concerned(registry: Registry, given: str | None) -> Iterable[Resource]:
    """The campaigns that an execution with this input may concern."""
    name = parse_arn(arn_in(given))
    if name is None or name.owner != registry.owner:
        return []
    if name.kind is Kind.SOLUTION_VERSION:
        solution_arn = registry.owner.arn(Kind.SOLUTION, name.resource_id.partition("/")[0])
        return registry.children(Kind.CAMPAIGN, solution_arn)
    found = registry.named(name.kind, name.resource_id) if name.kind is Kind.CAMPAIGN else None
    return [found] if found else []
