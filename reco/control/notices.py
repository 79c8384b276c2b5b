"""What the control function hears from AWS itself and not from a caller: its internal events.

    {"automatic_training": {...}, "due_at": TIME}
                                           a schedule of EventBridge Scheduler is due
    {"automatic_training": "arrange"}      somebody wants every schedule to be as it should be, such as after the group
                                           of schedules was made anew
    {"detail-type": "Step Functions Execution Status Change", ...}
                                           a machine that trains or deploys has ended

API Gateway makes no such events; who may invoke the function may send them. Each may come twice, and late.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from reco.arns import Kind, Owner
from reco.control.automatic_training import TASK, arranged
from reco.control.due_trainings import train_if_due
from reco.control.following import machine_ended
from reco.control.registry import Registry
from reco.jobs.executions import EXECUTION_CHANGED
from reco.jobs.schedules import DUE_AT
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
        said = machine_ended(registry, event["detail"])
    elif event[TASK] == "arrange":
        said = _arrange_all(registry)
    else:
        said = train_if_due(registry, events, event[TASK], event[DUE_AT])
    _log.info("%s", said)
    return {"said": said}


def _arrange_all(registry: Registry) -> str:
    position: str | None = None
    count = 0
    while True:
        page = registry.page(Kind.SOLUTION, None, position, 100)
        for solution in page.resources:
            arranged(registry, solution, again=True)
            count += 1
        position = page.next_position
        if position is None:
            return f"arranged the schedules of {count} solutions"


def owner_of(role: str, region: str) -> Owner:
    """Whose deployment it is, from the ARN of one of its roles."""
    _, partition, _, _, account, _ = role.split(":", 5)
    return Owner(account, region, partition)
