"""The state machines that put a model into service: a deployment's and a recommender's."""

from __future__ import annotations

import json

import boto3

from reco.jobs.plan import NOWHERE
from tests.infra.machine_runs import CALLS, PLAN, WELL, Start


def test_a_deployment_is_checked_committed_and_settled(run: Start) -> None:
    done = run("deploy", WELL)
    assert done.end["status"] == "SUCCEEDED", done.end
    assert done.steps == ["begin", "check", "commit", "settle"]
    assert "Wait for caches" in done.entered


def test_a_recommender_is_trained_and_then_served(run: Start) -> None:
    done = run("recommender", WELL)
    assert done.end["status"] == "SUCCEEDED", done.end
    assert done.steps == ["begin", "plan", "job", "adopt", "check", "commit", "settle"]
    assert {each["machine"] for each in CALLS if "machine" in each} == {"recommender"}
    assert json.loads(done.end["output"])["trained"]["summary"] == {"artefact": "s3://data/models/1/2/"}


def test_a_recommender_whose_model_will_do_is_served_without_a_training(run: Start) -> None:
    done = run("recommender", {**WELL, "plan": lambda _: {**PLAN, "tier": NOWHERE}})
    assert done.end["status"] == "SUCCEEDED", done.end
    assert done.steps == ["begin", "plan", "check", "commit", "settle"]


def test_a_large_recommender_is_trained_on_an_instance(run: Start) -> None:
    done = run("recommender", {**WELL, "plan": lambda _: {**PLAN, "tier": "instance"}})
    assert done.end["status"] == "SUCCEEDED", done.end
    assert done.steps == ["begin", "plan", "adopt", "check", "commit", "settle"]
    assert len(boto3.client("sagemaker").list_training_jobs()["TrainingJobSummaries"]) == 1
