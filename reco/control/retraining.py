"""Recommenders trained anew by themselves: on all that has arrived, while the model from before goes on serving.

A retraining is an update that nobody asked for. Its record stands beside the recommender under a name of its own, so
what a caller sees of updates is what callers asked for, and it gives way to whatever a caller asks for: its attempt is
closed in the write that takes an update or a stop, and its execution ended after that (docs/adr/0022). An update that
it gave way to trains in its place. Source: control-plane reference, sections B.1 and F.3.
"""

from __future__ import annotations

from dataclasses import replace

from reco.control.registry import Registry
from reco.control.stopping import stop_execution
from reco.control.update_records import updating, with_update
from reco.errors import ResourceInUse
from reco.jobs.attempt import attempt_of
from reco.jobs.serving import taken_back
from reco.jobs.status import ACTIVE, CREATE_STOPPED
from reco.jobs.target import RETRAINING, TRAINS, is_retraining
from reco.storage.resources import Resource


def with_retraining(registry: Registry, recommender: Resource) -> Resource:
    """The recommender with a retraining for its machine's next execution.

    It takes the place of one that has not ended: an execution that is still at that goes on, and ends this one; one
    that is gone is replaced.

    Raises:
        ResourceInUse: it does not serve just now, or is being updated.
    """
    status = registry.status(recommender)
    if status != ACTIVE or updating(recommender):
        what = "is being updated" if status == ACTIVE else f"is {status}"
        raise ResourceInUse(f"{registry.arn(recommender)} {what}; it is trained anew while it is ACTIVE.")
    return with_update(recommender, {TRAINS: True}, registry.now, RETRAINING)


def without_retraining(registry: Registry, recommender: Resource) -> Resource:
    """The recommender with its retraining, if one is on its way, closed: nothing of it is served from here on."""
    if not is_retraining(recommender):
        return recommender
    attempt = attempt_of(recommender)
    closed = taken_back(recommender, attempt) if attempt and not attempt.outcome else recommender
    record = {**closed.inner[RETRAINING], "status": CREATE_STOPPED, "updated_at": registry.now}
    return replace(closed, inner={**closed.inner, RETRAINING: record})


def end_closed(registry: Registry, recommender: Resource) -> None:
    """Ends the execution of a retraining that this call has closed; what goes on all the same writes nothing."""
    record, attempt = recommender.inner.get(RETRAINING) or {}, attempt_of(recommender)
    closed_now = (record.get("status"), record.get("updated_at")) == (CREATE_STOPPED, registry.now)
    if closed_now and attempt and attempt.outcome == "failed":
        stop_execution(registry, recommender)
