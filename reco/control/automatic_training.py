"""Automatic training: what schedule a solution wants, and that Scheduler has it (docs/adr/0022).

    what is wanted      follows from the solution: performAutoTraining, its schedulingExpression, and since when
    what was arranged   noted in `inner` once Scheduler has taken it

Whoever reads a solution whose two differ arranges what is wanted, so a kill in between is made up for. Source:
control-plane reference, F.5.
"""

from __future__ import annotations

import logging
import re
from dataclasses import asdict, dataclass, replace
from typing import Any

from reco.control.registry import Registry
from reco.control.solution_updates import newest_settings
from reco.errors import ClientFault
from reco.jobs.schedules import DAY_S
from reco.storage.resources import Resource

_log = logging.getLogger(__name__)

DEFAULT_SCHEDULE = "rate(7 days)"
FIRST_RUN_S = 50 * 60
"""The first training starts within the hour: this long after the beginning, with some minutes for Scheduler."""

TASK = "automatic_training"
"""Member of the control function's internal events that says what they are about."""

RESET = "automatic_training_since"
"""Key of `inner`: when automatic training was last switched on or got another frequency; absent before."""
ARRANGED = "automatic_training_arranged"
"""Key of `inner`: the arrangement that Scheduler has, and in which group."""


@dataclass(frozen=True)
class Arrangement:
    """When a solution is trained by itself."""

    since: float
    """What the times are counted from, seconds since the epoch."""
    days: int

    @property
    def first(self) -> float:
        return self.since + FIRST_RUN_S

    def next_from(self, now: float) -> float:
        """The first of its times that is not past: a schedule that is made late keeps to them."""
        periods = max(0.0, now - self.first) // (self.days * DAY_S)
        due = self.first + periods * self.days * DAY_S
        return due if due >= now else due + self.days * DAY_S


def wanted_by(solution: Resource) -> Arrangement | None:
    """The arrangement that the newest settings ask for; None for a solution that is trained by hand only."""
    settings = newest_settings(solution)
    if solution.deleting_since is not None or not settings.get("perform_auto_training", True):
        return None
    return Arrangement(solution.inner.get(RESET, solution.created_at), days_of(settings))


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


def arranged(registry: Registry, solution: Resource, *, again: bool = False) -> Resource:
    """The solution, with Scheduler told what it wants if it was not told before, or is to be told `again`."""
    wanted = wanted_by(solution)
    target = asdict(wanted) | {"group": registry.schedules.group} if wanted else None
    if solution.inner.get(ARRANGED) == target and not again:
        return solution

    def noted(current: Resource) -> Resource:
        if wanted_by(current) != wanted:
            return current
        kept = {name: value for name, value in current.inner.items() if name != ARRANGED}
        return replace(current, inner={**kept, **({ARRANGED: target} if target else {})})

    try:
        if wanted:
            event = {"solution": registry.arn(solution), "incarnation": solution.incarnation, "since": wanted.since}
            first = wanted.next_from(registry.now)
            registry.schedules.put(solution.incarnation, first, wanted.days, {TASK: event})
        else:
            registry.schedules.remove(solution.incarnation)
    except Exception:
        # The solution is stored; failing here would make the client create it a second time.
        _log.exception("the schedule of %s was not arranged", registry.arn(solution))
        return solution
    try:
        return registry.change(solution, noted)
    except ClientFault:
        # It has gone, or others keep changing it: the next reader sees how it is then.
        return solution


def forget(registry: Registry, solution: Resource) -> None:
    """Removes the schedule of a solution that goes; one that could not be removed goes when it is next due."""
    if wanted_by(solution) is None and ARRANGED not in solution.inner:
        return
    try:
        registry.schedules.remove(solution.incarnation)
    except Exception:
        _log.exception("the schedule of %s was not removed", registry.arn(solution))
