"""Who may call which operation: an optional table, since IAM sees one route for all of them (`POST /`).

The table maps patterns of callers' ARNs, as IAM has proved them to the gateway, to patterns of operations:

    {"arn:aws:sts::*:assumed-role/analyst/*": ["Describe*", "List*", "GetSolutionMetrics"],
     "arn:aws:iam::*:user/ada": ["*"]}

In both, `*` stands for any characters and `?` for one; case counts. As in IAM's ArnLike each of an ARN's six parts is
compared by itself, so a wildcard stops at the next colon; the last part that a pattern has stands for all the rest. A
caller may do what any matching row allows. What follows the role's name in `assumed-role/ROLE/SESSION` the caller has
chosen freely: a row should name the role, and say `*` for the session.

Without a table everybody may do everything whom IAM lets in. The table looks at operations, never at the resources
they name; what a role given in `roleArn` may do is another matter, and whether the caller may pass it nobody checks.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from reco.errors import AccessDenied
from reco.wire.call import Call
from reco.wire.service_models import CONTROL, service_model

LONGEST = 2_000
"""Characters of the table as JSON text: a function's environment has 4 KB for all its settings."""


@dataclass(frozen=True)
class Row:
    """What the callers of one pattern may do."""

    callers: re.Pattern[str]
    operations: tuple[re.Pattern[str], ...]

    def allows(self, caller: str, operation: str) -> bool:
        return bool(self.callers.fullmatch(caller)) and any(each.fullmatch(operation) for each in self.operations)


@dataclass(frozen=True)
class Permissions:
    """The table of a deployment."""

    rows: tuple[Row, ...] | None = None
    """None leaves everything to IAM; an empty table allows nothing."""

    def refuse(self, call: Call) -> None:
        """Refuses a caller whom no row allows the operation.

        Raises:
            AccessDenied: names the caller and the operation.
        """
        if self.rows is None:
            return
        caller = call.caller_arn or ""
        if not any(row.allows(caller, call.operation) for row in self.rows):
            raise AccessDenied(
                f"User: {caller or 'anonymous'} is not authorized to perform: personalize:{call.operation}. "
                "The permissions of this deployment allow it to others."
            )


OPEN = Permissions()


def read_permissions(text: str) -> Permissions:
    """The table from its JSON text; the empty text is no table.

    Raises:
        ValueError: no such object, an operation that no pattern could mean, or a text that is too long.
    """
    if not text:
        return OPEN
    if len(text) > LONGEST:
        raise ValueError(f"must be at most {LONGEST} characters as JSON; it has {len(text)}")
    table = json.loads(text)
    if not isinstance(table, dict):
        raise ValueError('must be an object such as {"arn:aws:iam::*:user/ada": ["Describe*", "List*"]}')
    return Permissions(tuple(_row(callers, operations) for callers, operations in table.items()))


def _row(callers: str, operations: object) -> Row:
    if not isinstance(operations, list) or not all(isinstance(each, str) for each in operations):
        raise ValueError(f"{callers}: must have a list of operations")
    if not callers.startswith(("arn:", "*")):
        raise ValueError(f"{callers}: must be the pattern of an ARN, such as arn:aws:sts::*:assumed-role/analyst/*")
    known = service_model(CONTROL).operation_names
    patterns = tuple(_pattern(each) for each in operations)
    for text, pattern in zip(operations, patterns, strict=True):
        if not any(pattern.fullmatch(name) for name in known):
            raise ValueError(f"{callers}: no operation is called {text}")
    return Row(_pattern(callers), patterns)


def _pattern(text: str) -> re.Pattern[str]:
    """IAM's wildcards as a regular expression."""
    *parts, last = text.split(":", 5)
    return re.compile(":".join([*(_part(each, "[^:]") for each in parts), _part(last, ".")]), re.DOTALL)


def _part(text: str, one: str) -> str:
    """One part of an ARN, in which a `?` stands for `one`."""
    return "".join({"*": f"{one}*", "?": one}.get(each, re.escape(each)) for each in text)
