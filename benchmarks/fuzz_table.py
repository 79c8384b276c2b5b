"""The run of `python -m benchmarks fuzz`: how far it has come, and its figures as tables or as JSON."""

from __future__ import annotations

import json
import logging
import sys

import click
from rich.console import Console
from rich.table import Table

from benchmarks.fuzz import Figures, run
from benchmarks.fuzz_requests import NAMES
from benchmarks.fuzz_world import worlds

TOLD_EVERY = 50_000
"""Requests between two lines that say how far it is."""
SHOWN = 20
"""Findings in the table; JSON has all."""


def measure(requests: int, seed: int, start: int, *, moto: bool, as_json: bool) -> bool:
    """Runs and prints; whether nothing was found."""

    def tell(figures: Figures) -> None:
        if figures.requests % TOLD_EVERY == 0:
            click.echo(f"{start + figures.requests} seed {seed}: {len(figures.findings)} findings", err=True)

    for handler in logging.getLogger("reco").handlers:
        if isinstance(handler, logging.StreamHandler):
            # What the control plane logs is worth reading beside a finding, and no part of the figures.
            handler.setStream(sys.stderr)
    click.echo(f"seed {seed}, requests {start} to {start + requests - 1}", err=True)
    with worlds() as (in_memory, in_moto):
        figures = run(in_moto if moto else in_memory, seed, requests, start, tell)
    if as_json:
        click.echo(json.dumps(figures.as_json()))
    else:
        print_figures(figures)
    return not figures.findings


def print_figures(figures: Figures) -> None:
    console = Console(width=140)
    table = Table("what", "measured", "bar")
    table.add_row("requests", f"{figures.requests:,} from {figures.start:,}, seed {figures.seed}", "")
    table.add_row("requests a second of CPU", f"{figures.per_second:,.0f}", "")
    table.add_row("slowest call", f"{figures.slowest_s * 1000:,.0f} ms of CPU ({figures.slowest})", "5 s")
    table.add_row("operations that were carried out at least once", f"{len(figures.reached)} of {len(NAMES)}", "")
    table.add_row("answers that must not be", f"{len(figures.findings)}", "0")
    for status, count in sorted(figures.statuses.items()):
        table.add_row(f"status {status}", f"{count:,}", "0" if status >= 500 else "")
    for error, count in figures.errors.most_common():
        table.add_row(error or "no error", f"{count:,}", "")
    console.print(table)
    for finding in figures.findings[:SHOWN]:
        console.print(f"number {finding.number}: {finding.operation}, {', '.join(finding.changes)}: {finding.why}")
