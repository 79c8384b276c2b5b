"""Everything that a user-personalization version trains, on as much data as MovieLens 1M has of likings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.alternated import timed
from benchmarks.datasets import DAY, SOME_TIME, Absent, unordered_parts
from benchmarks.implicit_als import both
from benchmarks.speed_rows import Row, Skipped
from reco.arns import service_arn
from reco.models.fit_settings import FitSettings
from reco.models.interactions import Interactions
from reco.models.training_data import TrainingData
from reco.recipes import recipe_by_arn

WORK = "everything a user-personalization version trains"
DATASET = "movielens-1m-implicit"
THREADS = 2


def training(data: Path | None, runs: int) -> Iterator[Row | Skipped]:
    """Trial fit, measurement and final fit. The set has no order, so each user's is drawn, a day between items: the
    signals of order then are fitted too, though there is nothing for them to learn. Once, whatever `runs`."""
    from reco.evaluation.training import train

    try:
        if data is None:
            raise Absent("RECO_BENCHMARK_DATA names no folder of data sets")
        parts = unordered_parts(data, DATASET)
    except (Absent, OSError) as error:
        yield Skipped(WORK, DATASET, str(error))
        return
    interactions = _with_drawn_order(both(both(parts.train, parts.valid), parts.test))
    recipe = recipe_by_arn(service_arn("recipe", "aws-user-personalization"))
    seconds, cpu = timed(
        lambda: train(
            TrainingData(interactions),
            parts.users,
            parts.items,
            family=recipe.family,
            values=recipe.resolve({}, {}),
            settings=FitSettings(seed=0, threads=THREADS),
        )
    )
    yield Row(
        WORK,
        f"{DATASET}, {len(interactions):,} interactions",
        None,
        ours_s=round(seconds, 2),
        bar="60 s",
        aim="20 s",
        quality={"cpu_s": round(cpu, 2)},
    )


def _with_drawn_order(interactions: Interactions) -> Interactions:
    order = np.lexsort((np.random.default_rng(0).random(len(interactions)), interactions.user_rows()))
    place = np.arange(len(interactions)) - np.repeat(interactions.offsets[:-1], interactions.lengths)
    return Interactions(
        interactions.offsets, interactions.items[order], SOME_TIME + DAY * place, interactions.item_count
    )
