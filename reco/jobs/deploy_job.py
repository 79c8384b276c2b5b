"""The deploy job: a campaign begins to serve a solution version, or another one.

    begin    attempt, target; CREATE IN_PROGRESS (of the campaign when it is new, of its update otherwise)
    check    the deployment function tries the artefact (reco.jobs.trial)
    commit   inner["serving"] = target. Who served nothing before is ACTIVE in the same write
    settle   after pointer_cache_s: the update is ACTIVE
    fail     CREATE FAILED; a pointer that this attempt switched is switched back

ACTIVE means that every sandbox serves the version. A sandbox may answer from its memory for pointer_cache_s after it
read the pointer, so an update waits that long between the switch and ACTIVE. A new campaign need not wait, because the
absence of a pointer is never cached. Everything is one item, so every step is one compare-and-set.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from reco.arns import Kind, parse_arn
from reco.errors import StaleAttempt, UserFault
from reco.jobs.attempt import Attempt, JobContext, NotNow, attempt_of, claim, require, with_attempt, write_as
from reco.jobs.status import ACTIVE, CREATE_FAILED, CREATE_IN_PROGRESS
from reco.storage.resources import Resource, ResourceTable

KIND = Kind.CAMPAIGN
SETTLE_MARGIN_S = 1
"""For clocks that do not run alike, and a read that was under way when the pointer switched."""

REPLACED = "replaced"
"""The fact that keeps the pointer from before the switch, for going back. An attempt that takes over inherits it."""

UPDATED_MEMBERS = ("solution_version_arn", "min_provisioned_tps", "campaign_config")
"""What an update brings; they become the campaign's when it is ACTIVE."""


@dataclass(frozen=True)
class Target:
    """The artefact that an attempt is to bring into service."""

    version_arn: str
    uri: str
    digest: str


def begin(context: JobContext, campaign_id: str, execution: str) -> str:
    """Claims the campaign for its creation or its latest update; returns the attempt.

    Raises:
        NotNow: all is deployed, the campaign is gone, or in other hands.
    """
    record = attempt_of(claim(context, KIND, campaign_id, execution, _mark_in_progress, carried=(REPLACED,)))
    assert record is not None  # noqa: S101  claim() wrote it
    return record.attempt


def target_of(table: ResourceTable, campaign_id: str, attempt: str) -> Target:
    """What this attempt deploys.

    Raises:
        StaleAttempt: the attempt was replaced.
        UserFault: the solution version is gone or not trained.
    """
    campaign = table.get(KIND, campaign_id)
    if campaign is None:
        raise StaleAttempt(f"campaign {campaign_id} is gone")
    require(campaign, attempt)
    wanted = _open_update(campaign) or campaign.body
    arn = wanted["solution_version_arn"]
    name = parse_arn(arn)
    version = table.get(Kind.SOLUTION_VERSION, name.resource_id) if name else None
    if version is None:
        raise UserFault(f"The solution version {arn} is gone.")
    artefact = version.inner.get("artefact")
    if version.status != ACTIVE or not artefact:
        raise UserFault(f"The solution version {arn} is {version.status}; only an ACTIVE one can be deployed.")
    return Target(arn, artefact["uri"], artefact["digest"])


def commit(context: JobContext, campaign_id: str, attempt: str) -> dict[str, Any]:
    """Switches the campaign's pointer to the target.

    Returns:
        settle_s: seconds to wait before `settle`; 0 when the campaign (or its update) is ACTIVE already.
        summary: the version's ARN, for the execution's output.

    Raises:
        StaleAttempt: the attempt was replaced or has failed; nothing was written.
    """
    target = target_of(context.table, campaign_id, attempt)
    serving = {"version_arn": target.version_arn, "uri": target.uri, "digest": target.digest}

    def switch(current: Resource, mine: Attempt) -> Resource | None:
        if mine.outcome == "failed":
            raise StaleAttempt(f"attempt {attempt} has failed already")
        if mine.outcome == "done" or "settle_s" in mine.facts:
            return None
        before = mine.facts.get(REPLACED) or current.inner.get("serving")
        wait_s = settle_seconds(context.settings.pointer_cache_s) if before else 0
        switched = replace(current, inner={**current.inner, "serving": serving})
        remembered = mine.with_fact(REPLACED, before).with_fact("settle_s", wait_s)
        if wait_s == 0:
            return _activated(switched, remembered, context.clock())
        return with_attempt(switched, remembered)

    written = attempt_of(write_as(context, KIND, campaign_id, attempt, switch))
    return {
        "settle_s": written.facts["settle_s"] if written else 0,
        "summary": {"solution_version": target.version_arn},
    }


