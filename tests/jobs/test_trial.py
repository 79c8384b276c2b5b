"""A real model on trial, whole and damaged; and the two handlers as the state machine calls them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lambdas.deployment import handler as deployment
from lambdas.workflow import handler as workflow
from reco.arns import Kind
from reco.artefact import Artefact
from reco.artefact.files import open_artefact, write_artefact
from reco.errors import AlgorithmFault, CorruptArtefact, PlatformFault, StaleAttempt
from reco.evaluation.training import train
from reco.jobs.trial import compare, try_model
from reco.models.fit_settings import FitSettings
from reco.models.query import Ranking
from reco.models.training_data import TrainingData
from reco.recipes import recipe_by_arn
from reco.settings import environment_for
from tests.jobs.bench import CAMPAIGN, IMPORT, REGION, Bench
from tests.models.builders import names, planted_tastes

ADDRESS = "s3://home/models/first/"
RECIPES = ("aws-user-personalization", "aws-sims", "aws-popularity-count")


@pytest.fixture(scope="module", params=RECIPES)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Artefact:
    """A small artefact as the container writes it."""
    recipe = recipe_by_arn(f"arn:aws:personalize:::recipe/{request.param}")
    interactions, _ = planted_tastes(users=60, items_each=8, length=8)
    users, items = names(60, "u"), names(40, "i")
    values = dict(recipe.resolve({}, {}))
    trained = train(
        TrainingData(interactions), users, items, family=recipe.family, values=values, settings=FitSettings()
    )
    arrays = {**trained.model.arrays, **users.arrays("users"), **items.arrays("items")}
    attributes = {**trained.model.attributes, "probes": trained.probes}
    folder = tmp_path_factory.mktemp("model")
    return open_artefact(folder, digest=write_artefact(folder, kind="model", arrays=arrays, attributes=attributes))


def publish(bench: Bench, folder: Path) -> None:
    bench.context.home.upload_folder(folder, ADDRESS)


def test_a_model_that_answers_as_after_training_passes(bench: Bench, model: Artefact) -> None:
    publish(bench, model.folder)
    assert try_model(bench.context.home, ADDRESS, model.digest) == len(model.attributes["probes"]) > 2


def test_a_changed_byte_anywhere_is_found(bench: Bench, model: Artefact, tmp_path: Path) -> None:
    for path in sorted(model.folder.iterdir()):
        if not path.stat().st_size:
            continue
        copy = tmp_path / path.name
        shutil.copytree(model.folder, copy)
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        (copy / path.name).write_bytes(content)
        publish(bench, copy)
        with pytest.raises(CorruptArtefact):
            try_model(bench.context.home, ADDRESS, model.digest)


def test_another_model_under_the_address_is_found(bench: Bench, model: Artefact) -> None:
    publish(bench, model.folder)
    with pytest.raises(CorruptArtefact):
        try_model(bench.context.home, ADDRESS, "0" * 64)


def test_a_model_that_answers_otherwise_is_refused(bench: Bench, model: Artefact, tmp_path: Path) -> None:
    def mistaken(probe: dict[str, Any]) -> dict[str, Any]:
        return {**probe, "items": probe["items"][1:], "scores": probe["scores"] and probe["scores"][1:]}

    attributes = {**model.attributes, "probes": [mistaken(probe) for probe in model.attributes["probes"]]}
    arrays = {name: np.array(model.array(name)) for name in model.names}
    digest = write_artefact(tmp_path, kind="model", arrays=arrays, attributes=attributes)
    publish(bench, tmp_path)
    with pytest.raises(AlgorithmFault, match="question 1: 10 items instead of 9"):
        try_model(bench.context.home, ADDRESS, digest)


def test_a_model_that_is_gone_is_missed(bench: Bench) -> None:
    with pytest.raises(PlatformFault, match="not at s3://home/models/gone/ any more"):
        try_model(bench.context.home, "s3://home/models/gone/", "0" * 64)


def ranking(items: list[int], scores: list[float]) -> Ranking:
    return Ranking(np.array(items, np.int32), np.array(scores))


@pytest.mark.parametrize(
    ("items", "scores", "words"),
    [
        ([1, 2, 3], [0.5, 0.3, 0.2], None),
        ([1, 2, 3], [0.50001, 0.29999, 0.2], None),
        ([2, 1, 3], [0.5, 0.3, 0.2], None),
        ([1, 2, 9], [0.5, 0.3, 0.2], None),
        ([1, 2, 3], [0.5, 0.31, 0.19], "score 0.31 instead of 0.3 at place 2"),
        ([9, 2, 3], [0.5, 0.3, 0.2], "item row 1 is missing"),
        ([1, 2], [0.5, 0.3], "2 items instead of 3"),
    ],
)
def test_last_digits_and_ties_may_differ_and_nothing_else(
    items: list[int], scores: list[float], words: str | None
) -> None:
    probe = {"items": [1, 2, 3], "scores": [0.5, 0.3, 0.2]}
    assert compare(ranking(items, scores), probe) == words


def test_without_scores_the_order_is_the_answer() -> None:
    probe = {"items": [1, 2], "scores": None}
    assert compare(Ranking(np.array([1, 2], np.int32), None), probe) is None
    assert compare(Ranking(np.array([2, 1], np.int32), None), probe) == "other items"


def test_the_deployment_handler_checks_what_the_attempt_deploys(bench: Bench, model: Artefact) -> None:
    publish(bench, model.folder)
    bench.put_campaign()
    trained = {"artefact": {"uri": ADDRESS, "digest": model.digest}}
    bench.context.table.update(Kind.SOLUTION_VERSION, "als/11111111", lambda version: replace(version, inner=trained))
    execution, attempt = bench.begin(CAMPAIGN)
    environment = environment_for(region=REGION, resources_table="resources", data_bucket="home")
    check = deployment.build(environment)
    event = {"step": "check", "machine": "deploy", "arn": CAMPAIGN, "execution": execution, "attempt": attempt}
    assert check(event, None)["digest"] == model.digest
    with pytest.raises(StaleAttempt):
        check({**event, "attempt": "another"}, None)
    with pytest.raises(ValueError):
        check({**event, "step": "begin"}, None)


def test_the_workflow_handler_takes_an_import_through_its_steps(bench: Bench) -> None:
    environment = environment_for(
        region=REGION,
        resources_table="resources",
        events_table="events",
        data_bucket="home",
        data_buckets="callers-data",
        job_role="arn:aws:iam::123456789012:role/job",
        external_id="deployment-1",
        instance_type="ml.m5.xlarge",
        function_memory_mb=3008,
        pointer_cache_s=0,
        bad_row_share=0.05,
        minimum_interactions=1000,
        customer_key="",
    )
    handler: Callable[[dict[str, Any], Any], dict[str, Any]] = workflow.build(environment)
    event = {"machine": "import", "arn": IMPORT, "execution": bench.start()}
    claim = handler({**event, "step": "begin"}, None)
    assert claim["proceed"] is True
    event["attempt"] = claim["attempt"]
    plan = handler({**event, "step": "plan"}, None)
    assert len(json.dumps(plan)) < 4000
    bench.run_container(plan)
    handler({**event, "step": "commit"}, None)
    assert bench.job.status == "ACTIVE"
    with pytest.raises(ValueError, match="no step"):
        handler({**event, "step": "settle"}, None)
    with pytest.raises(ValueError, match="no machine"):
        handler({**event, "step": "begin", "machine": "dance"}, None)
