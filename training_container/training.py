"""The container's `train`: from a specification to an artefact in S3.

Snapshots and streamed events become one list of interactions; what is fitted and measured from it is the business of
`reco.evaluation.training`. The artefact's manifest is uploaded last: whoever finds it finds all.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.artefact import Artefact, Vocabulary, open_artefact, write_artefact
from reco.errors import AlgorithmFault, InvalidInput, PlatformFault, UserFault
from reco.evaluation.training import Trained, train
from reco.events.freeze import StreamedEvents, freeze_events
from reco.jobs.specification import SnapshotReference, TrainResult, TrainSpecification
from reco.jobs.trials import SearchReport, Trial, search_report_from_json
from reco.models.described_users import DescribedUsers
from reco.models.fit_settings import FitSettings
from reco.models.history import HISTORY_WEIGHTS, MEAN_WEIGHT
from reco.models.interactions import Interactions
from reco.models.training_data import TrainingData
from reco.recipes import Recipe, recipe_by_arn
from reco.recipes.event_parameters import as_attributes, parameters_of_config
from reco.storage.objects import Objects
from training_container.assembly import Selection, assemble
from training_container.updating import read_previous

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
    settings = FitSettings(seed=specification.seed, threads=processors(), say=progress)
    if specification.previous is not None:
        previous = read_previous(home, specification.previous, workspace / "previous", items)
        settings = replace(settings, previous=previous, decided=previous.attributes)
        progress("going on from an earlier version")
    trained = train(
        given.data,
        users,
        items,
        family=recipe.family,
        values=values,
        settings=settings,
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
    recipe = recipe_by_arn(specification.recipe_arn)
    snapshots = {
        name: _fetch(home, reference, workspace / "snapshots" / name, progress)
        for name, reference in specification.snapshots.items()
        if name in recipe.datasets or name not in _OF_ACTIONS
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
    found = assemble(recipe, snapshots, events, selection_of(specification, recipe), say=progress)
    progress(f"{len(found.data.interactions)} interactions, {len(found.users)} users, {len(found.items)} items")
    return TrainingInput(found.data, found.users, found.items, events)


def selection_of(specification: TrainSpecification, recipe: Recipe) -> Selection:
    """What of the data the settings of a solution, or the recipe itself, choose."""
    kinds = parameters_of_config(
        specification.event_type or recipe.event_type, specification.event_value_threshold, specification.events_config
    )
    return Selection(
        events=kinds,
        excluded={name: tuple(columns) for name, columns in specification.excluded_columns.items()},
        included=None
        if specification.included_columns is None
        else {name: tuple(columns) for name, columns in specification.included_columns.items()},
        least_interactions=specification.minimum_interactions,
        objective=_objective(specification.optimization_objective),
    )


def _objective(given: Mapping[str, str] | None) -> tuple[str, str] | None:
    """Column and sensitivity; who names no sensitivity asks for the metric alone."""
    return (given["item_attribute"], given.get("objective_sensitivity", "OFF")) if given else None


_OF_ACTIONS = ("ACTIONS", "ACTION_INTERACTIONS")
"""Datasets that are of use to recipes of actions alone."""
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
    weights = interactions.with_relative_weights().weights
    if weights is not None and interactions.weights is not None:
        arrays[HISTORY_WEIGHTS] = weights
        mark_attributes = {**mark_attributes, MEAN_WEIGHT: float(interactions.weights.mean(dtype=np.float64))}
    described = DescribedUsers.of(interactions, trained.model.attributes)
    attributes = {
        **trained.model.attributes,
        **mark_attributes,
        "recipe": recipe.name,
        "hyperparameters": values,
        "seed": specification.seed,
        **as_attributes(selection_of(specification, recipe).events),
        "inputs": {name: reference.digest for name, reference in specification.snapshots.items()},
        "metrics": metrics,
        "probes": trained.probes,
        "interactions": len(interactions),
        "users": len(users),
        "items": len(items),
        **described.attributes(),
        "latest_timestamp": int(interactions.times.max(initial=0)),
        **({"search": {**report.summary(), "each": report.lines()}} if report else {}),
    }
    arrays |= described.arrays()
    require_finite(arrays)
    return write_artefact(folder, kind="model", arrays=arrays, attributes=attributes)


def require_finite(arrays: Mapping[str, NDArray[Any]]) -> None:
    """What a model answers from holds numbers only.

    Raises:
        AlgorithmFault: names the array that holds anything else.
    """
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise AlgorithmFault(f"The training ended with values that are no numbers, in {name}.")


def processors() -> int:
    """How many this process may use; more than eight gain nothing."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, 8)
