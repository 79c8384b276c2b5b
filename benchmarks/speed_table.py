"""The benchmark of speed's rows on a terminal, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.speed_rows import Machine, Row, Skipped, as_dicts


def print_rows(rows: Iterable[Any], as_json: bool) -> None:
    """All rows once they are measured; a terminal is told of each as it is done."""
    console = Console(width=170, stderr=as_json)
    done = []
    for row in rows:
        done.append(row)
        console.print(f"[dim]{escape(row.work)}, {escape(row.dataset)}: {_measured(row)}[/]")
    if as_json:
        click.echo(json.dumps(as_dicts(done)))
        return
    table = Table("work", "data", "k", "ours s", "peer s", "ratio", "CPU", "bar", "aim", "load", "reached")
    for row in done:
        if isinstance(row, Skipped):
            table.add_row(row.work, row.dataset, "", "", "", "skipped", "", "", "", "", escape(row.why))
            continue
        quality = ", ".join(f"{name} {value:,.6g}" for name, value in row.quality.items())
        numbers = [_number(value) for value in (row.k, row.ours_s, row.peer_s, row.ratio, row.cpu_ratio)]
        table.add_row(row.work, row.dataset, *numbers, row.bar, row.aim, f"{row.load:.1f}", quality)
    console.print(table)
    machine = Machine.this()
    console.print(
        f"{machine.cpu}, {machine.cores} cores; BLAS {machine.blas}; commit {machine.commit}. "
        "Ratio = peer seconds / ours, median of alternated turns (CPU: of CPU seconds)."
    )


def _measured(row: Row | Skipped) -> str:
    if isinstance(row, Skipped):
        return f"skipped: {escape(row.why)}"
    return f"{row.ours_s:.4g} s" + (f", ratio {row.ratio:.2f}" if row.ratio is not None else "")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"
