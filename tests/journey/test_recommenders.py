"""A domain's road with unmodified boto3 on the whole stack: from schemas to a recommender, and its whole life."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest

from local.journey import Journey, Traveller
from local.process import StackProcess
from local.sample_shop import INTERACTIONS_SCHEMA

pytestmark = pytest.mark.xdist_group("recommenders")

FOR_YOU = "arn:aws:personalize:::recipe/aws-ecomm-recommended-for-you"
BEST_SELLERS = "arn:aws:personalize:::recipe/aws-ecomm-popular-items-by-purchases"
USERS, ITEMS, EVENTS = 44, 60, 24
PATIENCE_S = 120
ITEMS_SCHEMA = {
    "type": "record",
    "name": "Items",
    "namespace": "com.amazonaws.personalize.schema",
    "fields": [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "PRICE", "type": "float"},
        {"name": "CATEGORY_L1", "type": "string", "categorical": True},
    ],
    "version": "1.0",
}


def two_tastes() -> dict[str, bytes]:
    """Even users view even items, odd ones odd items; just enough for a training, and nobody buys anything."""
    draw = np.random.default_rng(5)
    rows = []
    for user in range(USERS):
        touched = draw.permutation(ITEMS // 2)[:EVENTS] * 2 + user % 2
        rows += [f"u{user:02},i{item:02},{1_700_000_000 + 60 * place},View" for place, item in enumerate(touched)]
    items = [f"i{item:02},{item},{'even' if item % 2 == 0 else 'odd'}" for item in range(ITEMS)]
    return {
        "interactions": "\n".join(["USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE", *rows]).encode(),
        "items": "\n".join(["ITEM_ID,PRICE,CATEGORY_L1", *items]).encode(),
    }


@dataclass(frozen=True)
class Shop:
    """A group of the domain ECOMMERCE with a few users' interactions."""

    traveller: Traveller
    group: str

    def create(self, name: str, recipe: str, **more: Any) -> str:
        answer = self.traveller.personalize.create_recommender(
            name=name, datasetGroupArn=self.group, recipeArn=recipe, **more
        )
        return str(answer["recommenderArn"])

    def shown(self, arn: str) -> dict[str, Any]:
        return dict(self.traveller.personalize.describe_recommender(recommenderArn=arn)["recommender"])

    def wait_for(self, arn: str, status: str) -> set[str]:
        """Looks until the recommender has the status; returns all that were seen on the way."""
        return self._until(lambda: str(self.shown(arn)["status"]), status)

    def wait_for_update(self, arn: str) -> set[str]:
        return self._until(lambda: str(self.shown(arn)["latestRecommenderUpdate"]["status"]), "ACTIVE")

    def _until(self, look: Callable[[], str], wanted: str) -> set[str]:
        seen, deadline = set(), time.monotonic() + PATIENCE_S
        while wanted not in seen:
            assert time.monotonic() < deadline, (wanted, seen)
            seen.add(look())
            assert wanted.endswith("FAILED") or not any(each.endswith("FAILED") for each in seen), seen
            time.sleep(0.05)
        return seen

    def answer(self, arn: str, user: str = "u03", count: int = 5) -> list[dict[str, Any]]:
        runtime = self.traveller.runtime
        return list(runtime.get_recommendations(recommenderArn=arn, userId=user, numResults=count)["itemList"])


@pytest.fixture(scope="module")
def shop(world: StackProcess) -> Shop:
    traveller = Traveller(world.client, poll_s=0.05)
    personalize, data = traveller.personalize, two_tastes()
    group = personalize.create_dataset_group(name="domain-shop", domain="ECOMMERCE")["datasetGroupArn"]
    traveller.wait("group", lambda: personalize.describe_dataset_group(datasetGroupArn=group))
    traveller.s3.create_bucket(Bucket="domain-data")
    for name, schema in (("interactions", INTERACTIONS_SCHEMA), ("items", ITEMS_SCHEMA)):
        traveller.s3.put_object(Bucket="domain-data", Key=f"{name}.csv", Body=data[name])
        schema_arn = personalize.create_schema(name=f"domain-{name}", schema=json.dumps(schema), domain="ECOMMERCE")
        dataset = personalize.create_dataset(
            name=f"domain-{name}", schemaArn=schema_arn["schemaArn"], datasetGroupArn=group, datasetType=name
        )["datasetArn"]
        traveller.wait("dataset", partial(personalize.describe_dataset, datasetArn=dataset))
        job = personalize.create_dataset_import_job(
            jobName=f"domain-{name}", datasetArn=dataset, dataSource={"dataLocation": f"s3://domain-data/{name}.csv"}
        )["datasetImportJobArn"]
        traveller.wait("import", partial(personalize.describe_dataset_import_job, datasetImportJobArn=job))
    return Shop(traveller, group)


