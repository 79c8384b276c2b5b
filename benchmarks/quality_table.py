"""The quality benchmark's rows on a terminal, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.quality_rows import Row, Skipped

SHORT = {"normalized_discounted_cumulative_gain": "ndcg", "mean_reciprocal_rank": "mrr"}


def print_rows(rows: Iterable[Row | Skipped], as_json: bool) -> None:
    """Each case as soon as it is measured; JSON all together. A case's rows come one after another."""
    if as_json:
        click.echo(json.dumps([{**asdict(row), "verdict": verdict(row)} for row in rows]))
        return
    console = Console(width=150)
    case: list[Row] = []
    for row in rows:
        if case and (isinstance(row, Skipped) or row.work != case[0].work):
            _print_case(console, case)
            case = []
        if isinstance(row, Row):
            case.append(row)
        else:
            console.print(f"[bold]{row.work}[/]: skipped: {escape(row.why)}\n")
    if case:
        _print_case(console, case)


def print_markdown(rows: Iterable[Row | Skipped]) -> None:
    """The table of benchmarks/README.md, line by line as it is measured."""
    click.echo("| row | metric | measured [95 %] | bar | aim | on the same questions | questions | fit, ask (s) |")
    click.echo("|---|---|---|---|---|---|---|---|")
    for row in rows:
        if isinstance(row, Skipped):
            click.echo(f"| {row.work} | skipped: {row.why} | | | | | | |")
            continue
        beside = ", ".join(f"{name} {value:.4f}" for name, value in row.also.items())
        measured = f"{row.measured:.4f} [{row.low:.4f}, {row.high:.4f}]"
        cells = (row.work, _short(row.metric), measured, _target(row.bar), _target(row.aim), beside)
        click.echo(f"| {' | '.join(cells)} | {row.queries:,} | {row.fit_s:g}, {row.ask_s:g} |")


def verdict(row: Row | Skipped) -> str:
    """Where the measured value stands."""
    if isinstance(row, Skipped):
        return "skipped"
    if row.aim is not None and row.measured >= row.aim:
        return "aim reached"
    if row.bar is not None:
        return "bar reached" if row.measured >= row.bar else "below the bar"
    return ""


def _print_case(console: Console, rows: list[Row]) -> None:
    first = rows[0]
    console.print(f"[bold]{escape(first.work)}[/]: {escape(first.dataset)}; {escape(first.protocol)}")
    names = list(dict.fromkeys(name for row in rows for name in row.also))
    table = Table("metric", "measured [95%]", "bar", "aim", "", *names)
    for row in rows:
        bounds = escape(f" [{row.low:.4f}, {row.high:.4f}]") if row.low != row.high else ""
        others = [f"{row.also[name]:.4f}" if name in row.also else "" for name in names]
        table.add_row(
            _short(row.metric), f"{row.measured:.4f}{bounds}", _target(row.bar), _target(row.aim), verdict(row), *others
        )
    console.print(table)
    fit, asked = max(row.fit_s for row in rows), max(row.ask_s for row in rows)
    known = f"{max(row.queries for row in rows):,} questions, seed {first.seed}"
    took = f"seconds of processor: {fit:g} to fit, {asked:g} to answer"
    console.print(f"[dim]{escape(first.reference)}. {known}; {took}.[/]")
    for row in rows:
        if row.lead:
            mean, low, high = row.lead
            console.print(f"[dim]{row.metric}: {mean:+.4f} \\[{low:+.4f}, {high:+.4f}] to the bar's reference[/]")
    for note in dict.fromkeys(row.note for row in rows if row.note):
        console.print(f"[dim]{escape(note)}[/]")
    console.print()


def _short(metric: str) -> str:
    for long, short in SHORT.items():
        metric = metric.replace(long, short)
    return metric


def _target(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
