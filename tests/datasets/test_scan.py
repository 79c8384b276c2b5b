import gzip
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reco.datasets import lines as lines_module
from reco.datasets.schemas import parse_schema
from reco.errors import UserFault
from tests.datasets.builders import INTERACTIONS, ITEMS, WIDE, Scanned
from tests.datasets.reference import read

HEADER = b"USER_ID,ITEM_ID,TIMESTAMP\n"
GOOD = [("u1", "i1", 1), ("u2", "i2", 2), ("u3", "i3", 3)]


def scan(folder, *contents, schema=INTERACTIONS):
    return Scanned(folder, schema, *contents)


def agrees(folder, content, schema=INTERACTIONS):
    """The scan of one file, after a check that the slow reader says the same of every record."""
    fast, slow = scan(folder, content, schema=schema), read(content, parse_schema(schema))
    assert fast.rows == slow.accepted
    found = [(int(each["record"]), int(each["line"]), each["column"], each["reason"]) for each in fast.rejects]
    assert found == slow.rejected
    assert fast.tally.records == fast.tally.accepted + fast.tally.rejected
    assert fast.tally.accepted == len(slow.accepted)
    return fast


@pytest.mark.parametrize(
    "content",
    [
        HEADER + b"u1,i1,1\nu2,i2,2\nu3,i3,3\n",
        HEADER + b"u1,i1,1\nu2,i2,2\nu3,i3,3",
        b"\xef\xbb\xbf" + HEADER + b"u1,i1,1\nu2,i2,2\nu3,i3,3\n",
        b"USER_ID,ITEM_ID,TIMESTAMP\r\nu1,i1,1\r\nu2,i2,2\r\nu3,i3,3\r\n",
        b"USER_ID,ITEM_ID,TIMESTAMP\ru1,i1,1\ru2,i2,2\ru3,i3,3\r",
        HEADER + b"u1,i1,1\r\nu2,i2,2\nu3,i3,3\r\n",
        HEADER + b"\n\nu1,i1,1\n\nu2,i2,2\nu3,i3,3\n\n\n",
        HEADER + b'"u1","i1",1\n"u2",i2,"2"\nu3,"i3",3\n',
        b'"USER_ID","ITEM_ID","TIMESTAMP"\nu1,i1,1\nu2,i2,2\nu3,i3,3\n',
        b" USER_ID, ITEM_ID, TIMESTAMP\nu1,i1,1\nu2,i2,2\nu3,i3,3\n",
        b"TIMESTAMP,USER_ID,ITEM_ID\n1,u1,i1\n2,u2,i2\n3,u3,i3\n",
        b"A,TIMESTAMP,B,USER_ID,ITEM_ID,B\nx,1,,u1,i1,\n,2,,u2,i2,y\n,3,z,u3,i3,\n",
        gzip.compress(HEADER + b"u1,i1,1\nu2,i2,2\nu3,i3,3\n", mtime=0),
        gzip.compress(HEADER + b"u1,i1,1\n", mtime=0) + gzip.compress(b"u2,i2,2\nu3,i3,3\n", mtime=0),
        HEADER + b"u1,i1,+1\nu2,i2,002\nu3,i3,3\n",
    ],
    ids=[
        "plain", "no last line end", "byte-order mark", "CRLF", "CR", "mixed line ends", "empty lines", "quoted",
        "quoted header", "spaces in the header", "other order", "further columns", "gzip", "gzip in two members",
        "signs and zeros",
    ],
)  # fmt: skip
def test_one_table_written_in_many_ways_reads_the_same(tmp_path, content):
    found = scan(tmp_path, content)
    assert found.rows == GOOD
    assert found.tally.rejected == 0


