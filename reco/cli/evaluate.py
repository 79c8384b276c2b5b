"""`reco evaluate`: how good a recipe would be on one's own data, offline, before anything is deployed."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from reco.evaluation.offline import Evaluation
    from reco.recipes import Recipe
    from training_container.assembly import Assembled

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_PROTOCOLS = ("personalize", "last-item", "leave-one-out", "temporal")


@click.command()
@click.option("--interactions", required=True, type=_FILE, help="CSV with USER_ID, ITEM_ID, TIMESTAMP; .gz or not.")
@click.option("--items", type=_FILE, help="CSV with ITEM_ID and metadata.")
@click.option("--users", type=_FILE, help="CSV with USER_ID and metadata.")
@click.option("--recipe", "recipe_name", required=True, help="Such as aws-user-personalization.")
@click.option(
    "--protocol",
    type=click.Choice(_PROTOCOLS),
    default="personalize",
    show_default=True,
    help="personalize: users held out, their newest tenth. last-item: the same, their last item. leave-one-out: "
    "everybody's last item, everybody learned from. temporal: the past learned from, the future asked for.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the models and of who is asked.")
@click.option("--set", "hyperparameters", multiple=True, metavar="NAME=VALUE", help="A hyperparameter; repeatable.")
@click.option("--event-type", help="Learn from and ask for events of this EVENT_TYPE only.")
@click.option("--event-value-threshold", type=float, help="Only events of this EVENT_VALUE or more.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write the report as one page, too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def evaluate(
    interactions: Path,
    items: Path | None,
    users: Path | None,
    recipe_name: str,
    protocol: str,
    seed: int,
    hyperparameters: tuple[str, ...],
    event_type: str | None,
    event_value_threshold: float | None,
    html: Path | None,
    as_json: bool,
) -> None:
    """Measure a recipe on a file of interactions, beside popularity and a replay of what users saw last."""
    from reco.cli.evaluation_page import page
    from reco.cli.evaluation_table import for_machines, print_report
    from reco.errors import RecoError

    begun = time.perf_counter()
    files = {"INTERACTIONS": interactions, "ITEMS": items, "USERS": users}
    try:
        recipe, values = _recipe(recipe_name, hyperparameters)
        with _telling() as progress:
            read, remarks = _read(files, recipe, _selection(event_type, event_value_threshold), progress)
            reading = time.perf_counter() - begun
            if recipe.type == "USER_SEGMENTATION":
                found = _segments(read, recipe, values, seed, progress)
            else:
                found = asdict(_evaluate(read, recipe, values, protocol, seed, progress))
    except RecoError as error:
        raise click.ClickException(error.message) from error
    report = {
        "recipe": recipe.name,
        "hyperparameters": values,
        "files": {name.lower(): str(path) for name, path in files.items() if path is not None},
        "event_type": event_type,
        "event_value_threshold": event_value_threshold,
        "remarks": remarks,
        **found,
        "seconds": {name: round(value, 2) for name, value in {"read": reading, **found["seconds"]}.items()},
    }
    if html is not None:
        try:
            html.write_text(page(report), encoding="utf-8")
        except OSError as error:
            raise click.ClickException(f"{html} cannot be written: {error.strerror}.") from error
    if as_json:
        click.echo(json.dumps(for_machines(report), indent=2, allow_nan=False))
    else:
        print_report(report)
        if html is not None:
            click.echo(f"\nThe same as a page: {html}")


def _recipe(name: str, settings: tuple[str, ...]) -> tuple[Recipe, dict[str, Any]]:
    """The recipe by its name, with or without `aws-`, and its hyperparameters."""
    from reco.errors import InvalidInput
    from reco.recipes import RECIPES

    recipe = next((each for each in RECIPES if each.name in (name, f"aws-{name}")), None)
    if recipe is None:
        raise InvalidInput(f"There is no recipe {name[:60]!r}; there are {', '.join(each.name for each in RECIPES)}.")
    if recipe.type == "PERSONALIZED_ACTIONS":
        raise InvalidInput(f"{recipe.name} ranks actions, and reco evaluate has no file of actions to read.")
    given: dict[str, dict[str, str]] = {"algorithm": {}, "feature": {}}
    for setting in settings:
        key, separator, value = setting.partition("=")
        if not separator:
            raise click.UsageError(f"--set {setting}: write NAME=VALUE")
        known = next((each for each in recipe.hyperparameters if each.name == key), None)
        given[known.place if known else "algorithm"][key] = value
    return recipe, dict(recipe.resolve(given["algorithm"], given["feature"]))


def _selection(event_type: str | None, threshold: float | None) -> Any:
    from reco.recipes.event_parameters import EventParameters
    from training_container.assembly import Selection

    if event_type is None and threshold is None:
        return Selection()
    return Selection(events=(EventParameters(event_type, threshold),))


def _read(
    files: dict[str, Path | None], recipe: Recipe, selection: Any, progress: Progress
) -> tuple[Assembled, list[str]]:
    from reco.cli.csv_snapshots import read_csv
    from training_container.assembly import assemble

    remarks, snapshots = [], {}
    with tempfile.TemporaryDirectory(prefix="reco-evaluate-") as folder:
        for dataset_type, path in files.items():
            if path is None:
                continue
            read = read_csv(path, dataset_type, Path(folder) / dataset_type, threads=_threads(), say=progress.say)
            remarks += read.remarks
            if dataset_type not in recipe.datasets:
                remarks.append(f"{path.name}: {recipe.name} does not learn from it.")
                continue
            if dataset_type != "INTERACTIONS":
                remarks.append(f"{path.name}: read as {', '.join(read.fields)}.")
            snapshots[dataset_type] = read.snapshot
        return assemble(recipe, snapshots, None, selection, say=remarks.append), remarks


def _evaluate(
    read: Assembled, recipe: Recipe, values: dict[str, Any], protocol: str, seed: int, progress: Progress
) -> Evaluation:
    from reco.evaluation.offline import evaluate as measured
    from reco.models.fit_settings import FitSettings

    return measured(
        read.data,
        read.users,
        read.items,
        family=recipe.family,
        values=values,
        protocol=protocol,
        settings=FitSettings(seed=seed, threads=_threads(), say=progress.say),
        asked=progress.asked,
    )


def _segments(read: Assembled, recipe: Recipe, values: dict[str, Any], seed: int, progress: Progress) -> dict[str, Any]:
    """Segments of users have a protocol of their own: every user's newest fifth is foretold. See docs/evaluation.md."""
    from reco.evaluation.offline import describe
    from reco.evaluation.segment_training import measure_segments
    from reco.models.fit_settings import FitSettings

    begun = time.perf_counter()
    settings = FitSettings(seed=seed, threads=_threads(), say=progress.say)
    measured = measure_segments(read.data, read.items, family=recipe.family, values=values, settings=settings)
    return {
        "protocol": "segments",
        "seed": seed,
        "data": describe(read.data.interactions),
        "questions": measured.questions,
        "metrics": measured.metrics,
        "answers": {},
        "warnings": [],
        "learned": {},
        "seconds": {"fit and ask": time.perf_counter() - begun},
    }


def _threads() -> int:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, 8)


class Progress:
    """What is being done, on standard error: a line that changes on a terminal, a line each two seconds elsewhere."""

    def __init__(self, status: Any) -> None:
        self._status = status
        self._told = time.monotonic()

    def say(self, line: str) -> None:
        self._status.update(line)
        if not self._status.console.is_terminal and time.monotonic() - self._told > 2:
            self._told = time.monotonic()
            click.echo(line, err=True)

    def asked(self, done: int, of: int) -> None:
        self.say(f"asking: {done:,} of {of:,} users")


@contextmanager
def _telling() -> Iterator[Progress]:
    from rich.console import Console

    with Console(file=sys.stderr).status("reading") as status:
        yield Progress(status)
