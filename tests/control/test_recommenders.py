"""Recommenders as clients see them: what is accepted, what is shown, and how they go."""

from __future__ import annotations

from typing import Any

import pytest

from reco.arns import Kind
from reco.control.lifecycle import RESTART_AFTER_S
from reco.jobs.status import (
    ACTIVE,
    CREATE_FAILED,
    CREATE_IN_PROGRESS,
    CREATE_PENDING,
)
from tests.control.conftest import POINTER_CACHE_S, Bench, refused
from tests.control.domain_shop import (
    CUSTOM,
    FOR_YOU,
    METRICS,
    MODEL,
    MORE_LIKE,
    MOST_VIEWED,
    SERVING,
    TOP_PICKS,
    DomainShop,
)
from tests.wire.clients import REGION


@pytest.fixture
def shop(bench: Bench) -> DomainShop:
    return DomainShop(bench)


def test_what_was_sent_is_shown_as_it_was_sent_and_nothing_is_added(shop: DomainShop, bench: Bench) -> None:
    config = {
        "itemExplorationConfig": {"explorationWeight": "0.1", "explorationItemAgeCutOff": "30.0"},
        "minRecommendationRequestsPerSecond": 2,
        "trainingDataConfig": {"excludedDatasetColumns": {"Items": ["COLOUR"]}},
        "enableMetadataWithRecommendations": True,
    }
    arn = shop.create(recommenderConfig=config)
    assert arn == bench.arn(Kind.RECOMMENDER, "r")
    shown = shop.shown(arn)
    times = {shown.pop("creationDateTime"), shown.pop("lastUpdatedDateTime")}
    assert len(times) == 1
    assert shown == {
        "recommenderArn": arn,
        "datasetGroupArn": shop.group,
        "name": "r",
        "recipeArn": FOR_YOU,
        "recommenderConfig": config,
        "status": CREATE_PENDING,
    }


def test_without_a_configuration_none_is_shown(shop: DomainShop) -> None:
    assert "recommenderConfig" not in shop.shown(shop.create())


def test_metrics_are_shown_once_there_is_a_model_and_not_while_it_is_made_or_deleted(
    shop: DomainShop, bench: Bench
) -> None:
    arn = shop.create()
    bench.end_job(arn, CREATE_IN_PROGRESS)
    assert "modelMetrics" not in shop.shown(arn)
    bench.pass_time(5)
    bench.end_job(arn, model=MODEL, serving=SERVING)
    shown = shop.shown(arn)
    assert (shown["status"], shown["modelMetrics"]) == (ACTIVE, METRICS)
    assert shown["lastUpdatedDateTime"] > shown["creationDateTime"]
    shop.client.delete_recommender(recommenderArn=arn)
    assert "modelMetrics" not in shop.shown(arn)


def test_a_failure_is_shown_with_its_reason(shop: DomainShop, bench: Bench) -> None:
    arn = shop.create()
    reason = "Create failed. Dataset has fewer than 1000 interactions after filtering by event type: View."
    bench.end_job(arn, CREATE_FAILED, reason)
    shown = shop.shown(arn)
    assert (shown["status"], shown["failureReason"]) == (CREATE_FAILED, reason)
    assert "modelMetrics" not in shown


def test_creating_starts_the_machine_and_a_machine_that_did_not_start_is_started_by_a_reader(
    shop: DomainShop, bench: Bench
) -> None:
    arn = shop.create()
    incarnation = bench.stored(Kind.RECOMMENDER, "r").incarnation
    started = (arn, f"{incarnation}-0", "recommender")
    assert bench.machines.started[-1] == started
    bench.machines.started.clear()
    bench.pass_time(RESTART_AFTER_S + 1)
    shop.shown(arn)
    assert bench.machines.started == [started]


def test_a_second_of_the_same_name_is_told_that_it_is_taken(shop: DomainShop, bench: Bench) -> None:
    arn = shop.create()
    message = refused(
        "ResourceAlreadyExistsException",
        shop.client.create_recommender,
        name="r",
        datasetGroupArn=shop.group,
        recipeArn=MOST_VIEWED,
    )
    assert message == f"Another resource with Arn {arn} already exists."


