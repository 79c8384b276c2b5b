"""A caller's CSV files as snapshots on local disk, by the code that imports use; no server, no schema to write.

The schema is read off the header. Interactions have Personalize's columns; of items and users every other column
counts as metadata: numbers where all its cells are numbers, one column of texts or titles as text, others as
categories.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reco.artefact import Artefact, open_artefact
from reco.datasets.building import build_snapshot
from reco.datasets.lines import Lines
from reco.datasets.records import split_record
from reco.datasets.rejects import Tally, tally
from reco.datasets.scan import Scan, open_database
from reco.datasets.schemas import NAME_LIMIT, RULES, parse_schema
from reco.errors import UserFault

LOOKED_AT = 20_000
"""Lines by which a column's type is judged."""
WORDS_OF_TEXT = 8
"""Mean number of words from which on a column is text ..."""
WORDS_OF_NAMES = 2
"""... and where nearly every cell differs from all others, as titles do."""
REASONS_TOLD = 5
BAD_ROW_SHARE = 0.05
"""As imports have it by default."""


@dataclass(frozen=True)
class ReadFile:
    """One file's snapshot, and what is to be said about it."""

    snapshot: Artefact
    counted: Tally
    fields: tuple[str, ...]
    """Columns that were read, with what they were taken for."""
    remarks: list[str]
    """Sentences: what was rejected, what looks odd, what was not read."""


def read_csv(
    path: Path, dataset_type: str, workspace: Path, *, threads: int | None = None, say: Callable[[str], None]
) -> ReadFile:
    """Reads one file, gzip or not.

    Args:
        dataset_type: INTERACTIONS, ITEMS or USERS.
        workspace: an empty folder; the snapshot stays in it.
    Raises:
        UserFault: a column is missing, nothing is valid, or more than a twentieth is not.
    """
    workspace.mkdir(parents=True, exist_ok=True)
    schema_text, unread = _schema(path, dataset_type)
    say(f"reading {path.name}")
    with open_database(workspace, threads=threads) as database:
        scan = Scan(database, parse_schema(schema_text), workspace)
        scan.add(path, path.name)
        counted = tally(scan)
        _refuse(path.name, counted)
        built = build_snapshot(scan, schema_text, workspace / "snapshot")
    remarks = [f"{path.name}: {warning}" for warning in built.data_report["warnings"]]
    if counted.rejected:
        remarks.insert(
            0, f"{path.name}: {counted.rejected:,} of {counted.records:,} records rejected. {_why(counted)}."
        )
    if unread:
        remarks.append(f"{path.name}: not read: {', '.join(unread)}.")
    fields = tuple(f"{field['name']} ({_taken_for(field)})" for field in json.loads(schema_text)["fields"])
    return ReadFile(open_artefact(built.folder), counted, fields, remarks)


def _refuse(name: str, counted: Tally) -> None:
    if not counted.records:
        raise UserFault(f"{name} has a header and no records.")
    if not counted.accepted:
        raise UserFault(f"Not one of the {counted.records:,} records of {name} is valid. {_why(counted)}.")
    if counted.rejected > BAD_ROW_SHARE * counted.records:
        raise UserFault(
            f"{counted.rejected:,} of the {counted.records:,} records of {name} are not valid; an import takes at most "
            f"{BAD_ROW_SHARE:.0%} of such. {_why(counted)}."
        )


def _why(counted: Tally) -> str:
    reasons = [f"{reject} ({reject.records:,})" for reject in counted.rejects[:REASONS_TOLD]]
    more = len(counted.rejects) - len(reasons)
    return "; ".join(reasons) + (f"; and {more} further reasons" if more > 0 else "")


def _schema(path: Path, dataset_type: str) -> tuple[str, list[str]]:
    """A schema for the file, and the columns that it leaves out."""
    rules = RULES[dataset_type]
    lines = Lines(path, path.name)
    header = [name.strip() for name in split_record(lines.header.decode(errors="replace")) or []]
    fields: list[dict[str, Any]] = [{"name": name, "type": rule.types[0]} for name, rule in rules.required.items()]
    fields += [
        {"name": name, "type": [rule.types[0], "null"]} for name, rule in rules.reserved.items() if name in header
    ]
    known = {field["name"] for field in fields}
    others = [name for name in dict.fromkeys(header) if name not in known]
    if dataset_type == "INTERACTIONS":
        return _text(rules.record, fields), others
    plain = {name.replace("_", "").upper() for name in known}
    usable: list[str] = []
    for name in others:
        key = name.replace("_", "").upper()
        named = name.isascii() and name.isidentifier() and len(name) <= NAME_LIMIT
        if named and key not in plain and header.count(name) == 1 and len(usable) < rules.metadata_limit:
            usable.append(name)
            plain.add(key)
    fields += _metadata(lines, header, usable, texts=dataset_type == "ITEMS")
    if len(fields) == len(rules.required):
        raise UserFault(f"{path.name} has no column besides {', '.join(known)} that tells anything.")
    return _text(rules.record, fields), [name for name in others if name not in usable]


def _text(record: str, fields: list[dict[str, Any]]) -> str:
    return json.dumps({"type": "record", "name": record, "fields": fields})


def _metadata(lines: Lines, header: list[str], names: list[str], *, texts: bool) -> list[dict[str, Any]]:
    """Fields of the columns of these names, by what stands in their first cells."""
    cells: dict[str, list[str]] = {name: [] for name in names}
    places = {name: header.index(name) for name in names}
    for line in _first(lines):
        record = split_record(line, len(header))
        if record is not None and len(record) == len(header):
            for name, place in places.items():
                if record[place]:
                    cells[name].append(record[place])
    words = {name: sum(len(cell.split()) for cell in found) / max(len(found), 1) for name, found in cells.items()}
    numbers = {name for name in names if cells[name] and all(map(_is_number, cells[name]))}
    differ = {name for name, found in cells.items() if len(set(found)) > len(found) / 2}
    long = {
        name: count
        for name, count in words.items()
        if name not in numbers and count >= (WORDS_OF_NAMES if name in differ else WORDS_OF_TEXT)
    }
    text = max(long, key=lambda name: long[name]) if texts and long else None
    fields: list[dict[str, Any]] = []
    for name in names:
        if name in numbers:
            fields.append({"name": name, "type": ["double", "null"]})
        else:
            fields.append(
                {"name": name, "type": ["string", "null"], "textual" if name == text else "categorical": True}
            )
    return fields


def _first(lines: Lines) -> list[str]:
    found: list[str] = []
    for block in lines:
        found += block.decode(errors="replace").split("\n")
        if len(found) >= LOOKED_AT:
            break
    return found[:LOOKED_AT]


def _is_number(cell: str) -> bool:
    try:
        number = float(cell)
    except ValueError:
        return False
    return number - number == 0 and "_" not in cell


def _taken_for(field: dict[str, Any]) -> str:
    if field.get("textual"):
        return "text"
    if field.get("categorical"):
        return "categories"
    kind = field["type"][0] if isinstance(field["type"], list) else field["type"]
    return {"string": "id or name", "double": "numbers", "float": "numbers", "long": "whole numbers"}[kind]
