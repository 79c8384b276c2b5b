"""The deploy job: a campaign begins to serve a solution version, or another one.

    begin    attempt; CREATE IN_PROGRESS (of the campaign when it is new, of its update otherwise)
    check    the deployment function tries the artefact (reco.jobs.trial)
    commit   the pointer switches. Who served nothing before is ACTIVE in the same write
    settle   after pointer_cache_s: the update is ACTIVE
    fail     CREATE FAILED; a pointer that this attempt switched is switched back

How a pointer switches, and why there is a wait, is in `reco.jobs.serving`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from reco.arns import Kind
from reco.jobs import serving
from reco.jobs.attempt import Attempt, JobContext, NotNow, attempt_of, claim
from reco.jobs.status import ACTIVE, CREATE_IN_PROGRESS
from reco.jobs.target import latest_status, target_of
from reco.storage.resources import Resource

KIND = Kind.CAMPAIGN
UPDATED_MEMBERS = ("solution_version_arn", "min_provisioned_tps", "campaign_config")
"""What an update brings; they become the campaign's when it is ACTIVE."""


def begin(context: JobContext, campaign_id: str, execution: str) -> str:
    """Claims the campaign for its creation or its latest update; returns the attempt.

    Raises:
        NotNow: all is deployed, the campaign is gone, or in other hands.
    """
    carried = (serving.REPLACED,)
    record = attempt_of(claim(context, KIND, campaign_id, execution, _mark_in_progress, carried=carried))
    assert record is not None  # noqa: S101  claim() wrote it
    return record.attempt


def commit(context: JobContext, campaign_id: str, attempt: str) -> dict[str, Any]:
    """Switches the campaign's pointer to its solution version.

    Returns:
        settle_s: seconds to wait before `settle`; 0 when the campaign (or its update) is ACTIVE already.
        summary: the version's ARN, for the execution's output.

    Raises:
        StaleAttempt: the attempt was replaced or has failed; nothing was written.
        UserFault: the version is gone or not trained.
    """
    target = target_of(context.table, KIND, campaign_id, attempt)
    pointer = {"version_arn": target.version_arn, "uri": target.uri, "digest": target.digest}
    wait_s = serving.switch(context, KIND, campaign_id, attempt, pointer, _activated)
    return {"settle_s": wait_s, "summary": {"solution_version": target.version_arn}}


def settle(context: JobContext, campaign_id: str, attempt: str) -> None:
    """Makes the update ACTIVE.

    Raises:
        StaleAttempt: the attempt was replaced, has failed, or has switched no pointer.
    """
    serving.settle(context, KIND, campaign_id, attempt, _activated)


def fail(context: JobContext, campaign_id: str, attempt: str, reason: str) -> str:
    """Marks the campaign, or its update, CREATE FAILED; what served before serves again. Returns the status.

    Raises:
        StaleAttempt: the attempt was replaced.
    """
    written = serving.give_up(context, KIND, campaign_id, attempt, reason, serving.with_failure)
    return latest_status(written)


def _mark_in_progress(campaign: Resource, fresh: Attempt) -> Resource:
    begun = serving.with_update_begun(campaign, fresh.started_at)
    if begun is not None:
        return begun
    if campaign.status == ACTIVE:
        raise NotNow("the campaign serves what it should")
    return replace(campaign, status=CREATE_IN_PROGRESS, failure_reason=None)


def _activated(campaign: Resource, _: Attempt, now: float) -> Resource:
    done = serving.with_update_in_service(campaign, UPDATED_MEMBERS, now)
    return replace(done, status=ACTIVE, failure_reason=None, updated_at=now)
