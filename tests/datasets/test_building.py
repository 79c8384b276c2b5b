"""Snapshots against a plain-Python account of what they should hold."""

import csv
import io
import json
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reco.artefact import open_artefact
from reco.datasets.building import build_snapshot, count_unique
from reco.datasets.scan import Scan, open_database
from reco.datasets.schemas import parse_schema
from reco.datasets.snapshot import CatalogueSnapshot, InteractionSnapshot, StringColumn
from reco.errors import CorruptArtefact
from tests.datasets.builders import INTERACTIONS, ITEMS, WIDE, schema_text


def build(folder: Path, schema, *contents, previous=None, threads=2):
    folder.mkdir(parents=True, exist_ok=True)
    with open_database(folder, threads=threads) as database:
        scan = Scan(database, parse_schema(schema), folder)
        for number, content in enumerate(contents):
            path = folder / f"{number}.csv"
            path.write_bytes(content)
            scan.add(path, path.name)
        built = build_snapshot(scan, schema, folder / "snapshot", previous=previous)
    artefact = open_artefact(built.folder, digest=built.digest, verify=True)
    of = InteractionSnapshot.of if parse_schema(schema).dataset_type == "INTERACTIONS" else CatalogueSnapshot.of
    return of(artefact)


def column_values(column):
    if isinstance(column, StringColumn):
        return column.strings()
    nulls = [0] * len(column.numbers) if column.nulls is None else column.nulls.tolist()
    return [None if null else number for number, null in zip(column.numbers.tolist(), nulls, strict=True)]


def table_of(snapshot):
    """Every row of a snapshot by column name, as Python values."""
    columns = {name: column_values(column) for name, column in snapshot.columns.items()}
    if isinstance(snapshot, InteractionSnapshot):
        columns["USER_ID"] = snapshot.users.strings(snapshot.user_rows().tolist())
        columns["ITEM_ID"] = snapshot.items.strings(snapshot.item_rows.tolist())
        columns["TIMESTAMP"] = snapshot.timestamps.tolist()
    else:
        columns["ITEM_ID"] = list(snapshot.ids)
    return [tuple(row) for row in zip(*(columns[name] for name in snapshot.schema.names), strict=True)]


def in_order(rows):
    """Interactions as a snapshot keeps them; Python's sort is stable, so equal ones stay in the input's order."""
    return sorted(rows, key=lambda row: (row[0].encode(), row[2], row[1].encode()))


def wide_csv(rows, order=None, **dialect):
    """The rows of WIDE as CSV; `order` permutes the columns."""
    names = parse_schema(WIDE).names
    order = order or range(len(names))
    text = io.StringIO()
    writer = csv.writer(text, **{"lineterminator": "\n", **dialect})
    header = io.StringIO()
    csv.writer(header, lineterminator=dialect.get("lineterminator", "\n")).writerow([names[place] for place in order])
    for row in rows:
        cells = ["" if cell is None else str(cell).lower() if isinstance(cell, bool) else cell for cell in row]
        writer.writerow([cells[place] for place in order])
    return (header.getvalue() + text.getvalue()).encode()


texts = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\\"), min_size=1, max_size=6)
float32 = st.floats(width=32, allow_nan=False, allow_infinity=False)
wide_rows = st.lists(
    st.tuples(
        st.sampled_from(["u", "ü", "U", "u,1", 'u"', "\U0001f600"]) | texts,
        st.sampled_from(["i", "i ", '"', "ı"]) | texts,
        st.integers(-5, 5) | st.integers(-(2**63), 2**63 - 1),
        st.none() | texts,
        st.none() | float32,
        texts,
        st.integers(-(2**31), 2**31 - 1),
        st.floats(allow_nan=False, allow_infinity=False),
        st.none() | st.booleans(),
    ),
    max_size=30,
)
dialects = st.builds(
    lambda end, escapes: {"lineterminator": end, **escapes},
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(
        [
            {"quoting": csv.QUOTE_MINIMAL},
            {"quoting": csv.QUOTE_NONNUMERIC},
            {"quoting": csv.QUOTE_ALL},
            # Within quotes only: without them a backslash is a plain character.
            {"quoting": csv.QUOTE_ALL, "doublequote": False, "escapechar": "\\"},
        ]
    ),
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=wide_rows, dialect=dialects, order=st.permutations(range(9)))
def test_a_table_is_the_same_snapshot_in_whatever_dialect_and_column_order(tmp_path, rows, dialect, order):
    plain = build(tmp_path / "plain", WIDE, wide_csv(rows))
    other = build(tmp_path / "other", WIDE, wide_csv(rows, order, **dialect), threads=1)
    assert other.artefact.digest == plain.artefact.digest
    assert table_of(plain) == in_order(rows)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=wide_rows, cut=st.integers(0, 30))
def test_appending_gives_what_one_import_of_both_gives(tmp_path, rows, cut):
    whole = build(tmp_path / "whole", WIDE, wide_csv(rows))
    first = build(tmp_path / "first", WIDE, wide_csv(rows[:cut]))
    both = build(tmp_path / "both", WIDE, wide_csv(rows[cut:]), previous=first)
    assert both.artefact.digest == whole.artefact.digest


def test_a_snapshot_of_interactions_is_by_user_time_item_and_place(tmp_path):
    content = b"USER_ID,ITEM_ID,TIMESTAMP\nb,y,2\na,z,5\nb,x,2\na,x,3\nb,x,1\n"
    snapshot = build(tmp_path, INTERACTIONS, content)
    assert (list(snapshot.users), list(snapshot.items)) == (["a", "b"], ["x", "y", "z"])
    assert snapshot.user_offsets.tolist() == [0, 2, 5]
    assert snapshot.item_rows.tolist() == [0, 2, 0, 0, 1]
    assert snapshot.timestamps.tolist() == [3, 5, 1, 2, 2]
    assert (snapshot.user_offsets.dtype, snapshot.item_rows.dtype, snapshot.timestamps.dtype) == (
        np.dtype("int64"), np.dtype("int32"), np.dtype("int64"),
    )  # fmt: skip


