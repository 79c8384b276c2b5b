"""One request to one operation, checked: all that a service method needs to know of the protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reco.arns import Owner


@dataclass(frozen=True)
class Call:
    """A request that is valid by its operation's shape; what it names may still not exist."""

    operation: str
    """As in the service model, such as `CreateSchema`; unique over the three services."""

    parameters: Mapping[str, Any]
    """Snake case. Absent and null members are absent, unknown ones dropped; map keys are as sent; timestamps are
    float seconds since the epoch."""

    owner: Owner
    """Account of the API, region of the handler."""

    caller_arn: str | None
    """Who signed; None where the route asks for no signature."""

    request_id: str
    """As API Gateway made it: unique, but not a UUID."""

    now: float
    """Seconds since the epoch, read once: everything that one request writes carries the same time."""

    invocation: str | None = field(default=None, compare=False)
    """What an AWS SDK calls this call of its user's, the same each time that it sends it again; None from others."""


Operation = Callable[[Call], Mapping[str, Any] | None]
"""A service method. It answers the output's members in snake case, None for an operation without output."""
