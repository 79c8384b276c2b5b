"""Executions of the state machines: what they are called, and how AWS tells of them.

An execution is named after what it is for: the resource's incarnation and a sequence number (0 for the creation, then
one more for each update). A name is never given twice, since Step Functions keeps names for 90 days while a deleted
resource's name is free at once. Its input is `{"arn": ...}` and nothing else, so a person can type it.
"""

from __future__ import annotations

import json

EXECUTION_CHANGED = "Step Functions Execution Status Change"
"""detail-type of the event that EventBridge carries when an execution changes."""


def execution_name(incarnation: str, sequence: int) -> str:
    """Name of the execution that does a resource's `sequence`-th piece of work."""
    return f"{incarnation}-{sequence}"


def arn_in(text: str | None) -> str:
    """The ARN in an execution's input; empty when it is not there, since anybody may start a machine with anything."""
    given = json.loads(text or "{}")
    return str(given.get("arn", "")) if isinstance(given, dict) else ""