def test_files_of_one_folder_are_read_one_after_another_each_by_its_own_header(tmp_path):
    found = scan(
        tmp_path, HEADER + b"u1,i1,1\n", b"ITEM_ID,USER_ID,TIMESTAMP\ni2,u2,2\nx\n", HEADER, HEADER + b"u3,i3,3\ny\n"
    )
    assert found.rows == GOOD
    assert [(each["file"], each["record"], each["line"]) for each in found.rejects] == [
        ("2.csv", "2", "3"),
        ("4.csv", "2", "3"),
    ]


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        (b"u9,i9", "", "wrong number of columns"),
        (b"u9,i9,9,9", "", "wrong number of columns"),
        (b"u9,i9,9,", "", "wrong number of columns"),
        (b"   ", "", "wrong number of columns"),
        (b'u9,"i9,9', "", "malformed quotes"),
        (b'"u9"x,i9,9', "", "malformed quotes"),
        (b'u9,"i9" ,9', "", "malformed quotes"),
        (b"u9,i\xff9,9", "", "not UTF-8"),
        (b"u9,i\0009,9", "", "zero byte"),
        (b'\0\xff"', "", "zero byte"),
        (b",i9,9", "USER_ID", "empty, but the schema does not allow null"),
        (b'u9,"",9', "ITEM_ID", "empty, but the schema does not allow null"),
        (b"u9,i9,", "TIMESTAMP", "empty, but the schema does not allow null"),
        (b",,", "USER_ID", "empty, but the schema does not allow null"),
        (b"u9,i9, 9", "TIMESTAMP", "not a whole number"),
        (b"u9,i9,9 ", "TIMESTAMP", "not a whole number"),
        (b"u9,i9,9.0", "TIMESTAMP", "not a whole number"),
        (b"u9,i9,9e3", "TIMESTAMP", "not a whole number"),
        (b"u9,i9,0x9", "TIMESTAMP", "not a whole number"),
        (b"u9,i9,9_000", "TIMESTAMP", "not a whole number"),
        (b"u9,i9,2020-01-01", "TIMESTAMP", "not a whole number"),
        ("u9,i9,٩".encode(), "TIMESTAMP", "not a whole number"),
        (b"u9,i9,9223372036854775808", "TIMESTAMP", "out of range for long"),
        (b"u" * 257 + b",i9,9", "USER_ID", "Length cannot be more than 256 characters for USER_ID"),
        ("é".encode() * 257 + b",i9,9", "USER_ID", "Length cannot be more than 256 characters for USER_ID"),
    ],
)
def test_a_bad_line_costs_itself_and_no_other(tmp_path, line, column, reason):
    for number, content in enumerate((b"u1,i1,1\n%b\nu2,i2,2\nu3,i3,3\n", b'"u1",i1,1\n%b\nu2,"i2",2\nu3,i3,3')):
        found = agrees(tmp_path / str(number), HEADER + content % line)
        assert found.rows == GOOD
        assert found.reasons == [(3, column, reason)]


def test_an_id_of_the_limit_in_characters_passes_though_its_bytes_are_more(tmp_path):
    assert scan(tmp_path, HEADER + "é".encode() * 256 + b",i1,1\n").rows == [("é" * 256, "i1", 1)]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (rb'"a \"b\" c"', 'a "b" c'),
        (rb'"a ""b"" c"', 'a "b" c'),
        (rb'"a, b"', "a, b"),
        (rb'"a\\b"', r"a\b"),
        (rb'"a\b"', r"a\b"),
        (rb'"C:\"', "C:\\"),
        (rb"a\b", r"a\b"),
        (rb'5" pipe', '5" pipe'),
        (rb' "a"', ' "a"'),
        (rb'""""', '"'),
        (rb'"\""', '"'),
        (rb" a ", " a "),
        (b"NULL", "NULL"),
        (b"#a", "#a"),
    ],
)
def test_both_kinds_of_escape_and_odd_but_plain_cells_are_read(tmp_path, cell, value):
    assert agrees(tmp_path, HEADER + b"u1," + cell + b",1\n").rows == [("u1", value, 1)]