def test_lists_are_by_group_oldest_first_with_the_members_of_a_summary(shop: DomainShop, bench: Bench) -> None:
    video = DomainShop(bench, "VIDEO_ON_DEMAND")
    first = shop.create("b")
    bench.pass_time(1)
    second = video.create("a", TOP_PICKS)
    listed = shop.client.list_recommenders()["recommenders"]
    assert [each["recommenderArn"] for each in listed] == [first, second]
    (alone,) = shop.client.list_recommenders(datasetGroupArn=video.group)["recommenders"]
    assert list(alone) == [
        "name",
        "recommenderArn",
        "datasetGroupArn",
        "recipeArn",
        "status",
        "creationDateTime",
        "lastUpdatedDateTime",
    ]
    pages = shop.client.get_paginator("list_recommenders").paginate(PaginationConfig={"PageSize": 1})
    assert [each["recommenderArn"] for page in pages for each in page["recommenders"]] == [first, second]


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"recipeArn": CUSTOM}, "aws-sims is a custom recipe"),
        ({"recipeArn": TOP_PICKS}, "VIDEO_ON_DEMAND"),
        ({"recommenderConfig": {"itemExplorationConfig": {"weight": "1"}}}, "recommenderConfig.itemExplorationConfig"),
        ({"recommenderConfig": {"itemExplorationConfig": {"explorationWeight": "1.1"}}}, "from 0 to 1"),
        ({"recommenderConfig": {"itemExplorationConfig": {"explorationItemAgeCutOff": "0"}}}, "at least 1"),
        (
            {"recommenderConfig": {"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["SIZE"]}}}},
            "recommenderConfig.trainingDataConfig.excludedDatasetColumns: the dataset ITEMS of this group has no column"
            " SIZE",
        ),
        (
            {"recommenderConfig": {"trainingDataConfig": {"excludedDatasetColumns": {"INTERACTIONS": ["EVENT_TYPE"]}}}},
            "EVENT_TYPE of INTERACTIONS cannot be left out",
        ),
        (
            {
                "recommenderConfig": {
                    "trainingDataConfig": {
                        "excludedDatasetColumns": {"ITEMS": ["PRICE"]},
                        "includedDatasetColumns": {"ITEMS": ["COLOUR"]},
                    }
                }
            },
            "not both",
        ),
    ],
)
def test_what_does_not_fit_is_refused_by_name_and_nothing_is_stored(
    shop: DomainShop, asked: dict[str, Any], named: str
) -> None:
    given = {"name": "r", "datasetGroupArn": shop.group, "recipeArn": FOR_YOU, **asked}
    assert named in refused("InvalidInputException", shop.client.create_recommender, **given)
    assert shop.client.list_recommenders()["recommenders"] == []


def test_a_custom_group_takes_no_recommender(bench: Bench) -> None:
    group = bench.group()
    message = refused(
        "InvalidInputException",
        bench.client.create_recommender,
        name="r",
        datasetGroupArn=group,
        recipeArn=FOR_YOU,
    )
    assert "the dataset group's domain is none" in message


def test_a_recipe_or_a_group_that_is_not_there_is_not_found(shop: DomainShop) -> None:
    nowhere = shop.group.replace("ecommerce", "nowhere")
    for wrong in ({"datasetGroupArn": nowhere}, {"recipeArn": "arn:aws:personalize:::recipe/aws-ecomm-mind-reading"}):
        given = {"name": "r", "datasetGroupArn": shop.group, "recipeArn": FOR_YOU, **wrong}
        refused("ResourceNotFoundException", shop.client.create_recommender, **given)


def test_a_group_in_the_making_must_be_waited_for(bench: Bench) -> None:
    group = bench.client.create_dataset_group(name="new", domain="ECOMMERCE")["datasetGroupArn"]
    refused(
        "ResourceInUseException",
        bench.client.create_recommender,
        name="r",
        datasetGroupArn=group,
        recipeArn=FOR_YOU,
    )


def test_the_datasets_that_the_use_case_needs_must_be_there(bench: Bench) -> None:
    video = DomainShop(bench, "VIDEO_ON_DEMAND", items=False)
    asked = {"name": "r", "datasetGroupArn": video.group, "recipeArn": MORE_LIKE}
    assert "ITEMS" in refused("InvalidInputException", video.client.create_recommender, **asked)
    video.create(recipe=TOP_PICKS)


