"""A caller's CSV files, read by DuckDB into one table of typed records, every fault noted beside its record.

Table `records`: a row for each line after a header, of all files in order, so that `rowid` is the line's place.
Columns f0, f1... are the schema's fields, `fault` is 0 for an accepted record (see `checks.py`), `cell` is the text at
fault. Lines that are no records at all are there too, as empty cells, and have their true fault in `line_faults`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from reco.datasets.checks import FAULTS_PER_FIELD, checks
from reco.datasets.lines import LINE_LIMIT, LineFaults, Lines, count_regular_lines, rewrite_lines
from reco.datasets.records import split_record
from reco.datasets.schemas import Schema
from reco.errors import AlgorithmFault, UserFault

CELL_LIMIT = 200
"""Characters of a faulty cell that are kept for the report."""


@dataclass(frozen=True)
class ScannedFile:
    """One file of the input."""

    name: str
    first: int
    """Place of its first line after the header in `records`."""
    lines: int
    """Lines after the header, empty ones too."""


def _printable(text: str) -> str:
    """The text with what a terminal or a log would act on, such as ESC, written as Python writes it."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)[:CELL_LIMIT]


@contextmanager
def open_database(workspace: Path, *, threads: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that spills into the workspace.

    Args:
        threads: as many as the machine has when None.
    """
    options: dict[str, str | bool | int | float | list[str]] = {
        "temp_directory": str(workspace / "spill"),
        # Nothing is ever fetched from the network, and nothing beyond the core is needed.
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if threads is not None:
        options["threads"] = threads
    connection = duckdb.connect(config=options)
    try:
        yield connection
    finally:
        connection.close()


class Scan:
    """The tables `records` and `line_faults`, filled file by file."""

    def __init__(self, database: duckdb.DuckDBPyConnection, schema: Schema, workspace: Path) -> None:
        self.database = database
        self.schema = schema
        self.files: list[ScannedFile] = []
        self._spool = workspace / "lines.csv"
        self._checks = checks(schema)
        columns = ", ".join(f"f{place} {check.sql_type}" for place, check in enumerate(self._checks))
        database.execute(f"CREATE TABLE records ({columns}, fault SMALLINT, cell VARCHAR)")
        database.execute("CREATE TABLE line_faults (place BIGINT, kind SMALLINT, content VARCHAR)")

    def add(self, path: Path, name: str) -> ScannedFile:
        """Scans one file, gzip or not. `name` is what messages and the report call it.

        Raises:
            UserFault: the file is empty, a column of the schema is missing, or a gzip is broken.
        """
        header = self._header(Lines(path, name))
        first = self._count_records()
        lines = count_regular_lines(Lines(path, name), len(header))
        # Most files are plain to the last cell: the first try stops at the first that is not.
        if lines is None or not any(self._load_regular(path, header, lines, hopeful) for hopeful in (True, False)):
            lines = self._load_rewritten(path, name, header)
        file = ScannedFile(name, first, lines)
        self.files.append(file)
        return file

    def _header(self, lines: Lines) -> list[str]:
        text = lines.header
        if not text and not any(True for _ in lines):
            raise UserFault(f"{lines.name} is empty.")
        if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise UserFault(f"{lines.name} is UTF-16. Save it as UTF-8.")
        shown = text[:CELL_LIMIT].decode(errors="replace")
        names = [name.strip() for name in split_record(text[:LINE_LIMIT].decode(errors="replace")) or []]
        missing = [name for name in self.schema.names if name not in names]
        if missing:
            raise UserFault(
                f"Input CSV is missing the following columns:[{', '.join(missing)}]. "
                f"The header of {lines.name} is: {_printable(shown)}"
            )
        twice = [name for name in self.schema.names if names.count(name) > 1]
        if twice:
            raise UserFault(f"Input CSV has more than one column of the name {', '.join(twice)}: {lines.name}.")
        return names

    def _load_regular(self, path: Path, header: list[str], lines: int, hopeful: bool) -> bool:
        """Lets DuckDB read the caller's own file; leaves nothing behind and returns False if it finds other lines."""
        first = self._count_records()
        self.database.execute("BEGIN")
        try:
            self._insert(path, header, header_line=True, hopeful=hopeful)
            done = self._count_records() - first == lines
        except duckdb.InvalidInputException:
            done = False
        self.database.execute("COMMIT" if done else "ROLLBACK")
        return done

    def _load_rewritten(self, path: Path, name: str, header: list[str]) -> int:
        first = self._count_records()
        try:
            with self._spool.open("wb") as target:
                lines, faults = rewrite_lines(Lines(path, name), len(header), target)
            self._insert(self._spool, header, header_line=False, hopeful=False)
        finally:
            self._spool.unlink(missing_ok=True)
        if self._count_records() - first != lines:
            raise AlgorithmFault(f"{name}: {lines} lines became {self._count_records() - first} records")
        self._insert_line_faults(faults, first)
        return lines

    def _insert(self, path: Path, header: list[str], *, header_line: bool, hopeful: bool) -> None:
        """Appends the file's lines to `records`.

        Raises:
            duckdb.InvalidInputException: the lines are not what DuckDB takes, or, when hopeful, a cell is not plain.
        """
        texts = ", ".join(f"'{_column(self.schema, name, place)}': 'VARCHAR'" for place, name in enumerate(header))
        source = (
            f"read_csv(?, auto_detect=false, header={header_line}, delim=',', quote='\"', escape='\"', "
            f"compression='none', max_line_size={2 * LINE_LIMIT}, columns={{{texts}}})"
        )
        values = ", ".join(f"f{place}" for place in range(len(self._checks)))
        typed = ", ".join(f"{check.typed} AS f{place}" for place, check in enumerate(self._checks))
        if hopeful:
            plain = " AND ".join(check.plain for check in self._checks)
            fault, cell = f"CASE WHEN {plain} THEN 0 ELSE error('not plain') END", "NULL"
        else:
            good = " AND ".join(check.good for check in self._checks)
            faults = " ".join(f"WHEN NOT coalesce({check.good}, false) THEN {check.fault}" for check in self._checks)
            fault = f"CASE WHEN {good} THEN 0 {faults} END"
            cells = " ".join(f"WHEN {place + 1} THEN c{place}" for place in range(len(self._checks)))
            cell = f"CASE WHEN fault > 0 THEN left(CASE fault // {FAULTS_PER_FIELD} {cells} END, {CELL_LIMIT}) END"
        # Every piece of this text is ours: the caller's names stay outside, as places.
        self.database.execute(
            f"INSERT INTO records SELECT {values}, fault, {cell} FROM "  # noqa: S608
            f"(SELECT *, ({fault})::SMALLINT AS fault FROM (SELECT *, {typed} FROM {source}))",
            [str(path)],
        )

    def _insert_line_faults(self, faults: LineFaults, first: int) -> None:
        if not faults.lines:
            return
        found = {
            "place": np.array(faults.lines, np.int64) + first,
            "kind": np.array(faults.kinds, np.int16),
            "content": np.array(faults.values + [None] * (len(faults.lines) - len(faults.values)), object),
        }
        self.database.register("found", found)
        self.database.execute("INSERT INTO line_faults SELECT place, kind, content FROM found")
        self.database.unregister("found")

    def _count_records(self) -> int:
        return int(self.database.execute("SELECT count(*) FROM records").fetchall()[0][0])


def _column(schema: Schema, name: str, place: int) -> str:
    """What a column of the file is called in SQL: c<place of its field>, or x<place> when the schema has no such."""
    return f"c{schema.names.index(name)}" if name in schema.names else f"x{place}"
