"""What is refused: with which code, and with a message that says what to change."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reco.jobs.status import CREATE_FAILED
from tests.control.conftest import INTERACTIONS, ITEMS, RECIPE, ROLE, Bench, Shop, refused

HYPERPARAMETERS: list[tuple[str, dict[str, Any], str]] = [
    ("algorithmHyperParameters", {"hidden_dimension": "31"}, "32 to 256"),
    ("algorithmHyperParameters", {"hidden_dimension": "64.0"}, "whole number"),
    ("algorithmHyperParameters", {"recency_mask": "yes"}, "true or false"),
    ("algorithmHyperParameters", {"hidden_dimensions": "64"}, "hidden_dimension"),
    ("featureTransformationParameters", {"hidden_dimension": "64"}, "featureTransformationParameters"),
    ("featureTransformationParameters", {"max_user_history_length_percentile": "nan"}, "number from 0 to 1"),
    (
        "featureTransformationParameters",
        {"min_user_history_length_percentile": "0.9", "max_user_history_length_percentile": "0.5"},
        "smaller than",
    ),
]


@pytest.fixture
def shop(bench: Bench) -> Shop:
    return bench.shop()


def test_a_taken_name_is_refused_in_the_services_words(bench: Bench, shop: Shop) -> None:
    client = bench.client
    attempts: list[tuple[Any, dict[str, Any], str]] = [
        (client.create_schema, {"name": "s", "schema": INTERACTIONS}, shop.schema),
        (client.create_dataset_group, {"name": "g"}, shop.group),
        (
            client.create_dataset,
            {"name": "x", "datasetGroupArn": shop.group, "schemaArn": shop.schema, "datasetType": "INTERACTIONS"},
            shop.dataset,
        ),
        (
            client.create_dataset_import_job,
            {"jobName": "j", "datasetArn": shop.dataset, "dataSource": {"dataLocation": "s3://bucket/a.csv"}},
            shop.job,
        ),
        (
            client.create_solution,
            {"name": "sol", "datasetGroupArn": shop.group, "recipeArn": RECIPE},
            shop.solution,
        ),
        (client.create_campaign, {"name": "c", "solutionVersionArn": shop.version}, shop.campaign),
    ]
    for operation, parameters, arn in attempts:
        message = refused("ResourceAlreadyExistsException", operation, **parameters)
        assert message == f"Another resource with Arn {arn} already exists."


@pytest.mark.parametrize(
    "change", [("123456789012", "210987654321"), ("eu-west-1", "us-east-1"), (":aws:", ":aws-cn:")]
)
def test_what_belongs_to_others_does_not_exist(bench: Bench, shop: Shop, change: tuple[str, str]) -> None:
    client = bench.client
    for operation, member, arn in (
        (client.describe_schema, "schemaArn", shop.schema),
        (client.describe_dataset_group, "datasetGroupArn", shop.group),
        (client.describe_dataset, "datasetArn", shop.dataset),
        (client.describe_dataset_import_job, "datasetImportJobArn", shop.job),
        (client.describe_solution, "solutionArn", shop.solution),
        (client.describe_solution_version, "solutionVersionArn", shop.version),
        (client.describe_campaign, "campaignArn", shop.campaign),
        (client.delete_campaign, "campaignArn", shop.campaign),
        (client.list_tags_for_resource, "resourceArn", shop.campaign),
        (client.list_solution_versions, "solutionArn", shop.solution),
    ):
        foreign = arn.replace(*change)
        message = refused("ResourceNotFoundException", operation, **{member: foreign})
        assert message == f"Resource not found: {foreign}"
    assert client.list_solutions(datasetGroupArn=shop.group.replace(*change))["solutions"] == []


def test_an_arn_of_another_kind_is_named_with_its_member(bench: Bench, shop: Shop) -> None:
    message = refused("InvalidInputException", bench.client.describe_dataset_group, datasetGroupArn=shop.schema)
    assert message.startswith("datasetGroupArn must be the ARN of a dataset group")


def test_a_bare_solution_or_one_without_an_active_version_cannot_be_deployed(bench: Bench, shop: Shop) -> None:
    client = bench.client
    empty = bench.solution(shop.group, "empty")

    refused("ResourceNotFoundException", client.create_campaign, name="n", solutionVersionArn=shop.solution)
    refused("ResourceNotFoundException", client.create_campaign, name="n", solutionVersionArn=f"{empty}/$LATEST")


def test_only_an_active_version_can_be_deployed(bench: Bench, shop: Shop) -> None:
    training = bench.client.create_solution_version(solutionArn=shop.solution)["solutionVersionArn"]
    refused("ResourceInUseException", bench.client.create_campaign, name="n", solutionVersionArn=training)
    bench.end_job(training, CREATE_FAILED, "too few users")
    refused("InvalidInputException", bench.client.create_campaign, name="n", solutionVersionArn=training)


def test_metrics_wait_for_the_training(bench: Bench, shop: Shop) -> None:
    version = bench.client.create_solution_version(solutionArn=shop.solution)["solutionVersionArn"]
    refused("ResourceInUseException", bench.client.get_solution_metrics, solutionVersionArn=version)
    bench.end_job(version, CREATE_FAILED)
    refused("InvalidInputException", bench.client.get_solution_metrics, solutionVersionArn=version)


def test_nothing_begins_in_a_group_that_is_still_being_made(bench: Bench) -> None:
    schema = bench.schema()
    group = bench.client.create_dataset_group(name="new")["datasetGroupArn"]
    asked = {"name": "x", "datasetGroupArn": group}

    for operation, more in (
        (bench.client.create_dataset, {"schemaArn": schema, "datasetType": "Interactions"}),
        (bench.client.create_event_tracker, {}),
        (bench.client.create_solution, {"recipeArn": RECIPE}),
    ):
        message = refused("ResourceInUseException", operation, **asked, **more)
        assert "CREATE PENDING" in message


def test_a_schema_must_be_of_the_datasets_type(bench: Bench) -> None:
    items, group = bench.schema("t", ITEMS), bench.group()
    asked = {"name": "x", "datasetGroupArn": group, "schemaArn": items}

    message = refused("InvalidInputException", bench.client.create_dataset, datasetType="Interactions", **asked)
    assert "ITEMS" in message and "INTERACTIONS" in message
    message = refused("InvalidInputException", bench.client.create_dataset, datasetType="Actions", **asked)
    assert "ITEMS" in message and "ACTIONS" in message
    refused("InvalidInputException", bench.client.create_dataset, datasetType="Things", **asked)


def test_a_bad_schema_is_not_stored(bench: Bench) -> None:
    refused("InvalidInputException", bench.client.create_schema, name="s", schema="{")
    assert bench.client.list_schemas()["schemas"] == []


@pytest.mark.parametrize(
    "location",
    ["http://example.com/a.csv", "s3://bucket", "s3://B/a.csv", "s3:///a.csv", "https://bucket.s3.amazonaws.com/a.csv"],
)
def test_an_import_reads_only_from_s3(bench: Bench, shop: Shop, location: str) -> None:
    message = refused(
        "InvalidInputException",
        bench.client.create_dataset_import_job,
        jobName="n",
        datasetArn=shop.dataset,
        dataSource={"dataLocation": location},
        roleArn=ROLE,
    )
    assert message.startswith("Invalid Data location.")


def test_an_incremental_import_needs_data_to_add_to(bench: Bench, shop: Shop) -> None:
    asked = {
        "jobName": "more",
        "datasetArn": shop.dataset,
        "dataSource": {"dataLocation": "s3://bucket/a.csv"},
        "importMode": "INCREMENTAL",
    }
    assert "FULL first" in refused("InvalidInputException", bench.client.create_dataset_import_job, **asked)

    bench.end_job(shop.dataset, status=None, snapshot={"uri": "s3://b/s/", "digest": "0", "rows": 9})
    arn = bench.client.create_dataset_import_job(**asked)["datasetImportJobArn"]
    described = bench.client.describe_dataset_import_job(datasetImportJobArn=arn)["datasetImportJob"]
    assert described["importMode"] == "INCREMENTAL"


def test_one_import_of_a_dataset_runs_at_a_time(bench: Bench, shop: Shop) -> None:
    running = bench.import_job(shop.dataset, "second")
    message = refused(
        "ResourceInUseException",
        bench.client.create_dataset_import_job,
        jobName="third",
        datasetArn=shop.dataset,
        dataSource={"dataLocation": "s3://bucket/a.csv"},
    )
    assert "in progress" in message
    jobs = bench.client.list_dataset_import_jobs(datasetArn=shop.dataset)["datasetImportJobs"]
    assert [job["jobName"] for job in jobs] == ["j", "second"]

    bench.end_job(running)
    bench.import_job(shop.dataset, "third")


@pytest.mark.parametrize(("member", "values", "said"), HYPERPARAMETERS)
def test_a_bad_hyperparameter_is_refused_when_the_solution_is_made(
    bench: Bench, shop: Shop, member: str, values: dict[str, str], said: str
) -> None:
    asked = {"name": "n", "datasetGroupArn": shop.group, "recipeArn": RECIPE, "solutionConfig": {member: values}}
    assert said in refused("InvalidInputException", bench.client.create_solution, **asked)


@pytest.mark.parametrize(
    "config",
    [
        {"eventValueThreshold": "much"},
        {"eventValueThreshold": "0.5"},
        {"autoTrainingConfig": {"schedulingExpression": "rate(31 days)"}},
        {"autoTrainingConfig": {"schedulingExpression": "rate(0 days)"}},
    ],
)
def test_a_bad_setting_of_a_solution_is_refused(bench: Bench, shop: Shop, config: dict[str, Any]) -> None:
    asked = {"name": "n", "datasetGroupArn": shop.group, "recipeArn": RECIPE, "solutionConfig": config}
    refused("InvalidInputException", bench.client.create_solution, **asked)


def test_a_solution_needs_interactions_a_recipe_that_trains_and_the_columns_it_chooses_by(bench: Bench) -> None:
    plain = json.loads(INTERACTIONS)
    plain["fields"] = plain["fields"][:3]
    schema, group = bench.schema("plain", json.dumps(plain)), bench.group()
    asked = {"name": "n", "datasetGroupArn": group, "recipeArn": RECIPE}
    create = bench.client.create_solution

    assert "INTERACTIONS" in refused("InvalidInputException", create, **asked)
    bench.dataset(group, schema)
    assert "EVENT_TYPE" in refused("InvalidInputException", create, **asked, eventType="click")
    assert "recipeArn" in refused("InvalidInputException", create, name="n", datasetGroupArn=group)
    unknown = "arn:aws:personalize:::recipe/aws-user-personalization-v3"
    refused("ResourceNotFoundException", create, **{**asked, "recipeArn": unknown})
    use_case = "arn:aws:personalize:::recipe/aws-ecomm-recommended-for-you"
    message = refused("InvalidInputException", create, **{**asked, "recipeArn": use_case})
    assert "recommender" in message
    create(**asked)


def test_harmless_settings_are_echoed_exactly(bench: Bench, shop: Shop) -> None:
    config = {
        "algorithmHyperParameters": {"hidden_dimension": "64"},
        "featureTransformationParameters": {"max_user_history_length_percentile": "0.98"},
        "autoTrainingConfig": {"schedulingExpression": "rate(3 days)"},
    }
    solution = bench.solution(
        shop.group, "full", solutionConfig=config, performAutoTraining=False, eventType="click", performHPO=False
    )
    described = bench.client.describe_solution(solutionArn=solution)["solution"]
    assert described["solutionConfig"] == config
    assert described["performAutoTraining"] is False
    assert described["eventType"] == "click"
    assert "latestSolutionVersion" not in described
    version = bench.version(solution, name="mine")
    assert version == f"{solution}/mine"
    copied = bench.client.describe_solution_version(solutionVersionArn=version)["solutionVersion"]
    assert (copied["solutionConfig"], copied["eventType"], copied["name"]) == (config, "click", "mine")
    refused("ResourceAlreadyExistsException", bench.client.create_solution_version, solutionArn=solution, name="mine")

    exploration = {"itemExplorationConfig": {"explorationWeight": "0.30", "explorationItemAgeCutOff": "30.0"}}
    campaign = bench.campaign(version, "full", campaignConfig=exploration, minProvisionedTPS=3)
    described = bench.client.describe_campaign(campaignArn=campaign)["campaign"]
    assert (described["campaignConfig"], described["minProvisionedTPS"]) == (exploration, 3)


@pytest.mark.parametrize(
    "exploration",
    [{"explorationWeight": "1.1"}, {"explorationWeight": "a"}, {"explorationItemAgeCutOff": "0"}, {"weight": "1"}],
)
def test_a_bad_exploration_is_refused(bench: Bench, shop: Shop, exploration: dict[str, str]) -> None:
    config = {"itemExplorationConfig": exploration}
    refused(
        "InvalidInputException",
        bench.client.create_campaign,
        name="n",
        solutionVersionArn=shop.version,
        campaignConfig=config,
    )