def test_metadata_in_answers_needs_items_that_have_some(bench: Bench) -> None:
    shop = DomainShop(bench, items=False)
    asked = {"name": "r", "datasetGroupArn": shop.group, "recipeArn": FOR_YOU}
    message = refused(
        "InvalidInputException",
        shop.client.create_recommender,
        **asked,
        recommenderConfig={"enableMetadataWithRecommendations": True},
    )
    assert "recommenderConfig.enableMetadataWithRecommendations" in message


def test_exploration_of_a_use_case_that_does_not_explore_is_taken_and_shown(shop: DomainShop) -> None:
    config = {"itemExplorationConfig": {"explorationWeight": "0.5"}}
    assert shop.shown(shop.create(recipe=MOST_VIEWED, recommenderConfig=config))["recommenderConfig"] == config


def test_the_columns_to_learn_from_are_those_of_the_datasets_that_the_use_case_reads(
    shop: DomainShop, bench: Bench
) -> None:
    shop.create("all")
    shop.create("some", recommenderConfig={"trainingDataConfig": {"includedDatasetColumns": {"items": ["PRICE"]}}})
    shop.create("interactions", MOST_VIEWED)
    columns = {name: bench.stored(Kind.RECOMMENDER, name).inner["columns"] for name in ("all", "some", "interactions")}
    interactions = ["USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE", "DEVICE"]
    assert columns["all"] == {
        "INTERACTIONS": interactions,
        "ITEMS": ["ITEM_ID", "PRICE", "CATEGORY_L1", "COLOUR"],
    }
    assert columns["some"]["ITEMS"] == ["ITEM_ID", "PRICE"]
    assert columns["interactions"] == {"INTERACTIONS": interactions}


@pytest.mark.parametrize("stopped", [False, True])
def test_a_delete_is_seen_until_no_sandbox_can_serve_and_frees_the_name(
    shop: DomainShop, bench: Bench, stopped: bool
) -> None:
    arn = shop.active()
    if stopped:
        shop.client.stop_recommender(recommenderArn=arn)
        bench.settle()
    shop.client.delete_recommender(recommenderArn=arn)
    assert "serving" not in bench.stored(Kind.RECOMMENDER, "r").inner
    assert shop.status(arn) == "DELETE PENDING"
    bench.pass_time(POINTER_CACHE_S - 1)
    assert shop.status(arn) == "DELETE IN_PROGRESS"
    bench.pass_time(1)
    refused("ResourceNotFoundException", shop.client.describe_recommender, recommenderArn=arn)
    assert shop.client.list_recommenders()["recommenders"] == []
    assert shop.create() == arn


def test_a_group_with_a_recommender_and_a_dataset_in_training_stay(shop: DomainShop, bench: Bench) -> None:
    client, items = shop.client, shop.datasets["Items"]
    arn = shop.create()
    refused("ResourceInUseException", client.delete_dataset_group, datasetGroupArn=shop.group)
    refused("ResourceInUseException", client.delete_dataset, datasetArn=items)
    bench.end_job(arn, model=MODEL, serving=SERVING)
    client.update_recommender(
        recommenderArn=arn,
        recommenderConfig={"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["PRICE"]}}},
    )
    refused("ResourceInUseException", client.delete_dataset, datasetArn=items)
    shop.end_update(arn)
    client.delete_dataset(datasetArn=items)


@pytest.mark.parametrize(
    "operation", ["describe_recommender", "stop_recommender", "start_recommender", "delete_recommender"]
)
def test_an_arn_of_nothing_of_ours_is_not_found_and_another_kinds_is_no_recommenders(
    shop: DomainShop, bench: Bench, operation: str
) -> None:
    call = getattr(shop.client, operation)
    arn = shop.active()
    for strange in (f"{arn}x", arn.replace(":123456789012:", ":210987654321:"), arn.replace(REGION, "ap-south-1")):
        refused("ResourceNotFoundException", call, recommenderArn=strange)
    refused("InvalidInputException", call, recommenderArn=shop.group)


def test_a_recommender_carries_tags(shop: DomainShop) -> None:
    arn = shop.create(tags=[{"tagKey": "team", "tagValue": "home"}])
    assert shop.client.list_tags_for_resource(resourceArn=arn)["tags"] == [{"tagKey": "team", "tagValue": "home"}]
