"""The report of an import: every rejected record counted by reason, the first hundred thousand in full.

Two files: `rejects.csv.gz` with a line for each rejected record (file, record, line, column, reason, value), in the
input's order, and `report.json` with the counts. A record is a line that is not empty, after the header; records count
from 1, lines as an editor counts them.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from reco.datasets.checks import FAULTS_PER_FIELD, reason
from reco.datasets.lines import EMPTY_LINE, LINE_REASONS
from reco.datasets.scan import Scan

REJECTS_FILE = "rejects.csv.gz"
REPORT_FILE = "report.json"
SHOWN = 100_000
"""Rejected records that are listed; all are counted."""

_FAULTY = """
    SELECT faulty.place, coalesce(kind, fault) AS fault, coalesce(content, cell, '') AS value
    FROM (SELECT rowid AS place, fault, cell FROM records WHERE fault > 0) faulty
    LEFT JOIN line_faults ON line_faults.place = faulty.place
"""


@dataclass(frozen=True)
class Reject:
    """How many records one column (empty: the whole line) lost for one reason."""

    column: str
    reason: str
    records: int

    def __str__(self) -> str:
        return f"{self.column}: {self.reason}" if self.column else self.reason


@dataclass(frozen=True)
class Tally:
    """How an import's records fared: accepted + rejected = records."""

    records: int
    accepted: int
    rejects: tuple[Reject, ...]
    """The most frequent first."""

    @property
    def rejected(self) -> int:
        return self.records - self.accepted

    @property
    def by_reason(self) -> dict[str, int]:
        return {str(reject): reject.records for reject in self.rejects}


def tally(scan: Scan) -> Tally:
    """Counts what was scanned."""
    [(accepted,)] = scan.database.execute("SELECT count(*) FROM records WHERE fault = 0").fetchall()
    counts = scan.database.execute(
        f"SELECT fault, count(*) FROM ({_FAULTY}) GROUP BY fault ORDER BY count(*) DESC, fault"  # noqa: S608
    ).fetchall()
    rejects = tuple(Reject(*_column_and_reason(scan, fault), count) for fault, count in counts if fault != EMPTY_LINE)
    return Tally(accepted + sum(reject.records for reject in rejects), accepted, rejects)


def write_report(scan: Scan, tally: Tally, folder: Path, **more: Any) -> None:
    """Writes both files; the same input gives the same bytes.

    Args:
        more: further members of report.json.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / REJECTS_FILE).open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as zipped:
        writer = csv.writer(io.TextIOWrapper(zipped, encoding="utf-8", newline="", write_through=True))
        writer.writerow(["file", "record", "line", "column", "reason", "value"])
        writer.writerows(_listed(scan))
    report = {
        "records": tally.records,
        "accepted": tally.accepted,
        "rejected": tally.rejected,
        "rejected_listed": min(tally.rejected, SHOWN),
        "rejected_by_reason": tally.by_reason,
        "files": [{"name": file.name, "lines": file.lines} for file in scan.files],
        **more,
    }
    (folder / REPORT_FILE).write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")


def _listed(scan: Scan) -> list[tuple[str, int, int, str, str, str]]:
    """The rejected records to show, in the input's order."""
    rows = scan.database.execute(
        f"SELECT * FROM ({_FAULTY}) WHERE fault <> {EMPTY_LINE} ORDER BY place LIMIT {SHOWN}"  # noqa: S608
    ).fetchall()
    empty = scan.database.execute(
        f"SELECT place FROM line_faults WHERE kind = {EMPTY_LINE} ORDER BY place"  # noqa: S608
    ).fetchnumpy()["place"]
    firsts = np.array([file.first for file in scan.files])
    places = np.array([place for place, _, _ in rows], np.int64)
    files = np.searchsorted(firsts, places, side="right") - 1
    # Files without lines begin where the next one begins; the last of those that begin there holds the line.
    empty_before = np.searchsorted(empty, places) - np.searchsorted(empty, firsts[files])
    listed = []
    for (place, fault, value), file, skipped in zip(rows, files.tolist(), empty_before.tolist(), strict=True):
        line = place - scan.files[file].first
        column, why = _column_and_reason(scan, fault)
        listed.append((scan.files[file].name, line - skipped + 1, line + 2, column, why, value))
    return listed


def _column_and_reason(scan: Scan, fault: int) -> tuple[str, str]:
    return reason(scan.schema, fault) if fault >= FAULTS_PER_FIELD else ("", LINE_REASONS.get(fault, "empty line"))
