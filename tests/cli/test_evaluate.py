"""`reco evaluate`: files in, a report out; bad files are told in plain words, and nothing is left behind."""

from __future__ import annotations

import gzip
import json
import re
import tempfile
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from reco.cli.main import main
from reco.evaluation.metrics import METRICS
from tests.models.builders import planted_tastes

HEADER = "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE"
SECONDS = 1_600_000_000


def rows_of(users: int = 120, *, kind: str = "click", seed: int = 0) -> list[str]:
    world, _ = planted_tastes(seed, users=users)
    return [
        f"user-{user:04d},item-{item:03d},{SECONDS + user * 1000 + place},{kind},1.0"
        for user in range(world.user_count)
        for place, item in enumerate(world.history(user)[0].tolist())
    ]


def csv_of(rows: list[str], header: str = HEADER) -> str:
    return "\n".join([header, *rows]) + "\n"


def run(*arguments: Any) -> Result:
    return CliRunner().invoke(main, ["evaluate", *map(str, arguments)])


def report_of(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    report: dict[str, Any] = json.loads(result.stdout)
    return report


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    def write(text: str, name: str = "events.csv") -> Path:
        path = tmp_path / name
        content = text.encode()
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    return write


@pytest.mark.parametrize("protocol", ["personalize", "last-item", "leave-one-out", "temporal"])
def test_every_protocol_reports_figures_baselines_and_intervals(file: Callable[..., Path], protocol: str) -> None:
    events = file(csv_of(rows_of()))
    report = report_of(
        run("--interactions", events, "--recipe", "aws-popularity-count", "--protocol", protocol, "--json")
    )
    assert report["protocol"] == protocol
    assert set(report["baselines"]) == {"popularity", "last_seen_replay"}
    for answer in (report, *report["baselines"].values()):
        assert set(METRICS) <= set(answer["metrics"])
        for name, (low, high) in answer["intervals"].items():
            assert 0 <= low <= answer["metrics"][name] <= high <= 1
    for curves in (report["curves"][name] for name in ("model", "popularity", "last_seen_replay")):
        assert len(curves["recall_by_cut"]) == 25
        assert np.all(np.diff(curves["recall_by_cut"]) >= 0)
    assert report["questions"] > 0
    assert report["data"]["interactions"] == 2400


def test_the_same_file_and_seed_give_the_same_report(file: Callable[..., Path]) -> None:
    plain, zipped = file(csv_of(rows_of())), file(csv_of(rows_of()), "events.csv.gz")
    one, two, packed, other = (
        report_of(run("--interactions", path, "--recipe", "aws-sims", "--seed", seed, "--json"))
        for path, seed in ((plain, 3), (plain, 3), (zipped, 3), (plain, 4))
    )
    for report in (one, two, packed, other):
        del report["seconds"], report["files"]
    assert one == two == packed
    assert one["metrics"] != other["metrics"]


def test_a_personal_recipe_beats_popularity_on_planted_tastes(file: Callable[..., Path]) -> None:
    events = file(csv_of(rows_of(users=150)))
    report = report_of(
        run("--interactions", events, "--recipe", "user-personalization", "--protocol", "leave-one-out", "--json")
    )
    ndcg = "normalized_discounted_cumulative_gain_at_10"
    assert report["metrics"][ndcg] > report["baselines"]["popularity"]["metrics"][ndcg]
    assert report["recipe"] == "aws-user-personalization"
    assert report["learned"]


def test_the_table_names_figures_warnings_and_seconds(file: Callable[..., Path]) -> None:
    result = run("--interactions", file(csv_of(rows_of())), "--recipe", "aws-popularity-count")
    assert result.exit_code == 0, result.output
    for text in ("NDCG@10", "coverage", "last-seen replay", "Seconds:", "120"):
        assert text in result.stdout
    # Twelve or so users are asked: too few to tell.
    assert "Warning" in result.stdout


def test_a_replay_that_wins_is_warned_of(file: Callable[..., Path]) -> None:
    """Each event twice, as a click and as a watch of the same second."""
    rows = [row for each in rows_of() for row in (each, each.replace(",click,", ",watch,"))]
    asked = ("--recipe", "aws-popularity-count", "--protocol", "last-item", "--json")
    report = report_of(run("--interactions", file(csv_of(rows)), *asked))
    assert any("repeat or leak" in warning for warning in report["warnings"])
    assert any("different event type" in warning for warning in report["warnings"])
    one_kind = report_of(run("--interactions", file(csv_of(rows)), *asked, "--event-type", "watch"))
    assert one_kind["data"]["interactions"] == 2400
    assert not any("repeat or leak" in warning for warning in one_kind["warnings"])


def test_metadata_are_read_and_said_how(file: Callable[..., Path]) -> None:
    header = "ITEM_ID,GROUP,PRICE,ABOUT,CREATION_TIMESTAMP,two words"
    items = [
        f"item-{item:03d},group {item // 20}|all,{item}.5,about {'word ' * 9}{item},{SECONDS},x" for item in range(110)
    ]
    report = report_of(
        run(
            *("--interactions", file(csv_of(rows_of())), "--items", file(csv_of(items, header), "items.csv")),
            *("--recipe", "aws-similar-items", "--json"),
        )
    )
    [said] = [remark for remark in report["remarks"] if "read as" in remark]
    for taken in ("GROUP (categories)", "PRICE (numbers)", "ABOUT (text)", "CREATION_TIMESTAMP (whole numbers)"):
        assert taken in said
    assert any("not read: two words" in remark for remark in report["remarks"])
    assert report["data"]["items"] == 110


def test_a_recipe_that_takes_no_metadata_says_so(file: Callable[..., Path]) -> None:
    people = file(csv_of([f"user-{user:04d},x" for user in range(120)], "USER_ID,GROUP"), "users.csv")
    report = report_of(
        run("--interactions", file(csv_of(rows_of())), "--users", people, "--recipe", "aws-sims", "--json")
    )
    assert "users.csv: aws-sims does not learn from it." in report["remarks"]


def test_rejected_records_are_told(file: Callable[..., Path]) -> None:
    rows = rows_of()
    rows[5] = "user-0000,item-001,yesterday,click,1.0"
    report = report_of(run("--interactions", file(csv_of(rows)), "--recipe", "aws-popularity-count", "--json"))
    [told] = [remark for remark in report["remarks"] if "rejected" in remark]
    assert told.startswith("events.csv: 1 of 2,400 records rejected. TIMESTAMP")


def test_milliseconds_are_told(file: Callable[..., Path]) -> None:
    rows = [re.sub(r",(\d{10}),", r",\g<1>000,", row) for row in rows_of()]
    report = report_of(run("--interactions", file(csv_of(rows)), "--recipe", "aws-popularity-count", "--json"))
    assert any("milliseconds" in remark for remark in report["remarks"])


BAD_FILES = {
    "a missing column": (csv_of([], "USER_ID,ITEM_ID"), "missing the following columns:[TIMESTAMP]"),
    "an empty file": ("", "is empty"),
    "no records": (csv_of([]), "has a header and no records"),
    "nothing valid": (csv_of(["a,b,c,d,e"] * 9), "Not one of the 9 records"),
    "many bad records": (csv_of([*rows_of(60), *["a,b,c,d,e"] * 200]), "an import takes at most 5%"),
    "too few interactions": (csv_of(rows_of(20)), "Dataset has fewer than 1000 interactions. There are 400"),
    "too few users": (
        csv_of([f"u{n % 20},i{n % 50},{SECONDS + n},c,1" for n in range(1500)]),
        "fewer than 25 users with at least 2 interactions each",
    ),
    "one moment": (
        csv_of([f"u{n % 200},i{n % 50},{SECONDS},c{n},1" for n in range(1500)]),
        "cannot be cut in time",
    ),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_files_are_refused_in_plain_words(file: Callable[..., Path], name: str) -> None:
    text, words = BAD_FILES[name]
    result = run("--interactions", file(text), "--recipe", "aws-popularity-count", "--protocol", "temporal")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("Error: ")
    assert words in result.stderr
    assert "Traceback" not in result.output


BAD_SETTINGS = {
    "an unknown recipe": (["--recipe", "aws-hrnn-2"], "There is no recipe 'aws-hrnn-2'; there are aws-"),
    "actions": (["--recipe", "aws-next-best-action"], "no file of actions to read"),
    "an unknown hyperparameter": (["--recipe", "aws-sims", "--set", "depth=3"], "depth is not a parameter of aws-sims"),
    "a value out of range": (
        ["--recipe", "aws-sims", "--set", "popularity_discount_factor=7"],
        "popularity_discount_factor must be a number from 0 to 1",
    ),
    "no value": (["--recipe", "aws-sims", "--set", "depth"], "write NAME=VALUE"),
    "an event type that is not there": (
        ["--recipe", "aws-sims", "--event-type", "buy"],
        "fewer than 1000 interactions after filtering by event type: buy",
    ),
    "a page nobody can write": (
        ["--recipe", "aws-popularity-count", "--html", "/nowhere/at/all/page.html"],
        "cannot be written",
    ),
}


@pytest.mark.parametrize("name", BAD_SETTINGS)
def test_bad_settings_are_refused_in_plain_words(file: Callable[..., Path], name: str) -> None:
    arguments, words = BAD_SETTINGS[name]
    result = run("--interactions", file(csv_of(rows_of())), *arguments)
    assert result.exit_code != 0
    assert words in re.sub(r"\s+", " ", result.stderr)
    assert "Traceback" not in result.output


def test_a_hyperparameter_acts(file: Callable[..., Path]) -> None:
    events = file(csv_of(rows_of()))
    reports = [
        report_of(
            run(
                "--interactions",
                events,
                "--recipe",
                "aws-sims",
                "--set",
                f"popularity_discount_factor={value}",
                "--json",
            )
        )
        for value in (0, 1)
    ]
    assert reports[0]["hyperparameters"]["popularity_discount_factor"] == 0
    assert reports[0]["metrics"] != reports[1]["metrics"]


def test_segments_report_their_own_figures(file: Callable[..., Path], tmp_path: Path) -> None:
    events, page = file(csv_of(rows_of())), tmp_path / "page.html"
    asked = ("--interactions", events, "--recipe", "aws-item-affinity", "--html", page)
    report = report_of(run(*asked, "--json"))
    assert set(report["metrics"]) == {"coverage", "hits_at_1_percent", "recall_at_1_percent"}
    assert report["protocol"] == "segments"
    assert report["questions"] > 50
    assert "hits_at_1_percent" in page.read_text()
    shown = run(*asked)
    assert shown.exit_code == 0, shown.output
    assert "recall_at_1_percent" in shown.stdout


def test_nothing_is_left_behind(file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "temporary"
    elsewhere.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))
    events = file(csv_of(rows_of()))
    assert run("--interactions", events, "--recipe", "aws-popularity-count").exit_code == 0
    assert run("--interactions", file("x\n", "bad.csv"), "--recipe", "aws-popularity-count").exit_code == 1
    assert list(elsewhere.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.csv", "events.csv", "temporary"]


class Tags(HTMLParser):
    """What a page would fetch or run, and whether its elements are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.fetched: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.fetched += [name for name, _ in attributes if name in ("src", "href") or name.startswith("on")]
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_stands_alone_and_runs_nothing(file: Callable[..., Path], tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    name = "<script>alert(1)</script>&.csv".replace("/", "")
    result = run("--interactions", file(csv_of(rows_of()), name), "--recipe", "aws-popularity-count", "--html", page)
    assert result.exit_code == 0, result.output
    text = page.read_text()
    tags = Tags()
    tags.feed(text)
    assert tags.open == []
    assert tags.names.count("svg") == 3
    assert "script" not in tags.names
    assert tags.fetched == []
    assert "&lt;script&gt;alert(1)&lt;script&gt;&amp;.csv" in text
    assert "http" not in text
