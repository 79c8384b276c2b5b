"""Automatic training on the whole stack: schedules in moto's Scheduler, fired by the command, and who follows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from click.testing import CliRunner, Result

from local.journey import Journey, Traveller
from local.process import StackProcess
from local.sample_data import shop_data
from reco.cli.train_due import train_due
from tests.local.test_state_machines import wait_for

pytestmark = pytest.mark.xdist_group("stopped")


@pytest.fixture
def command(world: StackProcess, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in {
        "AWS_ENDPOINT_URL": world.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(train_due, arguments)

    return run


def test_a_due_schedule_trains_once_and_a_campaign_follows(world: StackProcess, command: Any) -> None:
    traveller = Traveller(world.client, poll_s=0.02)
    journey = Journey(prefix="due", bucket="due-data")
    sample = shop_data()
    traveller.upload(journey, sample)
    traveller.import_data(journey, sample)
    personalize = traveller.personalize
    solution = personalize.create_solution(
        name="due",
        datasetGroupArn=journey.arns["group"],
        recipeArn="arn:aws:personalize:::recipe/aws-popularity-count",
    )["solutionArn"]
    traveller.wait("solution", partial(personalize.describe_solution, solutionArn=solution))
    (schedule,) = [
        each
        for each in world.client("scheduler").list_schedules(GroupName=world.outputs["ScheduleGroup"])["Schedules"]
        if solution in scheduled_input(world, each["Name"])
    ]
    assert schedule["GroupName"] == world.outputs["ScheduleGroup"]
    assert personalize.list_solution_versions(solutionArn=solution)["solutionVersions"] == []

    soon = f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}"
    first = command("--at", soon)
    assert first.exit_code == 0, first.output
    assert f"{solution}, due" in first.output and "started" in first.output
    again = command("--at", soon)
    assert "this time was looked at before" in again.output

    (version,) = personalize.list_solution_versions(solutionArn=solution)["solutionVersions"]
    assert version["trainingType"] == "AUTOMATIC"
    arn = version["solutionVersionArn"]
    traveller.wait("training", partial(personalize.describe_solution_version, solutionVersionArn=arn))
    campaign = personalize.create_campaign(
        name="due",
        solutionVersionArn=f"{solution}/$LATEST",
        campaignConfig={"syncWithLatestSolutionVersion": True},
    )["campaignArn"]
    describe = partial(personalize.describe_campaign, campaignArn=campaign)
    traveller.wait("campaign", describe)
    assert "latestCampaignUpdate" not in describe()["campaign"]

    second = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    traveller.wait("second training", partial(personalize.describe_solution_version, solutionVersionArn=second))
    items = world.client("dynamodb")

    def served() -> bool:
        """Without describing the campaign, which would begin the update itself."""
        key = {"pk": {"S": "resource#campaign#due"}, "sk": {"S": "resource"}}
        stored = items.get_item(TableName=world.outputs["ResourcesTable"], Key=key)["Item"]
        return f'"serving":{{"version_arn":"{second}"' in stored["document"]["S"]

    wait_for(served, 20)
    wait_for(lambda: describe()["campaign"]["latestCampaignUpdate"]["status"] == "ACTIVE", 10)
    assert describe()["campaign"]["solutionVersionArn"] == second

    after_a_week = f"{datetime.now(UTC) + timedelta(days=7, hours=1):%Y-%m-%dT%H:%M:%S}"
    assert "no interactions arrived" in command("--at", after_a_week).output
    personalize.delete_campaign(campaignArn=campaign)


def scheduled_input(world: StackProcess, name: str) -> str:
    found = world.client("scheduler").get_schedule(GroupName=world.outputs["ScheduleGroup"], Name=name)
    return str(found["Target"]["Input"])


def test_a_stack_without_schedules_is_named(command: Any) -> None:
    assert "There is no stack Elsewhere here" in command("--stack", "Elsewhere").output
    assert "name the one that has the API" in command("--stack", "RecoJobs").output
