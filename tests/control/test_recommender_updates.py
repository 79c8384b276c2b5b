"""Updating a recommender: it goes on as it is, the update has a record of its own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reco.arns import Kind
from reco.control.lifecycle import RESTART_AFTER_S
from reco.jobs.status import (
    ACTIVE,
    CREATE_FAILED,
    CREATE_PENDING,
)
from tests.control.conftest import Bench, refused
from tests.control.domain_shop import (
    ITEMS,
    DomainShop,
)


@pytest.fixture
def shop(bench: Bench) -> DomainShop:
    return DomainShop(bench)


def test_an_update_has_a_record_of_its_own_and_the_recommender_stays_as_it_is(shop: DomainShop, bench: Bench) -> None:
    arn = shop.active(recommenderConfig={"minRecommendationRequestsPerSecond": 1})
    before = shop.shown(arn)
    config = {"itemExplorationConfig": {"explorationWeight": "0"}}
    bench.pass_time(1)
    shop.client.update_recommender(recommenderArn=arn, recommenderConfig=config)
    after = shop.shown(arn)
    latest = after.pop("latestRecommenderUpdate")
    assert after == before
    assert (latest["recommenderConfig"], latest["status"]) == (config, CREATE_PENDING)
    assert latest["creationDateTime"] == latest["lastUpdatedDateTime"] > before["creationDateTime"]
    assert bench.machines.started[-1][1:] == (f"{bench.stored(Kind.RECOMMENDER, 'r').incarnation}-1", "recommender")


def test_an_update_that_asks_for_what_is_there_is_none(shop: DomainShop, bench: Bench) -> None:
    config = {"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["PRICE"]}}}
    arn = shop.active(recommenderConfig=config)
    started = list(bench.machines.started)
    shop.client.update_recommender(recommenderArn=arn, recommenderConfig=config)
    assert "latestRecommenderUpdate" not in shop.shown(arn)
    assert bench.machines.started == started


def test_an_update_of_the_same_settings_brings_columns_that_a_dataset_has_got_since(
    shop: DomainShop, bench: Bench
) -> None:
    arn = shop.active(recommenderConfig={"minRecommendationRequestsPerSecond": 1})
    wider = json.loads(ITEMS)
    wider["fields"].append({"name": "SIZE", "type": ["null", "string"], "categorical": True})
    schema = shop.client.create_schema(name="wider", schema=json.dumps(wider), domain="ECOMMERCE")["schemaArn"]
    shop.client.update_dataset(datasetArn=shop.datasets["Items"], schemaArn=schema)
    bench.settle()
    shop.client.update_recommender(recommenderArn=arn, recommenderConfig={"minRecommendationRequestsPerSecond": 1})
    stored = bench.stored(Kind.RECOMMENDER, "r")
    assert "SIZE" in stored.inner["update"]["columns"]["ITEMS"]
    assert "SIZE" not in stored.inner["columns"]["ITEMS"]


def test_while_one_update_is_at_work_everything_else_must_wait(shop: DomainShop) -> None:
    arn = shop.active()
    client = shop.client
    client.update_recommender(recommenderArn=arn, recommenderConfig={"minRecommendationRequestsPerSecond": 2})
    refused(
        "ResourceInUseException",
        client.update_recommender,
        recommenderArn=arn,
        recommenderConfig={"minRecommendationRequestsPerSecond": 3},
    )
    for call in (client.stop_recommender, client.delete_recommender):
        refused("ResourceInUseException", call, recommenderArn=arn)
    shop.end_update(arn, CREATE_FAILED, "no")
    assert shop.shown(arn)["latestRecommenderUpdate"]["failureReason"] == "no"
    assert shop.status(arn) == ACTIVE
    client.update_recommender(recommenderArn=arn, recommenderConfig={"minRecommendationRequestsPerSecond": 3})
    shop.end_update(arn)
    client.delete_recommender(recommenderArn=arn)


def test_a_recommender_whose_creation_failed_may_be_updated_even_to_the_same(shop: DomainShop, bench: Bench) -> None:
    arn = shop.create(recommenderConfig={"minRecommendationRequestsPerSecond": 1})
    config = {"minRecommendationRequestsPerSecond": 1}
    refused("ResourceInUseException", shop.client.update_recommender, recommenderArn=arn, recommenderConfig=config)
    bench.end_job(arn, CREATE_FAILED, "no")
    shop.client.update_recommender(recommenderArn=arn, recommenderConfig=config)
    assert shop.shown(arn)["latestRecommenderUpdate"]["status"] == CREATE_PENDING


def test_an_update_whose_machine_did_not_start_is_started_by_a_reader(shop: DomainShop, bench: Bench) -> None:
    arn = shop.active()
    bench.machines.broken = True
    shop.client.update_recommender(recommenderArn=arn, recommenderConfig={"minRecommendationRequestsPerSecond": 2})
    bench.machines.broken = False
    bench.pass_time(RESTART_AFTER_S + 1)
    shop.shown(arn)
    assert bench.machines.started[-1][1].endswith("-1")


@pytest.mark.parametrize(
    "config",
    [
        {"itemExplorationConfig": {"explorationWeight": "2"}},
        {"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["SIZE"]}}},
    ],
)
def test_an_update_is_checked_as_a_creation_is(shop: DomainShop, config: dict[str, Any]) -> None:
    arn = shop.active()
    refused("InvalidInputException", shop.client.update_recommender, recommenderArn=arn, recommenderConfig=config)
    assert "latestRecommenderUpdate" not in shop.shown(arn)
