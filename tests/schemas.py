"""Schemas as callers of CreateSchema write them."""

from __future__ import annotations

import json
from typing import Any

Column = dict[str, Any]


def column(name: str, kind: str | list[str], **flags: bool) -> Column:
    """A field; `flags` are `categorical`, `textual` or `itemName`."""
    return {"name": name, "type": kind, **flags}


def schema_text(name: str, *columns: Column, **more: str) -> str:
    """The schema of a record such as "Interactions"; `more` are further members, such as `version`."""
    return json.dumps({"type": "record", "name": name, "fields": list(columns), **more})


PAIRS = (column("USER_ID", "string"), column("ITEM_ID", "string"), column("TIMESTAMP", "long"))
"""What all interactions have."""
EVENTS = (*PAIRS, column("EVENT_TYPE", "string"))
"""The same, and what kind of event it was."""
