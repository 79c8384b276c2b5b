"""Bringing a model into service: the switch of one pointer, the wait for who still believes in the one before, and the
way back. The same for campaigns and recommenders.

    switch     inner["serving"] = the new pointer. Who served nothing before is in service in the same write
    settle     after pointer_cache_s: in service everywhere
    give_up    a pointer that this attempt, or one it inherits from, has switched is switched back

A sandbox of the runtime may answer from its memory for pointer_cache_s after it has read a pointer, so a switch away
from another pointer waits that long before it counts. Who had no pointer need not wait, because absence is never
cached. Everything is one item, so every step is one compare-and-set (docs/adr/0004).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from reco.arns import Kind
from reco.errors import StaleAttempt
from reco.jobs.attempt import Attempt, JobContext, attempt_of, with_attempt, write_as
from reco.jobs.status import ACTIVE, CREATE_FAILED, CREATE_IN_PROGRESS
from reco.jobs.target import UPDATE, open_update
from reco.storage.resources import Resource

SETTLE_MARGIN_S = 1
"""For clocks that do not run alike, and a read that was under way when the pointer switched."""

REPLACED = "replaced"
"""The fact that keeps the pointer from before the switch, for going back. An attempt that takes over inherits it."""
_WAIT = "settle_s"

Activated = Callable[[Resource, Attempt, float], Resource]
"""What the resource is once the attempt's model is in service everywhere, at this time."""
Failed = Callable[[Resource, str, float], Resource]
"""What the resource is when the attempt has failed for this reason, at this time."""


def switch(
    context: JobContext,
    kind: Kind,
    resource_id: str,
    attempt: str,
    serving: Mapping[str, Any],
    activated: Activated,
) -> int:
    """Points the resource at `serving`.

    Returns:
        Seconds to wait before `settle`; 0 when all is done already.

    Raises:
        StaleAttempt: the attempt was replaced or has failed; nothing was written.
    """

    def change(current: Resource, mine: Attempt) -> Resource | None:
        if mine.outcome == "failed":
            raise StaleAttempt(f"attempt {attempt} has failed already")
        if mine.outcome == "done" or _WAIT in mine.facts:
            return None
        before = mine.facts.get(REPLACED) or current.inner.get("serving")
        wait_s = settle_seconds(context.settings.pointer_cache_s) if before else 0
        switched = replace(current, inner={**current.inner, "serving": dict(serving)})
        remembered = mine.with_fact(REPLACED, before).with_fact(_WAIT, wait_s)
        if wait_s == 0:
            return _done(switched, remembered, activated, context.clock())
        return with_attempt(switched, remembered)

    written = attempt_of(write_as(context, kind, resource_id, attempt, change))
    return int(written.facts[_WAIT]) if written else 0


def settle_seconds(pointer_cache_s: float) -> int:
    """Whole seconds after which no sandbox can serve the pointer before; 0 when they cache nothing."""
    return math.ceil(pointer_cache_s) + SETTLE_MARGIN_S if pointer_cache_s > 0 else 0


def settle(context: JobContext, kind: Kind, resource_id: str, attempt: str, activated: Activated) -> None:
    """Says that the model is in service everywhere.

    Raises:
        StaleAttempt: the attempt was replaced, has failed, or has switched no pointer.
    """

    def change(current: Resource, mine: Attempt) -> Resource | None:
        if mine.outcome == "done":
            return None
        if mine.outcome == "failed" or _WAIT not in mine.facts:
            raise StaleAttempt(f"attempt {attempt} has nothing to settle")
        return _done(current, mine, activated, context.clock())

    write_as(context, kind, resource_id, attempt, change)


def give_up(context: JobContext, kind: Kind, resource_id: str, attempt: str, reason: str, failed: Failed) -> Resource:
    """Marks the attempt failed; what served before serves again. Returns the resource as it then is.

    Raises:
        StaleAttempt: the attempt was replaced.
    """

    def change(current: Resource, mine: Attempt) -> Resource | None:
        if mine.outcome:
            return None
        return failed(taken_back(current, mine), reason, context.clock())

    return write_as(context, kind, resource_id, attempt, change)


def taken_back(resource: Resource, mine: Attempt) -> Resource:
    """The resource with the attempt at its end, and what served before it serving again."""
    replaced = mine.facts.get(REPLACED)
    inner = {**resource.inner, **({"serving": replaced} if replaced else {})}
    return with_attempt(replace(resource, inner=inner), replace(mine, outcome="failed"))


def with_update_begun(resource: Resource, now: float, beside: str = UPDATE) -> Resource | None:
    """The resource with its open update CREATE IN_PROGRESS; None where no update is open."""
    update = open_update(resource, beside)
    if update is None:
        return None
    begun = {**update, "status": CREATE_IN_PROGRESS, "failure_reason": None, "updated_at": now}
    return replace(resource, inner={**resource.inner, beside: begun})


def with_update_in_service(resource: Resource, members: Sequence[str], now: float, beside: str = UPDATE) -> Resource:
    """The resource with the members that its open update brings, and the update ACTIVE; as it is without one."""
    update = open_update(resource, beside)
    if update is None:
        return resource
    brought = {name: update[name] for name in members if update.get(name) is not None}
    settled = {**update, "status": ACTIVE, "failure_reason": None, "updated_at": now}
    return replace(resource, body={**resource.body, **brought}, inner={**resource.inner, beside: settled})


def with_failure(resource: Resource, reason: str, now: float, beside: str = UPDATE) -> Resource:
    """The resource, or its open update, CREATE FAILED."""
    update = open_update(resource, beside)
    if update is None:
        return replace(resource, status=CREATE_FAILED, failure_reason=reason, updated_at=now)
    failed = {**update, "status": CREATE_FAILED, "failure_reason": reason, "updated_at": now}
    return replace(resource, inner={**resource.inner, beside: failed})


def _done(resource: Resource, mine: Attempt, activated: Activated, now: float) -> Resource:
    return with_attempt(activated(resource, mine, now), replace(mine, outcome="done"))
