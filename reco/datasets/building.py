"""From scanned records, and the snapshot they are appended to, to a new snapshot on local disk.

All sorting and numbering is DuckDB's, which does it on every core and spills to disk; only finished arrays come out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from reco.artefact import Vocabulary, write_artefact
from reco.datasets.checks import checks
from reco.datasets.data_report import describe_data
from reco.datasets.scan import Scan
from reco.datasets.schemas import Schema
from reco.datasets.snapshot import IDS, KIND, PLACED, CatalogueSnapshot, InteractionSnapshot, StringColumn

_PIECE_BITS = 15
"""Strings come out of the database in pieces of 2 to this power, each piece one text (which may not reach 4 GB)."""


@dataclass(frozen=True)
class BuiltSnapshot:
    """A snapshot on local disk."""

    folder: Path
    digest: str
    rows: int
    data_report: dict[str, Any]


def count_unique(scan: Scan, enough: int) -> int:
    """Distinct accepted records of a scan; once there are `enough` the count may stop."""
    columns = ", ".join(_names(scan.schema))
    # The beginning nearly always has enough, at a small part of the price.
    for beginning in (f"AND rowid < {4 * enough}", ""):
        query = f"SELECT count(*) FROM (SELECT DISTINCT {columns} FROM records WHERE fault = 0 {beginning})"  # noqa: S608
        unique = int(scan.database.execute(query).fetchall()[0][0])
        if unique >= enough:
            break
    return unique


def build_snapshot(
    scan: Scan, schema_text: str, folder: Path, *, previous: InteractionSnapshot | CatalogueSnapshot | None = None
) -> BuiltSnapshot:
    """Writes the accepted records, after those of `previous`, as a snapshot.

    In a catalogue the last record of an id stands. A column that `previous` lacks is null in its rows.
    """
    schema, database = scan.schema, scan.database
    columns = ", ".join(_names(schema))
    rows = f"SELECT {columns}, 1 AS batch, rowid AS place FROM records WHERE fault = 0"  # noqa: S608
    if previous is not None:
        _load_earlier(database, schema, previous)
        rows += f" UNION ALL SELECT {columns}, 0 AS batch, rowid AS place FROM earlier"  # noqa: S608
    if schema.dataset_type in PLACED:
        database.execute(f"CREATE VIEW final AS {rows}")
        arrays = _interactions(database, schema)
    else:
        known_by = f"f{schema.names.index(IDS[schema.dataset_type])}"
        database.execute(
            f"CREATE TABLE final AS SELECT * FROM ({rows}) "  # noqa: S608
            f"QUALIFY row_number() OVER (PARTITION BY {known_by} ORDER BY batch DESC, place DESC) = 1"
        )
        arrays = _catalogue(database, schema)
    data_report = describe_data(schema, arrays)
    attributes = {
        "dataset_type": schema.dataset_type,
        "schema": schema_text,
        "rows": data_report["rows"],
        "columns": [asdict(field) for field in schema.fields],
        "data_report": data_report,
    }
    digest = write_artefact(folder, kind=KIND, arrays=arrays, attributes=attributes)
    return BuiltSnapshot(folder, digest, data_report["rows"], data_report)


def _interactions(database: duckdb.DuckDBPyConnection, schema: Schema) -> dict[str, NDArray[Any]]:
    placed = PLACED[schema.dataset_type]
    user, item, time = (schema.names.index(name) for name in placed)
    vocabularies = _number_strings(database, schema)
    found = _fetch(database, schema, order=[f"v{user}.code", f"f{time}", f"v{item}.code", "batch", "place"])
    users = vocabularies[user]
    per_user = np.bincount(found[f"code{user}"], minlength=len(users))
    offsets = np.zeros(len(users) + 1, np.int64)
    np.cumsum(per_user, out=offsets[1:])
    return {
        **users.arrays("users"),
        **vocabularies[item].arrays("items"),
        "user_offsets": offsets,
        "item_rows": found[f"code{item}"],
        "timestamps": found[f"number{time}"],
        **_column_arrays(schema, vocabularies, found, except_for=placed),
    }


def _catalogue(database: duckdb.DuckDBPyConnection, schema: Schema) -> dict[str, NDArray[Any]]:
    known_by = IDS[schema.dataset_type]
    place = schema.names.index(known_by)
    vocabularies = _number_strings(database, schema)
    found = _fetch(database, schema, order=[f"v{place}.code"])
    return {
        **vocabularies[place].arrays("ids"),
        **_column_arrays(schema, vocabularies, found, except_for=(known_by,)),
    }


def _number_strings(database: duckdb.DuckDBPyConnection, schema: Schema) -> dict[int, Vocabulary]:
    """For each string field a table v<place> (code, string), and the same as a vocabulary."""
    vocabularies = {}
    for place, field in enumerate(schema.fields):
        if field.type == "string":
            database.execute(
                f"CREATE TABLE v{place} AS SELECT (row_number() OVER (ORDER BY string) - 1)::INTEGER AS code, string "  # noqa: S608
                f"FROM (SELECT DISTINCT f{place} AS string FROM final WHERE f{place} IS NOT NULL)"
            )
            vocabularies[place] = _vocabulary(database, f"v{place}")
    return vocabularies


def _vocabulary(database: duckdb.DuckDBPyConnection, table: str) -> Vocabulary:
    pieces = database.execute(
        f"SELECT string_agg(string, '' ORDER BY code) FROM {table} "  # noqa: S608
        f"GROUP BY code >> {_PIECE_BITS} ORDER BY code >> {_PIECE_BITS}"
    ).fetchall()
    lengths = database.execute(f"SELECT strlen(string) AS bytes FROM {table} ORDER BY code").fetchnumpy()["bytes"]  # noqa: S608
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return Vocabulary(np.frombuffer(b"".join(piece.encode() for (piece,) in pieces), np.uint8), offsets)


def _fetch(database: duckdb.DuckDBPyConnection, schema: Schema, *, order: Sequence[str]) -> dict[str, NDArray[Any]]:
    """All columns of `final` in order: code<place> for strings, number<place> and null<place> for others."""
    selected, joins = [], []
    for place, check in enumerate(checks(schema)):
        if check.field.type == "string":
            selected.append(f"coalesce(v{place}.code, -1)::INTEGER AS code{place}")
            joins.append(f"{'LEFT' if check.field.nullable else ''} JOIN v{place} ON v{place}.string = f{place}")
        else:
            selected.append(f"coalesce(f{place}, 0)::{check.sql_type} AS number{place}")
            if check.field.nullable:
                selected.append(f"(f{place} IS NULL)::UTINYINT AS null{place}")
    query = f"SELECT {', '.join(selected)} FROM final {' '.join(joins)} ORDER BY {', '.join(order)}"  # noqa: S608
    return {name: np.ma.getdata(column) for name, column in database.execute(query).fetchnumpy().items()}


def _column_arrays(
    schema: Schema, vocabularies: dict[int, Vocabulary], found: dict[str, NDArray[Any]], *, except_for: Sequence[str]
) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {}
    for place, field in enumerate(schema.fields):
        if field.name in except_for:
            continue
        if field.type == "string":
            arrays |= vocabularies[place].arrays(f"{field.name}.values")
            arrays[f"{field.name}.codes"] = found[f"code{place}"]
        else:
            arrays[f"{field.name}.numbers"] = found[f"number{place}"]
            if field.nullable:
                arrays[f"{field.name}.nulls"] = found[f"null{place}"]
    return arrays


def _load_earlier(
    database: duckdb.DuckDBPyConnection, schema: Schema, previous: InteractionSnapshot | CatalogueSnapshot
) -> None:
    """Table `earlier`: the rows of a snapshot, typed as those of `records`, in its order."""
    found: dict[str, NDArray[Any]] = {"place": np.arange(previous.rows)}
    selected, joins = [], []
    for place, check in enumerate(checks(schema)):
        name, value = check.field.name, f"NULL::{check.sql_type}"
        strings = _earlier_strings(previous, name)
        if strings is not None:
            vocabulary, found[f"code{place}"] = strings
            _load_strings(database, f"e{place}", vocabulary)
            joins.append(f"LEFT JOIN e{place} ON e{place}.code = found.code{place}")
            value = f"e{place}.string"
        elif name == "TIMESTAMP" and isinstance(previous, InteractionSnapshot):
            found[f"number{place}"] = previous.timestamps
            value = f"number{place}"
        elif (column := previous.columns.get(name)) is not None and not isinstance(column, StringColumn):
            found[f"number{place}"], value = column.numbers, f"number{place}"
            if column.nulls is not None:
                found[f"null{place}"], value = column.nulls, f"CASE WHEN null{place} = 0 THEN number{place} END"
        selected.append(f"{value} AS f{place}")
    database.register("found", found)
    database.execute(
        f"CREATE TABLE earlier AS SELECT {', '.join(selected)} FROM found {' '.join(joins)} ORDER BY place"  # noqa: S608
    )
    database.unregister("found")


def _earlier_strings(
    previous: InteractionSnapshot | CatalogueSnapshot, name: str
) -> tuple[Vocabulary, NDArray[np.int32]] | None:
    """The vocabulary and codes of a string column, wherever the snapshot keeps them; None when it has none."""
    if isinstance(previous, InteractionSnapshot):
        if name == "USER_ID":
            return previous.users, previous.user_rows()
        if name == PLACED[previous.schema.dataset_type][1]:
            return previous.items, previous.item_rows
    elif name == IDS[previous.schema.dataset_type]:
        return previous.ids, np.arange(previous.rows, dtype=np.int32)
    column = previous.columns.get(name)
    return (column.values, column.codes) if isinstance(column, StringColumn) else None


def _load_strings(database: duckdb.DuckDBPyConnection, table: str, vocabulary: Vocabulary) -> None:
    strings = np.empty(len(vocabulary), object)
    strings[:] = list(vocabulary)
    database.register("strings", {"code": np.arange(len(vocabulary), dtype=np.int32), "string": strings})
    database.execute(f"CREATE TABLE {table} AS SELECT code, string::VARCHAR AS string FROM strings")  # noqa: S608
    database.unregister("strings")


def _names(schema: Schema) -> list[str]:
    return [f"f{place}" for place in range(len(schema.fields))]
