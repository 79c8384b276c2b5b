"""The container's part in a search: `propose` says what to try, `trial` tries it.

Nothing of the optimiser is imported before a proposal is asked for.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from reco.errors import PlatformFault
from reco.evaluation.training import try_out
from reco.jobs.specification import TrainSpecification, specification_from_json
from reco.jobs.trials import Proposal, ProposeSpecification, TrialResult, TrialSpecification
from reco.models.fit_settings import FitSettings
from reco.storage.objects import Objects
from training_container.training import Progress, processors, read_input, recipe_of_trial


def run_proposal(
    specification: ProposeSpecification, workspace: Path, home: Objects, dynamodb_client: Any, progress: Progress
) -> Proposal:
    """The next round's trials; the first round also freezes what all trials and the training learn from.

    Raises:
        UserFault: too little data.
    """
    if specification.training is not None:
        read_input(_training(specification.training, home), workspace, home, dynamodb_client, progress)

    from training_container.proposing import propose

    proposal = propose(specification.search, specification.known, specification.count)
    progress(f"{len(proposal.trials)} trials proposed after {len(specification.known)}")
    return proposal


def run_trial(
    specification: TrialSpecification, workspace: Path, home: Objects, dynamodb_client: Any, progress: Progress
) -> TrialResult:
    """Trains one trial on the training users and measures it on the validation users.

    Raises:
        UserFault: too little data, or settings the recipe does not take.
    """
    begun = time.monotonic()
    trial = specification.trial
    training = replace(_training(specification.training, home), recipe_arn=trial.recipe_arn)
    recipe, values = recipe_of_trial(training, trial)
    given = read_input(training, workspace, home, dynamodb_client, progress)
    metrics = try_out(
        given.data,
        given.users,
        given.items,
        family=recipe.family,
        values=values,
        settings=FitSettings(seed=training.seed, threads=processors(), say=progress),
    )
    seconds = round(time.monotonic() - begun, 3)
    progress(f"trial {trial.number} took {seconds:.1f} s")
    return TrialResult({name: round(value, 4) for name, value in metrics.items()}, seconds)


def _training(address: str, home: Objects) -> TrainSpecification:
    text = home.read_text(address)
    specification = specification_from_json(text) if text else None
    if not isinstance(specification, TrainSpecification):
        raise PlatformFault(f"There is no training's specification at {address}.")
    return specification
