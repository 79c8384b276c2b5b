"""Kill -9 at the calls to AWS of each kind of job and of its containers, over moto: what became of the jobs.

What a point and a way on are, and what is compared, says tests.jobs.crashing. The steps of jobs are killed before and
after every call; containers, which take longer, at as many points as leave AWS in different states.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from unittest.mock import patch

import click
from rich.console import Console
from rich.table import Table

from tests.aws import quick_moto
from tests.jobs.bench import REGION, Bench
from tests.jobs.containers import CONTAINERS, RealBench
from tests.jobs.crashing import KINDS, Crashes, Point, sampled

EVERY_KIND = (*KINDS, *CONTAINERS)


@dataclass
class Kind:
    """What came of one kind of job."""

    kind: str
    calls: int
    """That it makes of AWS when nothing disturbs it."""
    killed_at: int
    """Points tried."""
    runs: int = 0
    """One for each point and way on."""
    outcomes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    """What was not as it should be, a line each."""
    seconds: float = 0.0


def measure(kinds: tuple[str, ...], points: int | None, seed: int) -> Iterator[Kind]:
    """Kills at the points of each kind, or as many of them drawn, and goes on in every way.

    Raises:
        ValueError: no such kind.
    """
    unknown = set(kinds) - set(EVERY_KIND)
    if unknown:
        raise ValueError(f"there is no kind {', '.join(sorted(unknown))}; there are {', '.join(EVERY_KIND)}")
    wanted = kinds or EVERY_KIND
    with patch.dict(os.environ, _ACCOUNT):
        # One world after the other: both have tables and buckets of the same names.
        for make, apart in ((_of_steps, KINDS), (_of_containers, CONTAINERS)):
            mine = [kind for kind in wanted if kind in apart]
            if mine:
                with quick_moto():
                    crashes, points_of = make()
                    for kind in mine:
                        yield _killed(crashes, kind, list(sampled(points_of(kind), points, seed)))


def _of_steps() -> tuple[Crashes, Callable[[str], list[Point]]]:
    crashes = Crashes(Bench())
    return crashes, crashes.points


def _of_containers() -> tuple[Crashes, Callable[[str], list[Point]]]:
    crashes = Crashes(RealBench(), CONTAINERS)
    return crashes, crashes.different_points


def _killed(crashes: Crashes, kind: str, points: list[Point]) -> Kind:
    row, began = Kind(kind, len(crashes.calls(kind)), len(points)), time.perf_counter()
    for point in points:
        for way in crashes.ways(kind):
            row.runs += 1
            try:
                row.outcomes[crashes.crash(point, way)] += 1
            except Exception as error:
                row.outcomes["wrong"] += 1
                row.wrong.append(f"{point}, {way}: {error}")
    row.seconds = round(time.perf_counter() - began, 1)
    return row


def report(kinds: tuple[str, ...], points: int | None, seed: int, *, as_json: bool) -> bool:
    """Prints a line a kind as it ends; returns whether everything was as it should be."""
    console, rows = Console(stderr=as_json), []
    for row in measure(kinds, points, seed):
        rows.append(row)
        console.print(f"{row.kind}: {row.killed_at} points, {row.runs} runs, {dict(row.outcomes)}", highlight=False)
        for line in row.wrong:
            console.print(f"  {line}", highlight=False)
    if as_json:
        click.echo(json.dumps([vars(row) for row in rows]))
    else:
        console.print(_table(rows))
    return not any(row.wrong for row in rows)


def _table(rows: list[Kind]) -> Table:
    words = ("done", "failed with a reason", "stopped", "wrong")
    table = Table("kind", "calls", "points", "runs", *words)
    for row in rows:
        numbers = (row.calls, row.killed_at, row.runs, *(row.outcomes[word] for word in words))
        table.add_row(row.kind, *map(str, numbers))
    totals = (sum(row.calls for row in rows), sum(row.killed_at for row in rows), sum(row.runs for row in rows))
    table.add_row("all", *map(str, (*totals, *(sum(row.outcomes[word] for row in rows) for word in words))))
    return table


_ACCOUNT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
}
