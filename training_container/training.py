"""The container's `train`: from a specification to an artefact in S3.

Snapshots and streamed events become one list of interactions; what is fitted and measured from it is the business of
`reco.evaluation.training`. The artefact's manifest is uploaded last: whoever finds it finds all.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.artefact import Artefact, Vocabulary, open_artefact, write_artefact
from reco.datasets.snapshot import CatalogueSnapshot, InteractionSnapshot
from reco.errors import InvalidInput, PlatformFault, UserFault
from reco.evaluation.training import Trained, train
from reco.events.freeze import StreamedEvents, freeze_events
from reco.jobs.specification import SnapshotReference, TrainResult, TrainSpecification
from reco.jobs.trials import SearchReport, Trial, search_report_from_json
from reco.models.fit_settings import FitSettings
from reco.models.interactions import Interactions
from reco.models.training_data import TrainingData
from reco.recipes import Recipe, recipe_by_arn
from reco.storage.objects import Objects
from training_container.interaction_table import InteractionTable, read_snapshot, read_streamed

LEAST_USERS = 25
"""Users with two interactions or more that a training needs (reference, E.3)."""
LEAST_USER_SHARE = 0.01
"""And their least share of all users."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class TrainingInput:
    """What a training learns from: the same in every run of one attempt."""

    data: TrainingData
    users: Vocabulary
    items: Vocabulary
    """The whole catalogue, items that nobody has touched among them."""
    events: StreamedEvents
    """The streamed part of the data."""


def run_training(
    specification: TrainSpecification, workspace: Path, home: Objects, dynamodb_client: Any, progress: Progress
) -> TrainResult:
    """Trains one solution version.

    Raises:
        UserFault: too little data, or settings the recipe does not take.
        CorruptArtefact: a snapshot is not what its pointer says.
    """
    begun = time.monotonic()
    report = _search_report(specification, home)
    recipe, values = _recipe(specification) if report is None else recipe_of_trial(specification, report.chosen().trial)
    specification = replace(specification, recipe_arn=recipe.arn)
    given = read_input(specification, workspace, home, dynamodb_client, progress)
    interactions, users, items = given.data.interactions, given.users, given.items
    trained = train(
        given.data,
        users,
        items,
        family=recipe.family,
        values=values,
        settings=FitSettings(seed=specification.seed, threads=processors(), say=progress),
    )
    metrics = {name: round(value, 4) for name, value in trained.metrics.items()}
    folder = workspace / "artefact"
    digest = _write(
        folder, specification, recipe, values, trained, metrics, interactions, users, items, given.events, report
    )
    home.upload_folder(folder, specification.artefact_uri)
    progress(f"trained in {time.monotonic() - begun:.1f} s")
    return TrainResult(
        artefact_uri=specification.artefact_uri,
        artefact_digest=digest,
        metrics=metrics,
        training_seconds=round(time.monotonic() - begun, 3),
        users=int(np.count_nonzero(interactions.lengths)),
        items=len(items),
        interactions=len(interactions),
        notes={name: trained.model.attributes[name] for name in _NOTED if name in trained.model.attributes},
    )


def read_input(
    specification: TrainSpecification, workspace: Path, home: Objects, dynamodb_client: Any, progress: Progress
) -> TrainingInput:
    """Reads the snapshots and freezes the events, or reads what an earlier run of the attempt froze.

    Raises:
        UserFault: too little data.
        CorruptArtefact: a snapshot is not what its pointer says.
    """
    snapshots = {
        name: _fetch(home, reference, workspace / "snapshots" / name, progress)
        for name, reference in specification.snapshots.items()
    }
    events = freeze_events(
        home,
        dynamodb_client,
        specification.events,
        workspace,
        specification.frozen_uri,
        inputs={name: reference.digest for name, reference in specification.snapshots.items()},
    )
    progress(f"{len(events)} streamed events")
    interactions, users, items = _interactions(specification, snapshots, events)
    progress(f"{len(interactions)} interactions, {len(users)} users, {len(items)} items")
    return TrainingInput(TrainingData(interactions), users, items, events)


_NOTED = ("objective", "history_weights", "seen_items", "temperature")


def _recipe(specification: TrainSpecification) -> tuple[Recipe, dict[str, Any]]:
    recipe = recipe_by_arn(specification.recipe_arn)
    try:
        return recipe, dict(recipe.resolve(specification.hyperparameters, specification.feature_parameters))
    except InvalidInput as error:
        raise UserFault(error.message) from error


def recipe_of_trial(specification: TrainSpecification, trial: Trial) -> tuple[Recipe, dict[str, Any]]:
    """The recipe of one trial of a search, and what its family is fitted with."""
    recipe = recipe_by_arn(trial.recipe_arn)
    try:
        return recipe, recipe.resolve(trial.hyperparameters, specification.feature_parameters, trial.searched)
    except InvalidInput as error:
        raise UserFault(error.message) from error


