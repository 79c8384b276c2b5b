"""A whole search in the container: proposed, tried and trained from one frozen input (moto)."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reco.errors import PlatformFault, UserFault
from reco.evaluation.metrics import METRICS
from reco.jobs.specification import TrainSpecification, to_json
from reco.jobs.trial import try_model
from reco.jobs.trials import (
    Candidate,
    ProposeSpecification,
    Search,
    SearchReport,
    Trial,
    TrialReport,
    TrialSpecification,
)
from reco.recipes import recipe_by_arn
from reco.recipes.search_space import OBJECTIVE, search_ranges
from tests.models.container import Container, container, planted_rows
from training_container.tuning import run_proposal, run_trial

__all__ = ["container"]  # fixture

UP = "arn:aws:personalize:::recipe/aws-user-personalization"
POPULAR = "arn:aws:personalize:::recipe/aws-popularity-count"
FOLDER = "s3://data/jobs/a1/"
TRAINING = FOLDER + "specification.json"
REPORT = FOLDER + "search/report.json"


class Searcher:
    """A container with a training to search for."""

    def __init__(self, container: Container, specification: TrainSpecification, *recipes: str) -> None:
        self.container, self.specification = container, specification
        container.home.write_text(TRAINING, to_json(specification))
        candidates = tuple(Candidate(arn, {}, search_ranges(recipe_by_arn(arn), {}, {})) for arn in recipes)
        self.search = Search(OBJECTIVE, candidates, 4, 2, 0)
        self.runs = 0

    def _given(self) -> Any:
        self.runs += 1
        workspace = self.container.folder / f"search{self.runs}"
        workspace.mkdir()
        return workspace, self.container.home, self.container.dynamodb, lambda line: None

    def propose(self, *known: TrialReport, count: int = 2) -> tuple[Trial, ...]:
        training = None if known else TRAINING
        asked = ProposeSpecification(FOLDER + "search/round-00/", self.search, known, count, training)
        return run_proposal(asked, *self._given()).trials

    def attempt(self, trial: Trial) -> TrialReport:
        asked = TrialSpecification(f"{FOLDER}search/trial-{trial.number:03d}/", TRAINING, trial)
        result = run_trial(asked, *self._given())
        return TrialReport(trial, result.metrics, result.seconds)


def test_trials_report_every_metric_and_the_best_is_trained(container: Container) -> None:
    specification = container.specify(container.put_interactions(planted_rows()), hyperparameters={}, search=REPORT)
    searcher = Searcher(container, specification, POPULAR, UP)
    reports = [searcher.attempt(trial) for trial in searcher.propose()]
    assert [set(each.metrics) for each in reports] == [set(METRICS)] * 2
    assert all(value == round(value, 4) for each in reports for value in each.metrics.values())
    popular, personal = (each.metrics[OBJECTIVE] for each in reports)
    assert personal > popular, "tastes are planted"
    (further,) = searcher.propose(*reports, count=1)
    assert (further.recipe_arn, further.number) == (UP, 2)
    reports.append(searcher.attempt(further))
    best = max(reports, key=lambda each: (each.metrics[OBJECTIVE], -each.trial.number)).trial
    report = SearchReport(OBJECTIVE, best.number, tuple(reports))
    container.home.write_text(REPORT, to_json(report))
    result = container.run(specification)
    attributes = container.open(result).attributes
    assert attributes["recipe"] == "aws-user-personalization"
    assert attributes["hyperparameters"]["hidden_dimension"] == int(best.hyperparameters["hidden_dimension"])
    assert attributes["search"]["trials"] == 3
    assert attributes["search"]["each"][0]["recipe"] == "aws-popularity-count"
    assert all(each["value"] > 0 for each in attributes["search"]["each"])
    assert try_model(container.home, result.artefact_uri, result.artefact_digest) >= 3


def test_a_trial_is_the_same_when_it_is_made_again(container: Container) -> None:
    searcher = Searcher(container, container.specify(container.put_interactions(planted_rows())), UP)
    first, second = searcher.propose()
    assert (first, second) == searcher.propose()
    again = [replace(searcher.attempt(second), seconds=0.0) for _ in range(2)]
    assert again[0] == again[1]


def test_all_trials_learn_from_what_the_first_proposal_froze(container: Container) -> None:
    searcher = Searcher(container, container.specify(container.put_interactions(planted_rows())), UP)
    (trial, _) = searcher.propose()
    before = searcher.attempt(trial)
    container.stream(*((f"u{user:03d}", "all the rage", 9_000 + user) for user in range(120)))
    assert replace(searcher.attempt(trial), seconds=before.seconds) == before


def test_too_little_data_are_refused_before_anything_is_tried(container: Container) -> None:
    searcher = Searcher(container, container.specify(container.put_interactions(planted_rows(users=40))), UP)
    with pytest.raises(UserFault, match="fewer than 1000 interactions"):
        searcher.propose()


def test_a_search_whose_training_is_unknown_is_the_platforms_fault(container: Container) -> None:
    searcher = Searcher(container, container.specify(container.put_interactions(planted_rows())), UP)
    (trial, _) = searcher.propose()
    container.home.client.delete_object(Bucket="data", Key="jobs/a1/specification.json")
    with pytest.raises(PlatformFault, match="no training's specification"):
        searcher.attempt(trial)


def test_a_report_that_is_gone_is_the_platforms_fault(container: Container) -> None:
    specification = container.specify(container.put_interactions(planted_rows()), search=REPORT)
    with pytest.raises(PlatformFault, match="report"):
        container.run(specification)


def test_a_run_that_was_finished_before_is_not_made_again(container: Container, tmp_path: Path) -> None:
    from training_container.job import Job
    from training_container.layout import ContainerFolders

    class Session:
        def client(self, name: str) -> Any:
            return container.home.client

    folder = FOLDER + "search/trial-000/"
    trial = Trial(0, UP, {}, [])
    container.home.write_text(
        folder + "specification.json", to_json(TrialSpecification(folder, "s3://data/none", trial))
    )
    container.home.write_text(folder + "result.json", json.dumps({"metrics": {}, "seconds": 1.0}))
    session: Any = Session()
    job = Job(ContainerFolders(tmp_path / "ml"), session)
    job.run({"command": "trial", "specification": folder + "specification.json"})
    assert container.home.read_text(folder + "failure.json") is None


def test_a_trial_loads_no_optimiser() -> None:
    code = (
        "import sys, reco.evaluation.training, training_container.tuning, training_container.job\n"
        "assert not [name for name in ('optuna', 'sqlalchemy', 'alembic') if name in sys.modules]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