def test_both_kinds_of_escape_may_be_in_one_file(tmp_path):
    content = HEADER + rb'"u \"1\"","i ""1""",1' + b"\n" + rb'u2,"C:\",2' + b"\n" + b'u3,"i,3",3\n'
    assert agrees(tmp_path, content).rows == [('u "1"', 'i "1"', 1), ("u2", "C:\\", 2), ("u3", "i,3", 3)]


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        (b",,d,1,1,yes", "MEMBER", "neither true nor false"),
        (b",,d,1,1,TRUE", "MEMBER", "neither true nor false"),
        (b",,d,1,1,1", "MEMBER", "neither true nor false"),
        (b",,d,1,nan,", "SCORE", "not a number"),
        (b",,d,1,inf,", "SCORE", "not a number"),
        (b",,d,1,1e999,", "SCORE", "out of range for double"),
        (b",,d,1, 1,", "SCORE", "not a number"),
        (b",,d,1,1_0,", "SCORE", "not a number"),
        (b",,d,1,,", "SCORE", "empty, but the schema does not allow null"),
        (b",1e39,d,1,1,", "EVENT_VALUE", "out of range for float"),
        (b",,d,2147483648,1,", "STEPS", "out of range for int"),
        (b",,d,-2147483649,1,", "STEPS", "out of range for int"),
        (b",,d,99999999999999999999,1,", "STEPS", "out of range for int"),
        (b",," + b"d" * 1001 + b",1,1,", "DEVICE", "Length cannot be more than 1000 characters for DEVICE"),
        (b",,,1,1,", "DEVICE", "empty, but the schema does not allow null"),
        (b"e" * 1001 + b",,d,1,1,", "EVENT_TYPE", "Length cannot be more than 1000 characters for EVENT_TYPE"),
    ],
)
def test_every_type_has_its_own_reasons(tmp_path, cells, column, reason):
    header = b"USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE,DEVICE,STEPS,SCORE,MEMBER\n"
    good = b"u1,i1,1,,,d,1,1,\nu1,i1,1,view,-.5,d|e,-2147483648,1e5,true\nu1,i1,1,view,5.,d,2147483647,-0.1,false\n"
    found = agrees(tmp_path, header + good + b"u9,i9,9," + cells + b"\n", schema=WIDE)
    assert len(found.rows) == 3
    assert found.reasons == [(5, column, reason)]


def test_only_the_first_fault_of_a_record_is_counted(tmp_path):
    found = scan(tmp_path, HEADER + b",,x\nu1,i1,1\n")
    assert found.tally.by_reason == {"USER_ID: empty, but the schema does not allow null": 1}


def test_a_text_over_its_limit_is_cut_and_not_refused(tmp_path):
    content = b"ITEM_ID,PRICE,GENRES,STORY\ni1,1.5,," + "é".encode() * 20_001 + b"\n"
    assert scan(tmp_path, content, schema=ITEMS).rows == [("i1", 1.5, None, "é" * 20_000)]


def test_a_line_over_the_limit_is_one_reject(tmp_path):
    long = b"x" * (lines_module.LINE_LIMIT * 3)
    found = scan(tmp_path, HEADER + b"u1,i1,1\n" + long + b",i,1\nu2,i2,2\n" + long)
    assert found.rows == GOOD[:2]
    assert [each["reason"] for each in found.rejects] == ["line longer than 1048576 bytes"] * 2
    assert [len(each["value"]) for each in found.rejects] == [200, 200]


def test_missing_columns_fail_by_name_and_the_header_is_shown(tmp_path):
    with pytest.raises(UserFault) as caught:
        scan(tmp_path, b"USER,ITEM_ID,time\nu1,i1,1\n")
    assert caught.value.message == (
        "Input CSV is missing the following columns:[USER_ID, TIMESTAMP]. The header of 1.csv is: USER,ITEM_ID,time"
    )


def test_a_header_of_control_characters_is_shown_escaped_and_clipped(tmp_path):
    with pytest.raises(UserFault) as caught:
        scan(tmp_path, b"\x1b[31mred\x00\t" + "é\u202e".encode() + b"\x07" * 500 + b"\nu1,i1,1\n")
    shown = caught.value.message.partition("The header of 1.csv is: ")[2]
    assert shown.startswith(r"\x1b[31mred\x00\té\u202e\x07\x07")
    assert shown.isprintable() and len(shown) <= 200


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "1.csv is empty."),
        (gzip.compress(b"", mtime=0), "1.csv is empty."),
        (HEADER.decode().encode("utf-16"), "1.csv is UTF-16. Save it as UTF-8."),
        (HEADER[:-1] + b",USER_ID\n", "more than one column of the name USER_ID"),
        (HEADER.lower() + b"u1,i1,1\n", r"missing the following columns:\[USER_ID, ITEM_ID, TIMESTAMP\]"),
        (gzip.compress(HEADER + random.Random(0).randbytes(50_000), mtime=0)[:-20_000], "not a whole gzip file"),
        (gzip.compress(HEADER + b"u1,i1,1\n", mtime=0)[:-8] + b"\0" * 8, "not a whole gzip file"),
        (b"\x1f\x8bnot at all", "not a whole gzip file"),
        (random.Random(1).randbytes(1_000_000), "missing the following columns"),
    ],
)
def test_a_file_that_cannot_be_what_it_should_fails_as_a_whole(tmp_path, content, message):
    with pytest.raises(UserFault, match=message):
        scan(tmp_path, content)