def _search_report(specification: TrainSpecification, home: Objects) -> SearchReport | None:
    """What the search before this training found; None where there was none."""
    if specification.search is None:
        return None
    text = home.read_text(specification.search)
    if text is None:
        raise PlatformFault(f"The search's report {specification.search} is gone. Train a new solution version.")
    return search_report_from_json(text)


def _fetch(home: Objects, reference: SnapshotReference, folder: Path, progress: Progress) -> Artefact:
    if not home.download_folder(reference.uri, folder):
        raise PlatformFault(f"The snapshot {reference.uri} is gone. Import the data again.")
    artefact = open_artefact(folder, digest=reference.digest, verify=True)
    progress(f"{folder.name}: {reference.rows} rows")
    return artefact


def _interactions(
    specification: TrainSpecification, snapshots: dict[str, Artefact], events: StreamedEvents
) -> tuple[Interactions, Vocabulary, Vocabulary]:
    """The interactions to learn from, with the users and the whole catalogue."""
    parts = [read_streamed(events)]
    if "INTERACTIONS" in snapshots:
        parts.insert(0, read_snapshot(InteractionSnapshot.of(snapshots["INTERACTIONS"])))
    table = InteractionTable.united(parts)
    table = table.selected(specification.event_type, specification.event_value_threshold).without_duplicates()
    _require_enough(table, specification)
    catalogue = table.items
    rows = np.arange(len(catalogue), dtype=np.int32)
    if "ITEMS" in snapshots:
        catalogue, rows, _ = table.items.union(CatalogueSnapshot.of(snapshots["ITEMS"]).ids)
    item_rows = rows[table.item_rows]
    return Interactions(table.user_offsets(), item_rows, table.timestamps, len(catalogue)), table.users, catalogue


def _require_enough(table: InteractionTable, specification: TrainSpecification) -> None:
    """Personalize's minimums, in its words.

    Raises:
        UserFault: there is too little to learn from.
    """
    if len(table) < specification.minimum_interactions or not len(table):
        least = max(specification.minimum_interactions, 1)
        if specification.event_type is not None:
            where = f" after filtering by event type: {specification.event_type}"
        elif specification.event_value_threshold is not None:
            where = f" after filtering by event value threshold: {specification.event_value_threshold:g}"
        else:
            where = ""
        raise UserFault(
            f"Create failed. Dataset has fewer than {least} interactions{where}. "
            f"There {'is' if len(table) == 1 else 'are'} {len(table)}; import or stream more."
        )
    lengths = np.diff(table.user_offsets())
    able, active = int(np.count_nonzero(lengths >= 2)), int(np.count_nonzero(lengths))
    if able < LEAST_USERS:
        raise UserFault(
            f"Create failed. Dataset has fewer than {LEAST_USERS} users with at least 2 interactions each. "
            f"There are {able}."
        )
    if able < LEAST_USER_SHARE * active:
        raise UserFault(
            f"Create failed. Fewer than {LEAST_USER_SHARE:.0%} of the users have at least 2 interactions each: "
            f"{able} of {active}."
        )


def _write(
    folder: Path,
    specification: TrainSpecification,
    recipe: Recipe,
    values: dict[str, Any],
    trained: Trained,
    metrics: dict[str, float],
    interactions: Interactions,
    users: Vocabulary,
    items: Vocabulary,
    events: StreamedEvents,
    report: SearchReport | None,
) -> str:
    mark_arrays, mark_attributes = events.marks()
    arrays: dict[str, NDArray[Any]] = {
        **trained.model.arrays,
        **users.arrays("users"),
        **items.arrays("items"),
        **mark_arrays,
        "history_offsets": interactions.offsets,
        "history_items": interactions.items,
        "history_times": interactions.times,
    }
    attributes = {
        **trained.model.attributes,
        **mark_attributes,
        "recipe": recipe.name,
        "hyperparameters": values,
        "seed": specification.seed,
        "event_type": specification.event_type,
        "event_value_threshold": specification.event_value_threshold,
        "inputs": {name: reference.digest for name, reference in specification.snapshots.items()},
        "metrics": metrics,
        "probes": trained.probes,
        "interactions": len(interactions),
        "users": len(users),
        "items": len(items),
        "latest_timestamp": int(interactions.times.max()),
        **({"search": {**report.summary(), "each": report.lines()}} if report else {}),
    }
    return write_artefact(folder, kind="model", arrays=arrays, attributes=attributes)


def processors() -> int:
    """How many this process may use; more than eight gain nothing."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, 8)
