"""The quality benchmark's rows on a terminal, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table

from benchmarks.quality_rows import Row, Skipped


def print_rows(rows: Iterable[Row | Skipped], as_json: bool) -> None:
    """Each case as soon as it is measured; JSON all together."""
    console = Console(width=160)
    collected = []
    for row in rows:
        collected.append(asdict(row))
        if not as_json:
            console.print(_table(row) if isinstance(row, Row) else f"[yellow]{row.work}: skipped, {row.why}[/]")
    if as_json:
        click.echo(json.dumps(collected))


def verdict(row: Row) -> str:
    """Where the measured value stands."""
    if row.aim is not None and row.measured >= row.aim:
        return "aim reached"
    if row.bar is not None:
        return "bar reached" if row.measured >= row.bar else "BELOW THE BAR"
    return ""


def _table(row: Row) -> Table:
    title = f"{row.work}: {row.dataset}; {row.protocol}"
    table = Table("metric", "measured [95%]", "bar", "aim", "", "on the same questions", title=title)
    table.title_justify = "left"
    beside = ", ".join(f"{name} {value:.4f}" for name, value in row.also.items())
    bar, aim = (f"{value:.4f}" if value is not None else "" for value in (row.bar, row.aim))
    table.add_row(row.metric, f"{row.measured:.4f} [{row.low:.4f}, {row.high:.4f}]", bar, aim, verdict(row), beside)
    known = f"{row.reference}. {row.queries} questions, seed {row.seed}, {row.fit_s} + {row.ask_s} s of processor"
    table.caption = f"{known}. {row.note}"
    table.caption_justify = "left"
    return table
