"""One figure of the quality benchmark, and what stands beside it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.arns import service_arn
from reco.artefact import Vocabulary
from reco.evaluation.asking import ask
from reco.evaluation.holdout import HeldOutUser
from reco.evaluation.intervals import bootstrap
from reco.models.content import ItemContent
from reco.models.fit_settings import FitSettings
from reco.models.fitting import fit_model
from reco.models.interactions import Interactions
from reco.models.query import ServedModel
from reco.models.served import serve
from reco.models.training_data import TrainingData
from reco.recipes import recipe_by_arn

Lists = list[NDArray[np.int32]]
PerUser = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Row:
    """A line of the table. Seconds are of processor time, all threads together."""

    work: str
    """Name that --only takes."""
    dataset: str
    protocol: str
    metric: str
    measured: float
    low: float
    high: float
    """Bounds of the 95 % bootstrap interval over queries; equal to `measured` where there is none."""
    bar: float | None = None
    aim: float | None = None
    reference: str = ""
    """What else is known or was measured in this run, in words."""
    queries: int = 0
    seed: int = 0
    fit_s: float = 0.0
    ask_s: float = 0.0
    note: str = ""
    also: dict[str, float] = field(default_factory=dict)
    """Figures of others on the same queries, by name."""
    lead: tuple[float, float, float] | None = None
    """What we are above the reference that makes the bar, query by query: mean and 95 % bounds; None where the bar is a
    published number."""


@dataclass(frozen=True)
class Skipped:
    """A line that could not be measured here."""

    work: str
    why: str


@dataclass(frozen=True)
class Options:
    """What a run of the benchmark was asked for."""

    folder: Path
    seed: int = 0
    folds: int | None = None
    """At most so many; None takes as many as the row says."""
    family: str | None = None
    """A family of models instead of the recipe's."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """Hyperparameters instead of the defaults."""
    threads: int = 2
    verbose: bool = False

    def say(self, line: str) -> None:
        if self.verbose:
            print(f"  {line}", flush=True)


@dataclass
class Clock:
    """Processor seconds, by what they went into."""

    fit: float = 0.0
    ask: float = 0.0

    @contextmanager
    def fitting(self) -> Iterator[None]:
        begun = time.process_time()
        yield
        self.fit += time.process_time() - begun

    @contextmanager
    def asking(self) -> Iterator[None]:
        begun = time.process_time()
        yield
        self.ask += time.process_time() - begun


def fit_default(
    training: Interactions, items: Vocabulary, options: Options, clock: Clock, content: ItemContent | None = None
) -> ServedModel:
    """What aws-user-personalization trains with default hyperparameters, but for what the options say."""
    recipe = recipe_by_arn(service_arn("recipe", "aws-user-personalization"))
    values = {**recipe.resolve({}, {}), **options.values}
    settings = FitSettings(seed=options.seed, threads=options.threads, say=options.say)
    with clock.fitting():
        fitted = fit_model(TrainingData(training, content), options.family or recipe.family, values, settings)
    return serve(fitted, items)


def answer(
    model: ServedModel,
    tested: Sequence[HeldOutUser],
    depth: int,
    options: Options,
    clock: Clock,
    *,
    unseen: bool = False,
) -> Lists:
    """The model's lists."""
    with clock.asking():
        return ask(model, tested, depth, unseen=unseen, threads=options.threads)


def joined(parts: Sequence[PerUser]) -> dict[str, NDArray[np.float64]]:
    """Values per user of several folds, one after another."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def rows_of(
    per_user: PerUser,
    targets: Mapping[str, tuple[float | None, float | None]],
    others: Mapping[str, PerUser],
    clock: Clock,
    *,
    rival: str | None = None,
    **known: Any,
) -> list[Row]:
    """A row for each metric that has a target (bar, aim), with the others' means beside it.

    Args:
        rival: which of the others makes the bar.
    """
    rows = []
    for metric, (bar, aim) in targets.items():
        interval = bootstrap(per_user[metric])
        ahead = bootstrap(per_user[metric] - others[rival][metric]) if rival else None
        also = {name: round(float(values[metric].mean()), 4) for name, values in others.items()}
        rows.append(
            Row(
                metric=metric,
                measured=round(interval.mean, 4),
                low=round(interval.low, 4),
                high=round(interval.high, 4),
                bar=bar,
                aim=aim,
                queries=len(per_user[metric]),
                fit_s=round(clock.fit, 1),
                ask_s=round(clock.ask, 1),
                also=also,
                lead=(round(ahead.mean, 4), round(ahead.low, 4), round(ahead.high, 4)) if ahead else None,
                **known,
            )
        )
    return rows
