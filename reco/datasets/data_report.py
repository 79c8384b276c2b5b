"""What is in a snapshot, in numbers a person can check at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.artefact import Vocabulary
from reco.datasets.schemas import Field, Schema
from reco.datasets.snapshot import IDS, PLACED

EVENT_TYPES_SHOWN = 100
_MILLISECONDS = 100_000_000_000
"""As seconds this is the year 5138: a later time was surely meant in milliseconds."""


def describe_data(schema: Schema, arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    """The data report of a snapshot's arrays, as JSON values.

    Always: rows, columns (per column type, nulls, distinct values, and for numbers min and max), warnings. For
    INTERACTIONS and ACTION_INTERACTIONS also users, items (or actions), time_range (seconds since the epoch),
    repeated_pair_share (the share of rows whose user has an earlier row with the same item or action) and, with an
    EVENT_TYPE column, events_by_type.
    """
    columns = {
        field.name: {"type": field.type, **_describe_column(field, arrays)}
        for field in schema.fields
        if f"{field.name}.codes" in arrays or f"{field.name}.numbers" in arrays
    }
    if schema.dataset_type not in PLACED:
        rows = len(arrays["ids.offsets"]) - 1
        ids = {IDS[schema.dataset_type]: {"type": "string", "nulls": 0, "distinct": rows}}
        return {"rows": rows, "columns": ids | columns, "warnings": _warnings(schema, columns)}
    items, times = arrays["item_rows"], arrays["timestamps"]
    user_count, item_count = len(arrays["users.offsets"]) - 1, len(arrays["items.offsets"]) - 1
    users = np.repeat(np.arange(user_count), np.diff(arrays["user_offsets"]))
    rows = len(items)
    pairs = _count_distinct(users * item_count + items)
    placed = {
        "USER_ID": {"type": "string", "nulls": 0, "distinct": user_count},
        PLACED[schema.dataset_type][1]: {"type": "string", "nulls": 0, "distinct": item_count},
        "TIMESTAMP": {"type": "long", **_describe_numbers(times, None)},
    }
    report: dict[str, Any] = {
        "rows": rows,
        "users": user_count,
        "items" if schema.dataset_type == "INTERACTIONS" else "actions": item_count,
        "time_range": [int(times.min()), int(times.max())] if rows else None,
        "repeated_pair_share": round((rows - pairs) / rows, 6) if rows else 0.0,
        "columns": placed | columns,
        "warnings": _warnings(schema, placed | columns),
    }
    if "EVENT_TYPE.codes" in arrays:
        report["events_by_type"] = _events_by_type(arrays)
    return report


def _describe_column(field: Field, arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    if field.type != "string":
        return _describe_numbers(arrays[f"{field.name}.numbers"], arrays.get(f"{field.name}.nulls"))
    codes = arrays[f"{field.name}.codes"]
    return {"nulls": int(np.count_nonzero(codes < 0)), "distinct": len(arrays[f"{field.name}.values.offsets"]) - 1}


def _describe_numbers(numbers: NDArray[Any], nulls: NDArray[np.uint8] | None) -> dict[str, Any]:
    known = numbers if nulls is None else numbers[nulls == 0]
    described: dict[str, Any] = {"nulls": len(numbers) - len(known), "distinct": _count_distinct(known)}
    if len(known):
        described |= {"min": known.min().item(), "max": known.max().item()}
    return described


def _count_distinct(numbers: NDArray[Any]) -> int:
    # Not np.unique: numbers are ordered in place here, and no second copy is made.
    ordered = np.sort(numbers)
    return int(np.count_nonzero(ordered[1:] != ordered[:-1])) + 1 if len(ordered) else 0


def _events_by_type(arrays: Mapping[str, NDArray[Any]]) -> dict[str, int]:
    """Rows per event type, the most frequent first; "" stands for null."""
    codes = arrays["EVENT_TYPE.codes"]
    values = Vocabulary(arrays["EVENT_TYPE.values.bytes"], arrays["EVENT_TYPE.values.offsets"])
    counts = np.bincount(codes + 1, minlength=len(values) + 1)
    frequent = np.argsort(-counts, kind="stable")[:EVENT_TYPES_SHOWN].tolist()
    return {values[row - 1] if row else "": int(counts[row]) for row in frequent if counts[row]}


def _warnings(schema: Schema, columns: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What is allowed and yet probably not meant."""
    return [
        f"{name} goes up to {columns[name]['max']}, which looks like milliseconds; it is read as seconds."
        for name in ("TIMESTAMP", "CREATION_TIMESTAMP", "EXPIRATION_TIMESTAMP", "ACTION_EXPIRATION_TIMESTAMP")
        if name in columns and columns[name].get("max", 0) > _MILLISECONDS
    ]