def test_a_header_alone_has_no_records(tmp_path):
    for number, content in enumerate((HEADER, HEADER[:-1], HEADER + b"\n\n")):
        found = scan(tmp_path / str(number), content)
        assert (found.tally.records, found.tally.accepted) == (0, 0)


def test_garbage_after_a_header_is_rejected_line_by_line(tmp_path):
    found = agrees(tmp_path, HEADER + random.Random(2).randbytes(1_000_000) + b"\nu1,i1,1\n")
    assert found.rows == GOOD[:1]
    assert found.tally.rejected > 1000


def test_thirty_thousand_bad_records_are_all_counted(tmp_path):
    found = scan(tmp_path, HEADER + b"".join(b"u%d,i,never\n" % row for row in range(30_000)) + b"u1,i1,1\n")
    assert found.rows == GOOD[:1]
    assert found.tally.by_reason == {"TIMESTAMP: not a whole number": 30_000}
    assert len(found.rejects) == found.report["rejected_listed"] == 30_000
    assert found.rejects[-1] == {
        "file": "1.csv", "record": "30000", "line": "30001", "column": "TIMESTAMP", "reason": "not a whole number",
        "value": "never",
    }  # fmt: skip


def test_the_report_lists_no_more_than_it_says_and_counts_all(tmp_path, monkeypatch):
    monkeypatch.setattr("reco.datasets.rejects.SHOWN", 10)
    found = scan(tmp_path, HEADER + b"u1,i1,x\n" * 25)
    assert (len(found.rejects), found.report["rejected_listed"], found.report["rejected"]) == (10, 10, 25)


def test_empty_lines_are_in_no_count_but_in_line_numbers(tmp_path):
    found = agrees(tmp_path, HEADER + b"\n\nu1,i1,1\n\nu2,i2,x\n")
    assert [(each["record"], each["line"]) for each in found.rejects] == [("2", "6")]


@pytest.mark.parametrize("block", [1, 7, 64])
def test_blocks_may_end_anywhere(tmp_path, monkeypatch, block):
    monkeypatch.setattr(lines_module, "BLOCK", block)
    agrees(tmp_path, HEADER + b'u1,i1,1\r\n"u,2",i2,2\r\r\nu3,"i""3",3\n\xff\n"x\n' + "ü,i,4".encode())


snippets = st.lists(
    st.sampled_from([b"u1", b"1", b"12", b" 5", b"1.0", b",", b",", b",", b"\n", b"\n", b"\r\n", b"\r", b'"', b'""',
                     b"\\", b"\\\\", b"\xff", b"\0", "é".encode(), b"u1,i1,1\n", b'"u1","i1",1\n', b'"a,b",c,2\n']),
    max_size=40,
)  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=snippets, block=st.sampled_from([3, 1 << 20]))
def test_whatever_follows_the_header_the_slow_reader_says_the_same(tmp_path, monkeypatch, pieces, block):
    monkeypatch.setattr(lines_module, "BLOCK", block)
    agrees(tmp_path, HEADER + b"".join(pieces))


wide_cells = st.sampled_from([b"", b"0", b"-1", b"+7", b"1.5", b"1e3", b"true", b"false", b"x", b"2147483648",
                              b"9223372036854775807", b"1e39", b"nan", b" 1", "ö".encode()])  # fmt: skip


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(wide_cells, min_size=9, max_size=9), max_size=40))
def test_whatever_the_cells_the_slow_reader_says_the_same(tmp_path, rows):
    header = b"USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE,DEVICE,STEPS,SCORE,MEMBER\n"
    agrees(tmp_path, header + b"".join(b",".join(row) + b"\n" for row in rows), schema=WIDE)
