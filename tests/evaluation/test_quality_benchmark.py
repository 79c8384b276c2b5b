"""`python -m benchmarks quality` from file to row, on small made-up files in the shape of the public ones."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks import quality
from benchmarks.quality_rows import Options, Row, Skipped
from benchmarks.quality_table import print_markdown, print_rows, verdict
from tests.models.builders import planted_tastes


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every set, of the same hundred users with planted tastes."""
    root = tmp_path_factory.mktemp("data")
    world, _ = planted_tastes(users=100)
    histories = [world.history(user)[0].tolist() for user in range(world.user_count)]

    def write(name: str, lines: list[str]) -> None:
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode()))

    events = [
        (user, item, 900_000 + user * 500 + place)
        for user, each in enumerate(histories)
        for place, item in enumerate(each)
    ]
    write("movielens-100k/u.data.gz", [f"{user + 1}\t{item + 1}\t5\t{time}" for user, item, time in events])
    write(
        "movielens-latest-small/ratings.csv.gz",
        ["userId,movieId,rating,timestamp", *(f"{user + 1},{item + 1},4.5,{time}" for user, item, time in events)],
    )
    write(
        "amazon-beauty-sequences/sequences.txt.gz",
        [f"{user} {' '.join(map(str, each))}" for user, each in enumerate(histories)],
    )
    baskets = {str(user): [each[:5], each[3:10], each[8:]] for user, each in enumerate(histories)}
    write("tafeng/baskets.json.gz", [json.dumps(baskets)])
    for part, chosen in (("train_full", range(80)), ("test", range(80, 100))):
        rows = [f"{user}\t{item}\t{time}.5" for user, item, time in events if user in chosen]
        write(f"yoochoose-100k/{part}.tsv.gz", ["SessionId\tItemId\tTime", *rows])
    write("diginetica-sessions/train.txt.gz", [" ".join(map(str, each)) for each in histories[:80]])
    write("diginetica-sessions/test.txt.gz", [f"{each[4]} | {' '.join(map(str, each[:4]))}" for each in histories[80:]])
    for part, span in (("train", slice(0, 12)), ("valid", slice(12, 15)), ("test", slice(15, 20))):
        write(
            f"gowalla/{part}.txt.gz",
            [f"{user} {' '.join(map(str, each[span]))}" for user, each in enumerate(histories)],
        )
        for name in ("citeulike", "amazon-beauty"):
            write(
                f"{name}/{part}.txt.gz",
                [f"{user} {item} 1" for user, each in enumerate(histories) for item in each[span]],
            )
    return root


@pytest.mark.parametrize("name", [name for name in quality.CASES if name != "item-cold"])
def test_every_case_gives_rows_with_intervals_and_baselines(folder: Path, name: str) -> None:
    options = Options(folder, folds=1, family="als", values={"hidden_dimension": 32}, threads=1)
    rows = [row for row in quality.CASES[name](options) if isinstance(row, Row)]
    assert rows
    for row in rows:
        assert row.work == name
        assert row.queries > 0
        assert row.low <= row.measured <= row.high
        assert row.also
    json.dumps([vars(row) for row in rows], allow_nan=False)


def test_the_same_seed_gives_the_same_rows(folder: Path) -> None:
    options = Options(folder, folds=2, family="popularity", threads=1)
    one, two = (
        [replace(row, fit_s=0, ask_s=0) for row in quality.measure(options, ("ml-100k",)) if isinstance(row, Row)]
        for _ in range(2)
    )
    assert one == two
    other = next(iter(quality.measure(replace(options, seed=5), ("ml-100k",))))
    assert isinstance(other, Row)
    assert other.measured != one[0].measured


def test_an_absent_set_is_a_row_that_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(quality.measure(Options(tmp_path), ("tafeng", "gowalla")))
    assert [type(row) for row in rows] == [Skipped, Skipped]
    print_rows(rows, as_json=False)
    assert "tafeng: skipped: tafeng/baskets.json.gz is not in the folder of data" in capsys.readouterr().out


def test_an_unknown_name_is_refused_with_the_names_that_are_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there are ml-100k"):
        list(quality.measure(Options(tmp_path), ("netflix",)))


def test_rows_print_as_a_table_and_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = Options(folder, folds=1, family="popularity", threads=1)
    rows = list(quality.measure(options, ("ml-100k",)))
    print_rows(rows, as_json=False)
    shown = capsys.readouterr().out
    assert "ndcg_at_25" in shown
    assert "seed 0" in shown
    print_markdown([*rows, Skipped("tafeng", "it is not there")])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| ml-100k", "| ml-100k", "| tafeng"]
    assert len({line.count("|") for line in lines}) == 1
    print_rows(rows, as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert {row["work"] for row in found} == {"ml-100k"}
    assert {row["verdict"] for row in found} <= {"aim reached", "bar reached", "below the bar"}


def test_a_verdict_is_where_the_measured_value_stands() -> None:
    row = Row("a", "b", "c", "d", 0.5, 0.4, 0.6, bar=0.5, aim=0.6)
    assert verdict(row) == "bar reached"
    assert verdict(replace(row, measured=0.6)) == "aim reached"
    assert verdict(replace(row, measured=np.nextafter(0.5, 0))) == "below the bar"
    assert verdict(replace(row, bar=None, aim=None)) == ""


def test_without_a_folder_every_row_is_skipped_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks import __main__ as commands

    monkeypatch.setattr(commands, "DATA", None)
    result = CliRunner().invoke(commands.benchmarks, ["quality"])
    assert result.exit_code == 0
    assert result.output.count("RECO_BENCHMARK_DATA names no folder of data sets") == len(quality.CASES)
    bad = CliRunner().invoke(commands.benchmarks, ["quality", "--set", "hidden_dimension=many"])
    assert bad.exit_code == 1
    assert "Error" in bad.output