@pytest.fixture(scope="module")
def recommender(shop: Shop) -> str:
    arn = shop.create("for-you", FOR_YOU)
    assert shop.wait_for(arn, "ACTIVE") <= {"CREATE PENDING", "CREATE IN_PROGRESS", "ACTIVE"}
    return arn


def test_it_is_trained_measured_and_answers_in_a_users_taste_without_scores(shop: Shop, recommender: str) -> None:
    metrics = shop.shown(recommender)["modelMetrics"]
    assert metrics["normalized_discounted_cumulative_gain_at_25"] > 0
    answer = shop.answer(recommender)
    assert [set(each) for each in answer] == [{"itemId"}] * 5
    assert sum(int(each["itemId"][1:]) % 2 for each in answer) >= 4


def test_an_event_is_in_the_very_next_answer(shop: Shop, recommender: str) -> None:
    traveller, journey = shop.traveller, Journey(prefix="domain", bucket="domain-data")
    journey.arns["group"] = shop.group
    traveller.make_tracker(journey)
    before = shop.answer(recommender, "somebody-new", 20)
    for item in ("i01", "i03", "i05", "i07"):
        traveller.send_event(journey, "somebody-new", item, "View")
    assert shop.answer(recommender, "somebody-new", 20) != before


def test_an_update_of_columns_trains_a_new_model_while_it_serves(shop: Shop, recommender: str) -> None:
    config = {"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["PRICE"]}}}
    shop.traveller.personalize.update_recommender(recommenderArn=recommender, recommenderConfig=config)
    assert shop.shown(recommender)["status"] == "ACTIVE"
    assert len(shop.answer(recommender)) == 5
    shop.wait_for_update(recommender)
    shown = shop.shown(recommender)
    assert shown["recommenderConfig"] == shown["latestRecommenderUpdate"]["recommenderConfig"] == config
    assert len(shop.answer(recommender)) == 5


def test_stopped_it_answers_no_more_and_started_it_gives_the_same_answer_again(shop: Shop, recommender: str) -> None:
    personalize, runtime = shop.traveller.personalize, shop.traveller.runtime
    before = shop.answer(recommender)
    personalize.stop_recommender(recommenderArn=recommender)
    shop.wait_for(recommender, "INACTIVE")
    with pytest.raises(runtime.exceptions.InvalidInputException, match="INACTIVE"):
        shop.answer(recommender)
    personalize.start_recommender(recommenderArn=recommender)
    assert shop.wait_for(recommender, "ACTIVE") <= {"START PENDING", "START IN_PROGRESS", "ACTIVE"}
    assert shop.answer(recommender) == before


def test_too_few_events_of_its_type_fail_a_recommender_in_personalizes_words(shop: Shop) -> None:
    arn = shop.create("best-sellers", BEST_SELLERS)
    shop.wait_for(arn, "CREATE FAILED")
    shown = shop.shown(arn)
    words = "Dataset has fewer than 1000 interactions after filtering by event type: Purchase"
    assert words in shown["failureReason"]
    assert "modelMetrics" not in shown
    shop.traveller.personalize.delete_recommender(recommenderArn=arn)


def test_deleted_it_is_gone_for_both_clients(shop: Shop, recommender: str) -> None:
    personalize, runtime = shop.traveller.personalize, shop.traveller.runtime
    personalize.delete_recommender(recommenderArn=recommender)
    deadline = time.monotonic() + PATIENCE_S
    with pytest.raises(personalize.exceptions.ResourceNotFoundException):
        while time.monotonic() < deadline:
            assert shop.shown(recommender)["status"].startswith("DELETE")
            time.sleep(0.05)
    with pytest.raises(runtime.exceptions.ResourceNotFoundException):
        shop.answer(recommender)
