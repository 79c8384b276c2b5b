"""The training's state machine: the search before the training, and machines for what is large."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from infra.train_machine import MOST_AT_ONCE
from tests.infra.machine_runs import CALLS, LARGEST_PAYLOAD, MACHINES, PLAN, WELL, Functions, Start


def test_large_work_goes_to_an_instance_at_once(run: Start) -> None:
    done = run("train", {**WELL, "plan": lambda _: {**PLAN, "tier": "instance"}})
    assert "Run on an instance" in done.entered
    assert "job" not in done.steps
    assert done.end["status"] == "SUCCEEDED", done.end
    (job,) = boto3.client("sagemaker").list_training_jobs()["TrainingJobSummaries"]
    described = boto3.client("sagemaker").describe_training_job(TrainingJobName=job["TrainingJobName"])
    assert described["TrainingJobName"] == PLAN["job_name"]
    assert described["HyperParameters"] == {"command": PLAN["command"], "specification": PLAN["specification"]}
    assert described["ResourceConfig"] == {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 10}


def round_of(*names: str, tier: str = "function") -> list[dict[str, str]]:
    """Runs with addresses and names as long as real ones."""
    folder = f"s3://reco-storage-data-1a2b3c4d5e6f7a8b9c0d/jobs/{'1' * 32}/{'2' * 16}/search"
    return [
        {
            "name": name,
            "tier": tier,
            "command": "trial",
            "specification": f"{folder}/{name}/specification.json",
            "job_name": f"reco-propose-{'1' * 16}-{'2' * 16}-{name}",
        }
        for name in names
    ]


def searching(*rounds: list[dict[str, str]]) -> Functions:
    """Functions of a training that searches these rounds."""
    left = list(rounds)

    def search(_: dict[str, Any]) -> dict[str, Any]:
        return {"more": bool(left), "runs": left.pop(0) if left else []}

    return {**WELL, "plan": lambda _: {**PLAN, "command": "train", "search": True}, "search": search}


def test_a_search_runs_its_rounds_one_after_another_and_then_the_training(run: Start) -> None:
    trials = [f"trial-{number:03d}" for number in range(3)]
    done = run("train", searching(round_of("round-00"), round_of(*trials)))
    assert done.end["status"] == "SUCCEEDED", done.end
    assert done.steps == ["begin", "plan", "search", "job", "search", "job", "job", "job", "search", "job", "commit"]
    looks = [each for each in CALLS if each.get("step") == "search"]
    assert [each["ran"] for each in looks] == [[], ["round-00"], trials]
    assert all(each["attempt"] == "a1" and each["execution"] == done.execution for each in looks)
    jobs = [each for each in CALLS if "step" not in each]
    assert jobs[0] == {"command": "trial", "specification": round_of("round-00")[0]["specification"]}
    assert jobs[-1] == {"command": "train", "specification": PLAN["specification"]}


def test_a_trial_that_fails_is_noted_and_ends_nothing_else(run: Start) -> None:
    runs = round_of("trial-000", "trial-001")

    def job(payload: dict[str, Any]) -> Any:
        bad = payload["specification"] == runs[1]["specification"]
        return ValueError("UserFault", "there is nothing in it") if bad else {}

    done = run("train", {**searching(runs), "job": job})
    assert done.end["status"] == "SUCCEEDED", done.end
    (noted,) = [each for each in CALLS if each.get("step") == "note"]
    assert (noted["run"], noted["attempt"], noted["machine"]) == ("trial-001", "a1", "train")
    assert noted["error"]["Error"] == "UserFault"
    assert CALLS[-1]["step"] == "commit"


def test_a_trial_that_outgrows_the_function_goes_to_an_instance(run: Start) -> None:
    def job(payload: dict[str, Any]) -> Any:
        return ValueError("MemoryError", "too small") if "trial-000" in payload["specification"] else {}

    done = run("train", {**searching(round_of("trial-000", "trial-001")), "job": job})
    assert done.end["status"] == "SUCCEEDED", done.end
    assert done.entered.count("Try on an instance") == 1
    (job_made,) = boto3.client("sagemaker").list_training_jobs()["TrainingJobSummaries"]
    assert job_made["TrainingJobName"] == round_of("trial-000")[0]["job_name"]
    assert "note" not in done.steps


def test_trials_on_instances_are_jobs_of_their_own(run: Start) -> None:
    names = [f"trial-{number:03d}" for number in range(4)]
    done = run("train", searching(round_of(*names, tier="instance")))
    assert done.end["status"] == "SUCCEEDED", done.end
    made = boto3.client("sagemaker").list_training_jobs()["TrainingJobSummaries"]
    assert {each["TrainingJobName"][-9:] for each in made} == set(names)
    assert done.steps.count("job") == 1, "the training itself"


@pytest.mark.parametrize("step", ["search", "note"])
def test_a_search_that_cannot_go_on_fails_the_training(run: Start, step: str) -> None:
    failing = {
        **searching(round_of("trial-000")),
        "job": lambda _: ValueError("UserFault", "bad"),
        step: lambda _: ValueError("StaleAttempt", "attempt a1 has been replaced"),
    }
    done = run("train", failing)
    assert (done.end["status"], done.end["error"]) == ("FAILED", "JobFailed")
    assert CALLS[-1]["step"] == "fail"
    assert CALLS[-1]["error"]["Error"] == "StaleAttempt"


def test_the_largest_round_fits_into_a_state(run: Start) -> None:
    names = [f"trial-{number:03d}" for number in range(MOST_AT_ONCE)]
    chatty = {
        name: (lambda payload, made=made: {**made(payload), "more_of_it": "x" * 200_000})
        for name, made in searching(round_of("round-00"), round_of(*names)).items()
    }
    done = run("train", {**chatty, "job": lambda _: ValueError("UserFault", "y" * 30_000)})
    assert done.entered.count("Note the failure") == 1 + MOST_AT_ONCE
    carried = [
        len(each["stateEnteredEventDetails"]["input"]) for each in done.history if "stateEnteredEventDetails" in each
    ]
    outside = [size for size, name in zip(carried, done.entered, strict=True) if name in MACHINES["train"]["States"]]
    assert max(outside[:-3]) < LARGEST_PAYLOAD, "before the training's own failure"
