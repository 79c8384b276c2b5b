"""The two DynamoDB tables, as data: the stack makes them from this, tests and adapters read it.

Both have a string partition key `pk` and a string sort key `sk`; neither has an index (docs/adr/0002).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """One table: what it is called in the template, and which attribute expires items, if any."""

    logical_name: str
    ttl_attribute: str | None = None


PARTITION_KEY = "pk"
SORT_KEY = "sk"

RESOURCES = Table("Resources")
EVENTS = Table("Events", ttl_attribute="expires_at")
