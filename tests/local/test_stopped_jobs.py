"""Jobs whose execution a person stops, on the whole stack: they fail in words, and nothing stays taken."""

from __future__ import annotations

import json
import subprocess
from functools import partial
from typing import Any

import pytest

from local.journal import KeptExecution
from local.notices import BAD_ENDS, change_event
from local.process import StackProcess
from local.sample_data import shop_data
from tests.journey.shops import ImportedShop
from tests.local.test_state_machines import wait_for

pytestmark = pytest.mark.xdist_group("stopped")


class Shop(ImportedShop):
    """A group whose jobs are stopped."""

    def start_import(self, name: str) -> str:
        answer = self.traveller.personalize.create_dataset_import_job(
            jobName=name,
            datasetArn=self.journey.arns["interactions dataset"],
            dataSource={"dataLocation": "s3://stopped-data/interactions.csv"},
        )
        return str(answer["datasetImportJobArn"])

    def stop(self, machine: str, arn: str, job: str) -> None:
        """Stops the execution of a resource as soon as its container job runs; waits until that has gone."""
        states = self.world.client("stepfunctions")
        wait_for(lambda: running_jobs(self.world, job))
        executions = states.list_executions(stateMachineArn=self.world.outputs[machine], statusFilter="RUNNING")
        (execution,) = [
            each["executionArn"]
            for each in executions["executions"]
            if json.loads(states.describe_execution(executionArn=each["executionArn"])["input"]) == {"arn": arn}
        ]
        states.stop_execution(executionArn=execution)
        wait_for(lambda: not running_jobs(self.world, job))


def running_jobs(world: StackProcess, job: str) -> list[str]:
    """Command lines of the stack's own container jobs."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()[1:]]
    return [row[2] for row in rows if row[1] == str(world.pid) and f"training_container.entry {job}" in row[2]]


@pytest.fixture(scope="module")
def shop(world: StackProcess) -> Shop:
    return Shop.opened(world, "stopped", shop_data())


def ended(describe: Any) -> dict[str, Any]:
    """The resource once it is no longer in progress."""

    def look() -> Any:
        resource = next(value for name, value in describe().items() if name != "ResponseMetadata")
        return resource if resource["status"] not in ("CREATE PENDING", "CREATE IN_PROGRESS") else None

    found: dict[str, Any] = wait_for(look)
    return found


def test_a_stopped_import_fails_and_leaves_its_dataset_free(shop: Shop) -> None:
    personalize = shop.traveller.personalize
    arn = shop.start_import("stopped-by-hand")
    shop.stop("ImportMachine", arn, "import")
    job = ended(partial(personalize.describe_dataset_import_job, datasetImportJobArn=arn))
    assert job["status"] == "CREATE FAILED"
    assert "stopped" in job["failureReason"]
    again = shop.start_import("after-the-stop")
    shop.traveller.wait("import", partial(personalize.describe_dataset_import_job, datasetImportJobArn=again))


def test_a_stopped_training_fails_and_can_be_deleted(shop: Shop) -> None:
    personalize = shop.traveller.personalize
    shop.traveller.start_training(shop.journey, "user-personalization")
    version = shop.journey.arns["user-personalization version"]
    shop.stop("TrainMachine", version, "train")
    trained = ended(partial(personalize.describe_solution_version, solutionVersionArn=version))
    assert trained["status"] == "CREATE FAILED"
    assert "stopped" in trained["failureReason"]
    solution = shop.journey.arns["user-personalization solution"]
    personalize.delete_solution(solutionArn=solution)
    wait_for(lambda: solution not in [each["solutionArn"] for each in personalize.list_solutions()["solutions"]])


def test_a_training_that_its_caller_stops_ends_with_its_container(shop: Shop) -> None:
    personalize = shop.traveller.personalize
    solution = personalize.create_solution(
        name="stopped-by-its-caller",
        datasetGroupArn=shop.journey.arns["group"],
        recipeArn="arn:aws:personalize:::recipe/aws-user-personalization",
        performAutoTraining=False,
    )["solutionArn"]
    shop.traveller.wait("solution", partial(personalize.describe_solution, solutionArn=solution))
    version = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    wait_for(lambda: running_jobs(shop.world, "train"))
    personalize.stop_solution_version_creation(solutionVersionArn=version)
    wait_for(lambda: not running_jobs(shop.world, "train"))
    describe = partial(personalize.describe_solution_version, solutionVersionArn=version)
    wait_for(lambda: describe()["solutionVersion"]["status"] == "CREATE STOPPED")
    assert "failureReason" not in describe()["solutionVersion"]
    personalize.delete_solution(solutionArn=solution)


def test_a_stopped_search_fails_and_leaves_no_trial_running(shop: Shop) -> None:
    personalize = shop.traveller.personalize
    resources = {"maxNumberOfTrainingJobs": "6", "maxParallelTrainingJobs": "3"}
    solution = personalize.create_solution(
        name="stopped-search",
        datasetGroupArn=shop.journey.arns["group"],
        recipeArn="arn:aws:personalize:::recipe/aws-user-personalization",
        performHPO=True,
        performAutoTraining=False,
        solutionConfig={"hpoConfig": {"hpoResourceConfig": resources}},
    )["solutionArn"]
    shop.traveller.wait("solution", partial(personalize.describe_solution, solutionArn=solution))
    version = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    wait_for(lambda: len(running_jobs(shop.world, "trial")) > 1)
    shop.stop("TrainMachine", version, "trial")
    trained = ended(partial(personalize.describe_solution_version, solutionVersionArn=version))
    assert trained["status"] == "CREATE FAILED"
    assert "stopped" in trained["failureReason"]
    assert "tunedHPOParams" not in trained
    assert not running_jobs(shop.world, "")


def test_every_bad_end_of_every_machine_fits_the_templates_rule(world: StackProcess) -> None:
    from moto.events.models import EventPattern

    (rule,) = [rule for rule in world.client("events").list_rules()["Rules"] if "BadEnds" in rule["Name"]]
    pattern: Any = EventPattern.load(rule["EventPattern"])
    for machine in ("ImportMachine", "TrainMachine", "DeployMachine"):
        for status in (*BAD_ENDS, "SUCCEEDED"):
            end = {"status": status, "output": None, "error": None, "cause": None, "stopped": 1_700_000_001.0}
            execution = KeptExecution("arn", world.outputs[machine], "name", "{}", 1_700_000_000.0, end)
            assert pattern.matches_event(change_event(execution, "us-east-1")) == (status != "SUCCEEDED")
