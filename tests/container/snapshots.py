"""Snapshots made from rows, without an import."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from reco.artefact import Artefact, Vocabulary, open_artefact, write_artefact
from reco.models.interactions import offsets_of

_RECORDS = {
    "INTERACTIONS": "Interactions",
    "ITEMS": "Items",
    "USERS": "Users",
    "ACTIONS": "Actions",
    "ACTION_INTERACTIONS": "ActionInteractions",
}
_IDS = {"ITEMS": "ITEM_ID", "USERS": "USER_ID", "ACTIONS": "ACTION_ID"}


def snapshot(
    folder: Path, dataset_type: str, fields: Mapping[str, Any], rows: Sequence[Sequence[Any]], **flags: str
) -> Artefact:
    """A snapshot as an import would write it.

    Args:
        fields: Avro type by column, in the order of the rows' cells.
        rows: None is null.
        flags: `categorical`, `textual` or `itemName` by column.
    """
    named = [
        {"name": name, "type": kind, **({flags[name]: True} if name in flags else {})} for name, kind in fields.items()
    ]
    schema = json.dumps({"type": "record", "name": _RECORDS[dataset_type], "fields": named})
    cells = {name: [row[place] for row in rows] for place, name in enumerate(fields)}
    arrays: dict[str, Any] = {}
    if dataset_type in _IDS:
        known_by = _IDS[dataset_type]
        ids, order = Vocabulary.index(cells[known_by])
        assert len(ids) == len(rows), "an id twice"
        place = np.argsort(order)
        arrays |= ids.arrays("ids")
        placed = [known_by]
    else:
        target = "ITEM_ID" if "ITEM_ID" in fields else "ACTION_ID"
        users, user_rows = Vocabulary.index(cells["USER_ID"])
        items, item_rows = Vocabulary.index(cells[target])
        times = np.array(cells["TIMESTAMP"], np.int64)
        place = np.lexsort((item_rows, times, user_rows))
        arrays |= users.arrays("users") | items.arrays("items")
        arrays |= {
            "user_offsets": offsets_of(np.bincount(user_rows, minlength=len(users))),
            "item_rows": item_rows[place],
            "timestamps": times[place],
        }
        placed = ["USER_ID", target, "TIMESTAMP"]
    for name, kind in fields.items():
        if name not in placed:
            arrays |= _column(name, kind, [cells[name][row] for row in place])
    attributes = {"dataset_type": dataset_type, "schema": schema, "rows": len(rows), "columns": [], "data_report": {}}
    digest = write_artefact(folder, kind="snapshot", arrays=arrays, attributes=attributes)
    return open_artefact(folder, digest=digest)


def _column(name: str, kind: Any, values: list[Any]) -> dict[str, Any]:
    nullable = isinstance(kind, list)
    plain = next(each for each in kind if each != "null") if nullable else kind
    if plain == "string":
        known = Vocabulary.from_strings(value for value in values if value is not None)
        codes = np.array([-1 if value is None else known.row(value) for value in values], np.int32)
        return {**known.arrays(f"{name}.values"), f"{name}.codes": codes}
    dtype = {"float": np.float64, "double": np.float64, "boolean": np.uint8}.get(plain, np.int64)
    arrays = {f"{name}.numbers": np.array([value or 0 for value in values], dtype)}
    if nullable:
        arrays[f"{name}.nulls"] = np.array([value is None for value in values], np.uint8)
    return arrays
