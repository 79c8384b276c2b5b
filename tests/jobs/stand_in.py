"""What a container leaves, without its work."""

from __future__ import annotations

import json
from collections.abc import Collection

from reco.errors import UserFault
from reco.jobs.specification import (
    ImportResult,
    ImportSpecification,
    Result,
    SnapshotReference,
    Specification,
    TrainResult,
    TrainSpecification,
)
from reco.jobs.trials import Proposal, ProposeSpecification, Trial, TrialResult, TrialSpecification
from reco.storage.objects import Objects


def result_of(home: Objects, specification: Specification, failing: Collection[int]) -> Result:
    """The result for a specification.

    Args:
        failing: numbers of the trials that fail.

    Raises:
        UserFault: it is one of these.
    """
    if isinstance(specification, ImportSpecification):
        before = specification.previous.rows if specification.previous else 0
        snapshot = SnapshotReference(specification.snapshot_uri, "digest", before + 1000)
        return ImportResult(snapshot, 1001, 1, {"TIMESTAMP": 1}, specification.attempt_uri)
    if isinstance(specification, ProposeSpecification):
        return proposal_of(specification)
    if isinstance(specification, TrialSpecification):
        if specification.trial.number in failing:
            raise UserFault(f"trial {specification.trial.number} found nothing")
        dimension = int(specification.trial.hyperparameters.get("hidden_dimension", "0"))
        return TrialResult({_metric_of(home, specification): 1 - abs(dimension - 37) / 1000}, 3.6)
    assert isinstance(specification, TrainSpecification)
    return TrainResult(specification.artefact_uri, "digest", {"coverage": 0.5}, 36.0, 50, 100, 1000)


def _metric_of(home: Objects, specification: TrialSpecification) -> str:
    """What the search of this trial maximises."""
    folder = specification.attempt_uri.rpartition("/trial-")[0]
    text = home.read_text(f"{folder}/search.json")
    assert text is not None
    return str(json.loads(text)["metric"])


def proposal_of(specification: ProposeSpecification) -> Proposal:
    """Dimensions from 32 upwards, one a trial; of several candidates each once, then the first goes on."""
    search, first = specification.search, len(specification.known)
    trials = []
    for number in range(first, first + specification.count):
        candidate = search.candidates[number if number < len(search.candidates) else 0]
        values = {each.name: each.start for each in candidate.ranges}
        if "hidden_dimension" in values:
            values["hidden_dimension"] = str(32 + number)
        trials.append(Trial(number, candidate.recipe_arn, {**candidate.hyperparameters, **values}, sorted(values)))
    return Proposal(tuple(trials))