def test_many_users_come_out_in_byte_order(tmp_path, monkeypatch):
    monkeypatch.setattr("reco.datasets.building._PIECE_BITS", 5)
    rng = random.Random(0)
    ids = ["".join(rng.choices("abcäöü€😀", k=rng.randint(1, 9))) for _ in range(3000)]
    content = "USER_ID,ITEM_ID,TIMESTAMP\n" + "".join(f"{each},i,1\n" for each in ids)
    snapshot = build(tmp_path, INTERACTIONS, content.encode())
    assert list(snapshot.users) == sorted(set(ids), key=str.encode)


def test_the_last_record_of_an_item_stands_and_leaves_no_trace_of_the_others(tmp_path):
    header = b"ITEM_ID,PRICE,GENRES,STORY\n"
    snapshot = build(tmp_path, ITEMS, header + b"b,1,old,\na,2,x|y,\n", header + b'b,3,,"A ""story"", told"\nc,4,x,\n')
    assert table_of(snapshot) == [
        ("a", 2.0, "x|y", None),
        ("b", 3.0, None, 'A "story", told'),
        ("c", 4.0, "x", None),
    ]
    assert list(snapshot.columns["GENRES"].values) == ["x", "x|y"]


def test_appended_items_replace_those_of_the_same_id(tmp_path):
    header = b"ITEM_ID,PRICE,GENRES,STORY\n"
    first = build(tmp_path / "1", ITEMS, header + b"a,1,x,s\nb,2,,\n")
    second = build(tmp_path / "2", ITEMS, header + b"b,3,z,\nc,4,,\n", previous=first)
    assert table_of(second) == [("a", 1.0, "x", "s"), ("b", 3.0, "z", None), ("c", 4.0, None, None)]
    assert table_of(first) == [("a", 1.0, "x", "s"), ("b", 2.0, None, None)]


def test_a_column_that_is_new_is_null_in_the_rows_that_were_there(tmp_path):
    items = [{"name": "ITEM_ID", "type": "string"}, {"name": "PRICE", "type": "float"}]
    first = build(tmp_path / "1", schema_text("Items", *items), b"ITEM_ID,PRICE\na,1\n")
    more = [{"name": "GENRE", "type": ["null", "string"]}, {"name": "STOCK", "type": ["null", "int"]}]
    second = build(
        tmp_path / "2", schema_text("Items", *items, *more), b"ITEM_ID,PRICE,GENRE,STOCK\nb,2,x,3\n", previous=first
    )
    assert table_of(second) == [("a", 1.0, None, None), ("b", 2.0, "x", 3)]


def test_the_data_report_says_what_is_there(tmp_path):
    header = b"USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE,DEVICE,STEPS,SCORE,MEMBER\n"
    content = header + b"a,x,30,view,1.5,d,1,0,\na,x,10,view,,e,1,0,true\nb,x,20,,2.5,d,2,0,false\nb,y,20,buy,,d,3,0,\n"
    snapshot = build(tmp_path, WIDE, content)
    report = snapshot.artefact.attributes["data_report"]
    assert report["rows"] == snapshot.artefact.attributes["rows"] == 4
    assert (report["users"], report["items"], report["time_range"]) == (2, 2, [10, 30])
    assert report["events_by_type"] == {"view": 2, "": 1, "buy": 1}
    assert report["repeated_pair_share"] == 0.25
    assert report["columns"]["EVENT_VALUE"] == {"type": "float", "nulls": 2, "distinct": 2, "min": 1.5, "max": 2.5}
    assert report["columns"]["EVENT_TYPE"] == {"type": "string", "nulls": 1, "distinct": 2}
    assert report["columns"]["TIMESTAMP"] == {"type": "long", "nulls": 0, "distinct": 3, "min": 10, "max": 30}
    assert report["columns"]["MEMBER"] == {"type": "boolean", "nulls": 2, "distinct": 2, "min": 0, "max": 1}
    assert report["warnings"] == []
    assert json.loads(json.dumps(report)) == report


def test_times_in_milliseconds_earn_a_warning(tmp_path):
    snapshot = build(tmp_path, INTERACTIONS, b"USER_ID,ITEM_ID,TIMESTAMP\na,x,1700000000000\n")
    [warning] = snapshot.artefact.attributes["data_report"]["warnings"]
    assert warning.startswith("TIMESTAMP goes up to 1700000000000, which looks like milliseconds")


@pytest.mark.parametrize("enough", [1, 3, 10, 1000])
def test_unique_records_are_counted_as_far_as_needed(tmp_path, enough):
    rows = [f"u{row % 10},i,1\n" for row in range(100)]
    (tmp_path / "a.csv").write_text("USER_ID,ITEM_ID,TIMESTAMP\n" + "".join(rows) + "bad\n")
    with open_database(tmp_path) as database:
        scan = Scan(database, parse_schema(INTERACTIONS), tmp_path)
        scan.add(tmp_path / "a.csv", "a.csv")
        assert min(count_unique(scan, enough), enough) == min(10, enough)


def test_a_reader_refuses_a_snapshot_of_another_kind(tmp_path):
    items = build(tmp_path, ITEMS, b"ITEM_ID,PRICE,GENRES,STORY\na,1,x,s\n")
    with pytest.raises(CorruptArtefact, match="no snapshot of INTERACTIONS"):
        InteractionSnapshot.of(items.artefact)
