"""Schemas and small inputs that the tests of this room share."""

import csv
import gzip
import json
from pathlib import Path

from reco.datasets.rejects import REJECTS_FILE, tally, write_report
from reco.datasets.scan import Scan, open_database
from reco.datasets.schemas import parse_schema
from tests.schemas import PAIRS, schema_text

INTERACTIONS = schema_text("Interactions", *PAIRS)
WIDE = schema_text(
    "Interactions",
    *PAIRS,
    {"name": "EVENT_TYPE", "type": ["string", "null"]},
    {"name": "EVENT_VALUE", "type": ["null", "float"]},
    {"name": "DEVICE", "type": "string", "categorical": True},
    {"name": "STEPS", "type": "int"},
    {"name": "SCORE", "type": "double"},
    {"name": "MEMBER", "type": ["boolean", "null"]},
)
ITEMS = schema_text(
    "Items",
    {"name": "ITEM_ID", "type": "string"},
    {"name": "PRICE", "type": "float"},
    {"name": "GENRES", "type": ["string", "null"], "categorical": True},
    {"name": "STORY", "type": ["string", "null"], "textual": True},
)


def rows_of(scan):
    """The accepted records as tuples of Python values, in the input's order."""
    columns = ", ".join(f"f{place}" for place in range(len(scan.schema.fields)))
    found = scan.database.execute(f"SELECT {columns} FROM records WHERE fault = 0 ORDER BY rowid").fetchall()  # noqa: S608
    booleans = {place for place, field in enumerate(scan.schema.fields) if field.type == "boolean"}
    return [
        tuple(bool(cell) if place in booleans and cell is not None else cell for place, cell in enumerate(row))
        for row in found
    ]


class Scanned:
    """What a scan made of files given as bytes."""

    def __init__(self, folder: Path, schema, *contents: bytes):
        folder.mkdir(parents=True, exist_ok=True)
        with open_database(folder, threads=2) as database:
            scan = Scan(database, parse_schema(schema), folder)
            for number, content in enumerate(contents, start=1):
                path = folder / f"{number}.csv"
                path.write_bytes(content)
                scan.add(path, path.name)
            self.tally = tally(scan)
            self.rows = rows_of(scan)
            write_report(scan, self.tally, folder)
        self.report = json.loads((folder / "report.json").read_text())
        with gzip.open(folder / REJECTS_FILE, "rt", encoding="utf-8", newline="") as file:
            self.rejects = list(csv.DictReader(file))

    @property
    def reasons(self):
        return [(int(each["line"]), each["column"], each["reason"]) for each in self.rejects]
