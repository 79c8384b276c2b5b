"""What the control function hears from AWS itself and not from a caller: its internal events.

    {"automatic_training": {...}, "due_at": TIME}
                                           a schedule of EventBridge Scheduler is due
    {"automatic_training": "arrange"}      somebody wants every schedule made once more, as it should be
    {"automatic_training": "mend"}         the stack's own schedule, each day and as soon as it is deployed: those that
                                           are missing are to be made, as after the group of schedules was made anew.
                                           Both start trainings whose machines should have begun long ago
    {"detail-type": "Step Functions Execution Status Change", ...}
                                           a machine that trains, deploys or does both for a recommender has ended

API Gateway makes no such events; who may invoke the function may send them. Each may come twice, and late.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from reco.arns import Kind, Owner, parse_arn
from reco.control.automatic_training import TRAINED_BY_THEMSELVES, arranged
from reco.control.due_trainings import start_what_waits, train_if_due
from reco.control.following import machine_ended
from reco.control.registry import Registry
from reco.jobs.executions import EXECUTION_CHANGED, arn_in
from reco.jobs.schedules import ARRANGE, DUE_AT, MEND, TASK
from reco.storage.arrivals import Arrivals

_log = logging.getLogger(__name__)


def is_internal(event: Mapping[str, Any]) -> bool:
    return TASK in event or event.get("detail-type") == EXECUTION_CHANGED


def take_notice(registry: Registry, events: Arrivals, event: Mapping[str, Any]) -> dict[str, Any]:
    """Does what an internal event asks for; `said` in the answer tells a person what came of it.

    Raises:
        ClientFault, ClientError: not now; AWS sends the event again.
    """
    if event.get("detail-type") == EXECUTION_CHANGED:
        said = _recommender_arranged(registry, event["detail"]) or machine_ended(registry, event["detail"])
    elif event[TASK] in (ARRANGE, MEND):
        said = _arrange_all(registry, again=event[TASK] == ARRANGE)
    else:
        said = train_if_due(registry, events, event[TASK], event[DUE_AT])
    _log.info("%s", said)
    return {"said": said}


def _recommender_arranged(registry: Registry, detail: Mapping[str, Any]) -> str | None:
    """Sees to the schedule of a recommender that may be ACTIVE now; None where the machine was not for one."""
    name = parse_arn(arn_in(detail.get("input")))
    if name is None or name.kind is not Kind.RECOMMENDER or name.owner != registry.owner:
        return None
    recommender = registry.named(name.kind, name.resource_id)
    if recommender:
        arranged(registry, recommender)
    return f"looked at the schedule of {detail['input']}"


def _arrange_all(registry: Registry, *, again: bool) -> str:
    counts = [f"{_arrange_kind(registry, kind, again=again)} {kind.value}s" for kind in TRAINED_BY_THEMSELVES]
    return f"arranged the schedules of {' and '.join(counts)}"


def _arrange_kind(registry: Registry, kind: Kind, *, again: bool) -> int:
    """How many there are."""
    position: str | None = None
    count = 0
    while True:
        page = registry.page(kind, None, position, 100)
        for resource in page.resources:
            start_what_waits(registry, arranged(registry, resource, again=again))
            count += 1
        position = page.next_position
        if position is None:
            return count


def owner_of(role: str, region: str) -> Owner:
    """Whose deployment it is, from the ARN of one of its roles."""
    _, partition, _, _, account, _ = role.split(":", 5)
    return Owner(account, region, partition)
