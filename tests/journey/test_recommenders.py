"""A domain's road with unmodified boto3 on the whole stack: from schemas to a recommender, and its whole life."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from local.journey import Journey, Traveller
from local.process import StackProcess
from tests.journey.shops import open_domain_group

pytestmark = pytest.mark.xdist_group("recommenders")

FOR_YOU = "arn:aws:personalize:::recipe/aws-ecomm-recommended-for-you"
BEST_SELLERS = "arn:aws:personalize:::recipe/aws-ecomm-popular-items-by-purchases"
PATIENCE_S = 120


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
    group, _ = open_domain_group(traveller, "domain-shop", "domain-data")
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
