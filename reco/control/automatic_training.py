"""Automatic training: what schedule a solution or a recommender wants, and that Scheduler has it (docs/adr/0022).

    what is wanted      follows from the resource: a solution's from performAutoTraining, its schedulingExpression, and
                        since when; a recommender wants one while it is ACTIVE, every seven days from its creation
    what was arranged   noted in `inner` once Scheduler has taken it

Whoever reads a resource whose two differ arranges what is wanted, so a kill in between is made up for. Source:
control-plane reference, F.3 and F.5.
"""

from __future__ import annotations

import logging
import re
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from reco.arns import Kind
from reco.control.registry import Registry
from reco.control.solution_updates import newest_settings
from reco.errors import ClientFault
from reco.jobs.schedules import DAY_S, FIRST, TASK
from reco.jobs.status import ACTIVE
from reco.storage.resources import Resource

_log = logging.getLogger(__name__)

TRAINED_BY_THEMSELVES = (Kind.SOLUTION, Kind.RECOMMENDER)
DEFAULT_SCHEDULE = "rate(7 days)"
FIRST_RUN_S = 50 * 60
"""A solution's first training starts within the hour: this long after the beginning, some minutes for Scheduler."""
RECOMMENDER_DAYS = 7

RESET = "automatic_training_since"
"""Key of `inner`: when automatic training was last switched on or got another frequency; absent before."""
ARRANGED = "automatic_training_arranged"
"""Key of `inner`: the arrangement that Scheduler has, and in which group."""

_ROUNDS = 5
"""So often one caller arranges anew what others have changed meanwhile, before it leaves that to them."""


@dataclass(frozen=True)
class Arrangement:
    """When a resource is trained by itself."""

    since: float
    """What the times are counted from, seconds since the epoch."""
    first: float
    """The first of them."""
    days: int

    def next_from(self, now: float) -> float:
        """The first of its times that is not past: a schedule that is made late keeps to them."""
        periods = max(0.0, now - self.first) // (self.days * DAY_S)
        due = self.first + periods * self.days * DAY_S
        return due if due >= now else due + self.days * DAY_S


def wanted_by(resource: Resource) -> Arrangement | None:
    """The arrangement that a solution's newest settings, or a recommender that serves, ask for; None for none."""
    if resource.deleting_since is not None:
        return None
    if resource.kind is Kind.RECOMMENDER:
        week = resource.created_at + RECOMMENDER_DAYS * DAY_S
        return Arrangement(resource.created_at, week, RECOMMENDER_DAYS) if resource.status == ACTIVE else None
    settings = newest_settings(resource)
    if not settings.get("perform_auto_training", True):
        return None
    since = resource.inner.get(RESET, resource.created_at)
    return Arrangement(since, since + FIRST_RUN_S, days_of(settings))


def days_of(settings: dict[str, Any]) -> int:
    """Days between trainings, from a solution's members."""
    config = settings.get("solution_config", {}).get("auto_training_config", {})
    days = re.search(r"\d+", config.get("scheduling_expression", DEFAULT_SCHEDULE))
    assert days is not None  # noqa: S101  checked before it was stored
    return int(days[0])


def reset_by_update(before: Resource, after: Resource, now: float) -> Resource:
    """`after` with its times counted from now, if the update switched training on or changed how often."""
    was, will_be = wanted_by(before), wanted_by(after)
    if will_be is None or (was is not None and was.days == will_be.days):
        return after
    return replace(after, inner={**after.inner, RESET: now})


def arranged(registry: Registry, resource: Resource, *, again: bool = False) -> Resource:
    """The resource, with Scheduler told what it wants if it was not told before, or is to be told `again`.

    Two who arrange at once may reach Scheduler in either order. So each looks at the resource once more after that: the
    last one to reach Scheduler sees what is wanted by then, and tells that.
    """
    for _ in range(_ROUNDS):
        wanted = wanted_by(resource)
        if resource.inner.get(ARRANGED) == _target(registry, wanted) and not again:
            return resource
        try:
            _tell(registry, resource, wanted)
        except Exception:
            # The resource is stored; failing here would make the client create it a second time.
            _log.exception("the schedule of %s was not arranged", registry.arn(resource))
            return resource
        try:
            resource = registry.change(resource, partial(_noted, registry, wanted))
        except ClientFault:
            # It has gone, or others keep changing it: the next reader sees how it is then.
            return resource
        again = wanted_by(resource) != wanted
    return resource


def forget(registry: Registry, resource: Resource) -> None:
    """Removes the schedule of a resource that goes; one that could not be removed goes when it is next due."""
    if wanted_by(resource) is None and ARRANGED not in resource.inner:
        return
    try:
        registry.schedules.remove(resource.incarnation)
    except Exception:
        _log.exception("the schedule of %s was not removed", registry.arn(resource))


def _target(registry: Registry, wanted: Arrangement | None) -> dict[str, Any] | None:
    return asdict(wanted) | {"group": registry.schedules.group} if wanted else None


def _tell(registry: Registry, resource: Resource, wanted: Arrangement | None) -> None:
    if wanted is None:
        registry.schedules.remove(resource.incarnation)
        return
    event = {
        resource.kind.value: registry.arn(resource),
        "incarnation": resource.incarnation,
        "since": wanted.since,
        FIRST: wanted.first,
    }
    registry.schedules.put(resource.incarnation, wanted.next_from(registry.now), wanted.days, {TASK: event})


def _noted(registry: Registry, wanted: Arrangement | None, current: Resource) -> Resource:
    if wanted_by(current) != wanted:
        return current
    kept = {name: value for name, value in current.inner.items() if name != ARRANGED}
    target = _target(registry, wanted)
    return replace(current, inner={**kept, **({ARRANGED: target} if target else {})})
