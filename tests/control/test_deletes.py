"""Deleting: what blocks it, what clients see meanwhile, and what is left afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reco.arns import Kind
from reco.jobs.status import CREATE_FAILED
from tests.control.conftest import POINTER_CACHE_S, TRANSITION_S, Bench, Shop, refused


@pytest.fixture
def shop(bench: Bench) -> Shop:
    return bench.shop()


def _deleted(bench: Bench, operation: Callable[..., Any], **parameters: str) -> None:
    operation(**parameters)
    bench.settle()


def test_everything_can_be_deleted_in_the_official_order_and_made_again(bench: Bench, shop: Shop) -> None:
    client = bench.client
    _deleted(bench, client.delete_campaign, campaignArn=shop.campaign)
    _deleted(bench, client.delete_solution, solutionArn=shop.solution)
    _deleted(bench, client.delete_dataset, datasetArn=shop.dataset)
    client.delete_schema(schemaArn=shop.schema)
    _deleted(bench, client.delete_dataset_group, datasetGroupArn=shop.group)

    refused("ResourceNotFoundException", client.describe_campaign, campaignArn=shop.campaign)
    refused("ResourceNotFoundException", client.describe_solution, solutionArn=shop.solution)
    refused("ResourceNotFoundException", client.describe_solution_version, solutionVersionArn=shop.version)
    refused("ResourceNotFoundException", client.describe_dataset_import_job, datasetImportJobArn=shop.job)
    refused("ResourceNotFoundException", client.describe_dataset, datasetArn=shop.dataset)
    refused("ResourceNotFoundException", client.describe_schema, schemaArn=shop.schema)
    refused("ResourceNotFoundException", client.describe_dataset_group, datasetGroupArn=shop.group)
    left = bench.table.client.scan(TableName=bench.table.name)["Items"]
    assert left == [], "a delete leaves nothing behind"

    again = bench.shop()
    assert again.campaign == shop.campaign


def test_children_block_the_delete_of_their_parent(bench: Bench, shop: Shop) -> None:
    client = bench.client

    assert shop.dataset in refused("ResourceInUseException", client.delete_schema, schemaArn=shop.schema)
    assert shop.dataset in refused("ResourceInUseException", client.delete_dataset_group, datasetGroupArn=shop.group)
    assert shop.campaign in refused("ResourceInUseException", client.delete_solution, solutionArn=shop.solution)
    for describe, parameters in (
        (client.describe_schema, {"schemaArn": shop.schema}),
        (client.describe_dataset_group, {"datasetGroupArn": shop.group}),
        (client.describe_solution, {"solutionArn": shop.solution}),
    ):
        (described,) = (value for key, value in describe(**parameters).items() if key != "ResponseMetadata")
        assert described.get("status", "ACTIVE") == "ACTIVE"


def test_a_child_that_is_being_deleted_still_blocks(bench: Bench, shop: Shop) -> None:
    bench.client.delete_campaign(campaignArn=shop.campaign)

    refused("ResourceInUseException", bench.client.delete_solution, solutionArn=shop.solution)


def test_a_running_import_blocks_its_dataset(bench: Bench, shop: Shop) -> None:
    running = bench.import_job(shop.dataset, "second")

    assert running in refused("ResourceInUseException", bench.client.delete_dataset, datasetArn=shop.dataset)
    bench.end_job(running, CREATE_FAILED)
    bench.client.delete_dataset(datasetArn=shop.dataset)


def test_a_running_training_blocks_its_solution_and_the_groups_datasets(bench: Bench, shop: Shop) -> None:
    _deleted(bench, bench.client.delete_campaign, campaignArn=shop.campaign)
    version = bench.client.create_solution_version(solutionArn=shop.solution)["solutionVersionArn"]

    assert version in refused("ResourceInUseException", bench.client.delete_solution, solutionArn=shop.solution)
    assert version in refused("ResourceInUseException", bench.client.delete_dataset, datasetArn=shop.dataset)
    bench.end_job(version)
    bench.client.delete_dataset(datasetArn=shop.dataset)
    bench.client.delete_solution(solutionArn=shop.solution)


def test_a_campaign_in_the_making_cannot_be_deleted_and_a_failed_one_can(bench: Bench, shop: Shop) -> None:
    campaign = bench.client.create_campaign(name="second", solutionVersionArn=shop.version)["campaignArn"]
    refused("ResourceInUseException", bench.client.delete_campaign, campaignArn=campaign)

    bench.end_job(campaign, CREATE_FAILED, "no luck")
    bench.client.delete_campaign(campaignArn=campaign)


def test_a_deleted_group_says_so_until_it_is_gone_and_cannot_be_deleted_twice(bench: Bench) -> None:
    group = bench.group()
    bench.client.delete_dataset_group(datasetGroupArn=group)

    def status() -> str:
        return str(bench.client.describe_dataset_group(datasetGroupArn=group)["datasetGroup"]["status"])

    assert status() == "DELETE PENDING"
    refused("ResourceInUseException", bench.client.delete_dataset_group, datasetGroupArn=group)
    refused("ResourceAlreadyExistsException", bench.client.create_dataset_group, name="g")
    bench.pass_time(TRANSITION_S)
    assert status() == "DELETE PENDING"
    assert bench.client.list_dataset_groups()["datasetGroups"][0]["status"] == "DELETE PENDING"
    bench.pass_time(TRANSITION_S)
    bench.client.create_dataset_group(name="g")
    assert status() == "CREATE PENDING"


def test_a_campaign_lasts_until_every_sandbox_has_forgotten_it_but_loses_its_pointer_at_once(
    bench: Bench, shop: Shop
) -> None:
    bench.client.delete_campaign(campaignArn=shop.campaign)

    assert "serving" not in bench.stored(Kind.CAMPAIGN, "c").inner
    bench.pass_time(POINTER_CACHE_S - 0.1)
    assert bench.client.describe_campaign(campaignArn=shop.campaign)["campaign"]["status"] == "DELETE IN_PROGRESS"
    bench.pass_time(0.1)
    refused("ResourceNotFoundException", bench.client.describe_campaign, campaignArn=shop.campaign)


def test_nothing_new_begins_under_what_is_being_deleted(bench: Bench, shop: Shop) -> None:
    client = bench.client
    _deleted(bench, client.delete_campaign, campaignArn=shop.campaign)
    client.delete_solution(solutionArn=shop.solution)
    client.delete_dataset(datasetArn=shop.dataset)

    refused("ResourceInUseException", client.create_solution_version, solutionArn=shop.solution)
    refused("ResourceInUseException", client.create_campaign, name="n", solutionVersionArn=shop.version)
    refused(
        "ResourceInUseException",
        client.create_dataset_import_job,
        jobName="n",
        datasetArn=shop.dataset,
        dataSource={"dataLocation": "s3://bucket/a.csv"},
    )