def settle_seconds(pointer_cache_s: float) -> int:
    """Whole seconds after which no sandbox can serve the pointer before; 0 when they cache nothing."""
    return math.ceil(pointer_cache_s) + SETTLE_MARGIN_S if pointer_cache_s > 0 else 0


def settle(context: JobContext, campaign_id: str, attempt: str) -> None:
    """Makes the update ACTIVE.

    Raises:
        StaleAttempt: the attempt was replaced, has failed, or has switched no pointer.
    """

    def activate(current: Resource, mine: Attempt) -> Resource | None:
        if mine.outcome == "done":
            return None
        if mine.outcome == "failed" or "settle_s" not in mine.facts:
            raise StaleAttempt(f"attempt {attempt} has nothing to settle")
        return _activated(current, mine, context.clock())

    write_as(context, KIND, campaign_id, attempt, activate)


def fail(context: JobContext, campaign_id: str, attempt: str, reason: str) -> str:
    """Marks the campaign, or its update, CREATE FAILED; what served before serves again. Returns the status.

    Raises:
        StaleAttempt: the attempt was replaced.
    """

    def mark(current: Resource, mine: Attempt) -> Resource | None:
        if mine.outcome:
            return None
        inner = dict(current.inner)
        if mine.facts.get(REPLACED):
            inner["serving"] = mine.facts[REPLACED]
        ended = with_attempt(replace(current, inner=inner), replace(mine, outcome="failed"))
        update = _open_update(current)
        if update is None:
            return replace(ended, status=CREATE_FAILED, failure_reason=reason, updated_at=context.clock())
        failed = {**update, "status": CREATE_FAILED, "failure_reason": reason, "updated_at": context.clock()}
        return replace(ended, inner={**ended.inner, "update": failed}, updated_at=context.clock())

    written = write_as(context, KIND, campaign_id, attempt, mark)
    return str((written.inner.get("update") or {}).get("status") or written.status)


def _open_update(campaign: Resource) -> dict[str, Any] | None:
    """The campaign's latest update, unless it is in service."""
    update = campaign.inner.get("update")
    return update if update and update["status"] != ACTIVE else None


def _mark_in_progress(campaign: Resource, fresh: Attempt) -> Resource:
    update = _open_update(campaign)
    if update is not None:
        started = {**update, "status": CREATE_IN_PROGRESS, "failure_reason": None, "updated_at": fresh.started_at}
        return replace(campaign, inner={**campaign.inner, "update": started})
    if campaign.status == ACTIVE:
        raise NotNow("the campaign serves what it should")
    return replace(campaign, status=CREATE_IN_PROGRESS, failure_reason=None)


def _activated(campaign: Resource, mine: Attempt, now: float) -> Resource:
    """The campaign ACTIVE, with the members of its update when it has an open one."""
    done = with_attempt(campaign, replace(mine, outcome="done"))
    update = _open_update(campaign)
    if update is not None:
        brought = {name: update[name] for name in UPDATED_MEMBERS if update.get(name) is not None}
        settled = {**update, "status": ACTIVE, "failure_reason": None, "updated_at": now}
        done = replace(done, body={**done.body, **brought}, inner={**done.inner, "update": settled})
    return replace(done, status=ACTIVE, failure_reason=None, updated_at=now)
