"""EventBridge's part in ending jobs: each execution that ends is told to the functions that a rule names.

moto keeps rules and says nothing to anybody when an execution changes. Here the rules of the deployed template, and a
user's own on the default bus, get the event that Step Functions sends; targets that are functions are called with it.
"""

from __future__ import annotations

import json
import queue
import threading
import traceback
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from local.deployer import ACCOUNT
from local.journal import KeptExecution

BAD_ENDS = frozenset({"ABORTED", "FAILED", "TIMED_OUT"})
"""Statuses of executions that a person may want to hear of."""

RETRIES_S = (0.2, 1.0)
"""Waits before the second and the last try. Lambda tries an asynchronous call three times as well, minutes apart."""


def change_event(ended: KeptExecution, region: str) -> dict[str, Any]:
    """What EventBridge carries about an execution that has ended.

    Source: Step Functions' "Step Functions Execution Status Change" events.
    """
    end = ended.ended or {}
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Step Functions Execution Status Change",
        "source": "aws.states",
        "account": ACCOUNT,
        "time": datetime.fromtimestamp(end["stopped"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [ended.arn],
        "detail": {
            "executionArn": ended.arn,
            "stateMachineArn": ended.machine,
            "name": ended.name,
            "status": end["status"],
            "startDate": int(ended.started * 1000),
            "stopDate": int(end["stopped"] * 1000),
            "input": ended.input,
            "inputDetails": {"included": True},
            "output": None if end["output"] is None else json.dumps(end["output"]),
            "outputDetails": {"included": True} if end["output"] is not None else None,
            "error": end["error"],
            "cause": end["cause"],
        },
    }


def functions_told(event: Any, region: str) -> list[str]:
    """ARNs of the functions that enabled rules of the default bus send this event to."""
    from moto.events.models import events_backends

    rules = events_backends[ACCOUNT][region].describe_event_bus("default").rules.values()
    return [
        target["Arn"]
        for rule in list(rules)
        if rule.state == "ENABLED" and rule.event_pattern.get_pattern() and rule.event_pattern.matches_event(event)
        for target in rule.targets
        if ":lambda:" in target["Arn"]
    ]


class Notices:
    """Tells of ends one after the other, in a thread of its own, from `start` to `close`."""

    def __init__(
        self,
        region: str,
        call: Callable[[str, dict[str, Any]], Any],
        told: Callable[[KeptExecution], None] = lambda ended: None,
        retries_s: Sequence[float] = RETRIES_S,
    ) -> None:
        """
        Args:
            call: calls the function of an ARN with an event; raises when the function does.
            told: given an execution once everybody has been told, or would not listen.
        """
        self._region = region
        self._call = call
        self._told = told
        self._retries_s = retries_s
        self._ended: queue.SimpleQueue[KeptExecution | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="notices", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def tell(self, ended: KeptExecution) -> None:
        """Returns at once; one that has not ended is not told of."""
        if ended.ended:
            self._ended.put(ended)

    def close(self) -> None:
        """Ends the thread after the notice in hand; the others are not delivered."""
        self._closing.set()
        self._ended.put(None)
        self._thread.join(5)

    def _run(self) -> None:
        while (ended := self._ended.get()) is not None and not self._closing.is_set():
            try:
                if self._deliver(change_event(ended, self._region)):
                    self._told(ended)
            except Exception:
                # The next one must be told of in any case.
                traceback.print_exc()

    def _deliver(self, event: dict[str, Any]) -> bool:
        """Whether nothing is left to be tried."""
        delivered = [self._deliver_to(function, event) for function in functions_told(event, self._region)]
        return all(delivered)

    def _deliver_to(self, function: str, event: dict[str, Any]) -> bool:
        for wait_s in (*self._retries_s, None):
            try:
                self._call(function, event)
                return True
            except Exception:
                # The function has reported its own traceback.
                if wait_s is not None and self._closing.wait(wait_s):
                    return False
        return True
