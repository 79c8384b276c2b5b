"""Automatic training on the whole stack: schedules in moto's Scheduler, fired by the command, and who follows."""

from __future__ import annotations

import json
from collections.abc import Callable
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

    wait_for(served)
    wait_for(lambda: describe()["campaign"]["latestCampaignUpdate"]["status"] == "ACTIVE")
    assert describe()["campaign"]["solutionVersionArn"] == second

    after_a_week = f"{datetime.now(UTC) + timedelta(days=7, hours=1):%Y-%m-%dT%H:%M:%S}"
    assert "no interactions arrived" in command("--at", after_a_week).output
    personalize.delete_campaign(campaignArn=campaign)


MOST_VIEWED = "arn:aws:personalize:::recipe/aws-ecomm-popular-items-by-views"


def domain_data(traveller: Traveller) -> tuple[str, Callable[[str], None]]:
    """A group of a domain with interactions; and how to import them once more, under a name of its own."""
    personalize = traveller.personalize
    group = personalize.create_dataset_group(name="due-domain", domain="ECOMMERCE")["datasetGroupArn"]
    traveller.wait("group", partial(personalize.describe_dataset_group, datasetGroupArn=group))
    schema = json.dumps(shop_data().interactions_schema)
    schema_arn = personalize.create_schema(name="due-domain", schema=schema, domain="ECOMMERCE")["schemaArn"]
    dataset = personalize.create_dataset(
        name="due-domain", schemaArn=schema_arn, datasetGroupArn=group, datasetType="Interactions"
    )["datasetArn"]
    traveller.wait("dataset", partial(personalize.describe_dataset, datasetArn=dataset))
    traveller.s3.create_bucket(Bucket="due-domain")
    traveller.s3.put_object(Bucket="due-domain", Key="views.csv", Body=shop_data().interactions_csv)

    def import_data(name: str) -> None:
        location = {"dataLocation": "s3://due-domain/views.csv"}
        job = personalize.create_dataset_import_job(jobName=name, datasetArn=dataset, dataSource=location)
        describe = personalize.describe_dataset_import_job
        traveller.wait("import", partial(describe, datasetImportJobArn=job["datasetImportJobArn"]))

    return group, import_data


def test_a_recommender_is_trained_anew_each_week_while_it_answers(world: StackProcess, command: Any) -> None:
    traveller = Traveller(world.client, poll_s=0.02)
    personalize, runtime = traveller.personalize, traveller.runtime
    group, import_data = domain_data(traveller)
    import_data("due-domain-1")
    asked = {"name": "due", "datasetGroupArn": group, "recipeArn": MOST_VIEWED}
    arn = personalize.create_recommender(**asked)["recommenderArn"]

    def shown() -> dict[str, Any]:
        return dict(personalize.describe_recommender(recommenderArn=arn)["recommender"])

    def answer() -> list[str]:
        found = runtime.get_recommendations(recommenderArn=arn, userId="user-0001", numResults=5)["itemList"]
        return [each["itemId"] for each in found]

    def scheduled() -> bool:
        """Without describing the recommender, which would have the schedule made itself."""
        listed = world.client("scheduler").list_schedules(GroupName=world.outputs["ScheduleGroup"])["Schedules"]
        return any(arn in scheduled_input(world, each["Name"]) for each in listed)

    def fired(**ahead: float) -> str:
        output = str(command("--at", f"{datetime.now(UTC) + timedelta(**ahead):%Y-%m-%dT%H:%M:%S}").output)
        return next((line for line in output.splitlines() if line.startswith(f"{arn}, due")), "")

    wait_for(scheduled)
    before, told = shown(), answer()
    assert (before["status"], len(told)) == ("ACTIVE", 5)
    assert fired(days=6) == ""
    assert "no data arrived" in fired(days=7)
    import_data("due-domain-2")
    assert "anew" in fired(days=14)

    def learned() -> bool:
        assert answer() == told, "the same data have the same answers, by the old model and the new one"
        now = shown()
        assert (now["status"], now.get("latestRecommenderUpdate")) == ("ACTIVE", None)
        return bool(now["lastUpdatedDateTime"] > before["lastUpdatedDateTime"])

    wait_for(learned)
    assert {**shown(), "lastUpdatedDateTime": None} == {**before, "lastUpdatedDateTime": None}
    assert "looked at before" in fired(days=14)
    assert "no data arrived" in fired(days=21)

    personalize.stop_recommender(recommenderArn=arn)
    assert not scheduled()
    wait_for(lambda: shown()["status"] == "INACTIVE")
    import_data("due-domain-3")
    assert fired(days=28) == "", "what is stopped is not trained"
    personalize.start_recommender(recommenderArn=arn)
    wait_for(scheduled)
    assert "anew" in fired(days=28)
    # A retraining gives way to its client.
    personalize.delete_recommender(recommenderArn=arn)
    assert not scheduled()


def scheduled_input(world: StackProcess, name: str) -> str:
    found = world.client("scheduler").get_schedule(GroupName=world.outputs["ScheduleGroup"], Name=name)
    return str(found["Target"]["Input"])


def test_a_schedule_whose_call_fails_is_told_and_keeps_no_other_from_being_fired(
    world: StackProcess, command: Any
) -> None:
    scheduler, group = world.client("scheduler"), world.outputs["ScheduleGroup"]
    function = f"arn:aws:lambda:us-east-1:123456789012:function:{world.outputs['ControlFunction']}"
    broken = {"automatic_training": {"solution": "arn:aws:personalize:us-east-1:123456789012:solution/broken"}}
    scheduler.create_schedule(
        Name="a-broken-one",
        GroupName=group,
        ScheduleExpression="rate(24 hours)",
        StartDate=datetime.now(UTC),
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": function, "RoleArn": "arn:aws:iam::123456789012:role/any", "Input": json.dumps(broken)},
    )
    try:
        ran = command("--at", f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}")
    finally:
        scheduler.delete_schedule(GroupName=group, Name="a-broken-one")
    assert ran.exit_code == 1
    assert "solution/broken, due" in ran.output and "The control function failed" in ran.output
    assert "could not be looked at" in ran.output


def test_a_stack_without_schedules_is_named(command: Any) -> None:
    said = command("--stack", "Elsewhere").output
    assert "There is no stack Elsewhere in us-east-1. Name its region, or give --stack." in said
    assert "name the one that has the API" in command("--stack", "RecoJobs").output
