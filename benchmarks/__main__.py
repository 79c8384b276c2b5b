"""`python -m benchmarks NAME`: one command a table of benchmarks/README.md."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

DATA = Path(os.environ["RECO_BENCHMARK_DATA"]) if "RECO_BENCHMARK_DATA" in os.environ else None
"""Folder of real data sets, one folder each; what needs one that is absent is skipped, saying so."""


@click.group()
def benchmarks() -> None:
    """Measurements; medians of several runs."""


@benchmarks.command()
@click.option("--runs", default=3, show_default=True, help="Repetitions of the journey and of the start.")
@click.option("--requests", default=500, show_default=True, help="Timed requests for the latency rows.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def journey(runs: int, requests: int, as_json: bool) -> None:
    """From a ratings file to live recommendations: start, journey, latency, import scan."""
    from benchmarks import import_scan, journey_times
    from benchmarks.table_row import Row

    rows = journey_times.measure(DATA, runs=runs, requests=requests)
    scan = import_scan.measure(runs=runs)
    rows.append(
        Row("import scan, 3M interactions, ratio to a plain DuckDB read", f"{scan['ratio']:.2f}x", "2.0x", "1.3x")
    )
    _print(rows, as_json)


@benchmarks.command("bad-input")
def bad_input() -> None:
    """Imports of 3M bad rows and of 100 MB of garbage: seconds, peak memory, how they end."""
    from benchmarks import import_scan

    Console().print_json(json.dumps(import_scan.measure_bad_input()))


@benchmarks.command("cold-start")
@click.option("--runs", default=5, show_default=True, help="Fresh processes for each function; the quietest counts.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def start(runs: int, as_json: bool) -> None:
    """Cold starts of the API's functions: import, build, first answer."""
    from benchmarks import cold_start

    _print(cold_start.measure(runs), as_json)


@benchmarks.command()
@click.option("--runs", default=5, show_default=True, help="Fresh processes for each start; the quietest counts.")
@click.option("--requests", default=20, show_default=True, help="Timed calls of each operation.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def control(runs: int, requests: int, as_json: bool) -> None:
    """The control plane: import to first answer, and latencies with 5,000 resources present."""
    from benchmarks import control as measured

    _print(measured.measure(runs=runs, requests=requests), as_json)


@benchmarks.command()
@click.option("--only", multiple=True, metavar="NAME", help="Only rows whose name holds this; may be repeated.")
@click.option("--seed", default=0, show_default=True, help="Of the models and of which users are held out together.")
@click.option("--folds", type=click.IntRange(1), help="Fewer tenths of the users than the row says, to be quicker.")
@click.option("--family", help="Another family of models than the recipe's.")
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="A hyperparameter; the defaults otherwise.")
@click.option("--verbose", is_flag=True, help="Tell what is being done.")
@click.option("--markdown", is_flag=True, help="Print lines of a table for a page instead.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def quality(
    only: tuple[str, ...],
    seed: int,
    folds: int | None,
    family: str | None,
    values: tuple[str, ...],
    verbose: bool,
    markdown: bool,
    as_json: bool,
) -> None:
    """How well user-personalization ranks on public data, beside what others reach on the same questions."""
    from benchmarks import quality as measured
    from benchmarks.quality_rows import Options, Skipped
    from benchmarks.quality_table import print_markdown, print_rows

    try:
        given = {name: json.loads(value) for name, _, value in (each.partition("=") for each in values)}
        options = Options(DATA or Path(), seed, folds, family, given, len(os.sched_getaffinity(0)), verbose)
        if DATA is None:
            why = "RECO_BENCHMARK_DATA names no folder of data sets"
            print_rows([Skipped(name, why) for name in measured.chosen(only)], as_json)
        elif markdown:
            print_markdown(measured.measure(options, only))
        else:
            print_rows(measured.measure(options, only), as_json)
    except ValueError as error:
        raise click.ClickException(str(error)) from error


@benchmarks.command()
@click.option("--only", multiple=True, metavar="NAME", help="Only this row, by name; may be repeated.")
@click.option("--runs", default=5, show_default=True, help="Alternated turns of ours and the peer.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def speed(only: tuple[str, ...], runs: int, as_json: bool) -> None:
    """How fast models train and answer, beside the library `implicit` (make peers)."""
    # Read when numpy is first imported: BLAS on one thread, as in the container; the threads are ours.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    from benchmarks import speed as measured
    from benchmarks.speed_table import print_rows

    try:
        print_rows(measured.measure(DATA, only, runs), as_json)
    except ValueError as error:
        raise click.ClickException(str(error)) from error


@benchmarks.command()
@click.option("--requests", default=1_000_000, show_default=True, type=click.IntRange(1), help="How many to send.")
@click.option("--seed", default=0, show_default=True, help="Of the run; each request has its own, made from it.")
@click.option("--from", "start", default=0, show_default=True, type=click.IntRange(0), help="Number of the first one.")
@click.option("--moto", is_flag=True, help="Keep the resources in moto, as the local stack does; ten times slower.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def fuzz(requests: int, seed: int, start: int, moto: bool, as_json: bool) -> None:
    """Changed requests for the control plane: no fault of ours, no error outside the model, none slow."""
    from benchmarks import fuzz_table

    if not fuzz_table.measure(requests, seed, start, moto=moto, as_json=as_json):
        raise click.exceptions.Exit(1)


@benchmarks.command()
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Only this kind of job; may be repeated.")
@click.option(
    "--points", type=click.IntRange(1), help="Kill at so many points of each kind, drawn by the seed; all otherwise."
)
@click.option("--seed", default=0, show_default=True, help="Which points are drawn.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def crashes(kinds: tuple[str, ...], points: int | None, seed: int, as_json: bool) -> None:
    """Kill -9 at the calls to AWS of each kind of job and its containers: done, or failed with a reason."""
    from benchmarks import crashes as measured

    try:
        if not measured.report(kinds, points, seed, as_json=as_json):
            raise click.exceptions.Exit(1)
    except ValueError as error:
        raise click.ClickException(str(error)) from error


def _print(rows: list[Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([vars(row) for row in rows]))
        return
    table = Table("what", "measured", "bar", "aim")
    for row in rows:
        table.add_row(row.what, row.measured, row.bar, row.aim)
    Console(width=140).print(table)


if __name__ == "__main__":
    benchmarks()
