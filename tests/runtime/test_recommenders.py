"""Answers by recommenderArn: the use case's model, its own refusals, and the same belief in pointers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from reco.arns import Kind, Owner
from tests.aws import OWNER, make_resource
from tests.runtime.conftest import CACHE_S, HISTORY, RuntimeWorld

FOR_YOU = "aws-ecomm-recommended-for-you"
ALSO_VIEWED = "aws-ecomm-customers-who-viewed-x-also-viewed"
BEST_SELLERS = "aws-ecomm-popular-items-by-purchases"
TOGETHER = "aws-ecomm-frequently-bought-together"
TRENDING = "aws-vod-trending-now"


def ask(world: RuntimeWorld, arn: str, **more: Any) -> dict[str, Any]:
    return world.post("/recommendations", {"recommenderArn": arn, **more})


def listed(answer: dict[str, Any]) -> list[dict[str, Any]]:
    assert answer["statusCode"] == 200, answer
    return list(json.loads(answer["body"])["itemList"])


def refusal(answer: dict[str, Any], status: int = 400, code: str = "InvalidInputException") -> str:
    assert (answer["statusCode"], answer["headers"]["x-amzn-ErrorType"]) == (status, code), answer["body"]
    return str(json.loads(answer["body"])["message"])


def test_a_recommender_answers_in_its_users_taste_without_scores(world: RuntimeWorld) -> None:
    arn = world.open_recommender(FOR_YOU)
    answer = ask(world, arn, userId="u03", numResults=5)
    items = listed(answer)
    assert [set(each) for each in items] == [{"itemId"}] * 5
    assert sum(int(each["itemId"][1:]) % 2 == 1 for each in items) >= 4
    assert json.loads(answer["body"])["recommendationId"].startswith("RID-")


def test_an_event_changes_the_very_next_answer(world: RuntimeWorld) -> None:
    arn = world.open_recommender(FOR_YOU)
    before = listed(ask(world, arn, userId="newcomer"))
    for item in ("i01", "i03", "i05"):
        world.stream(item, "newcomer")
    assert listed(ask(world, arn, userId="newcomer")) != before


def test_related_items_and_best_sellers_answer_with_their_models(world: RuntimeWorld) -> None:
    related = world.open_recommender(ALSO_VIEWED, "related")
    items = listed(ask(world, related, userId="u00", itemId="i03", numResults=5))
    assert all(int(each["itemId"][1:]) % 2 == 1 for each in items)
    popular = world.open_recommender(BEST_SELLERS, "popular")
    assert listed(ask(world, popular, userId="u00")) == listed(ask(world, popular, userId="u01"))


@pytest.mark.parametrize(
    ("recipe", "given", "missing"),
    [
        (FOR_YOU, {}, "userId"),
        (BEST_SELLERS, {"userId": ""}, "userId"),
        (ALSO_VIEWED, {"userId": "u00"}, "itemId"),
        (ALSO_VIEWED, {"itemId": "i00"}, "userId"),
        (TOGETHER, {"userId": "u00"}, "itemId"),
    ],
)
def test_what_the_use_case_needs_must_be_given(
    world: RuntimeWorld, recipe: str, given: dict[str, str], missing: str
) -> None:
    message = refusal(ask(world, world.open_recommender(recipe), **given))
    assert message == f"{missing}: is required, as the recommender serves the recipe {recipe}"


def test_trending_now_needs_nothing(world: RuntimeWorld) -> None:
    assert len(listed(ask(world, world.open_recommender(TRENDING), numResults=HISTORY))) == HISTORY


@pytest.mark.parametrize(
    "arn",
    [
        OWNER.arn(Kind.RECOMMENDER, "none"),
        OWNER.arn(Kind.CAMPAIGN, "r"),
        Owner("210987654321", OWNER.region).arn(Kind.RECOMMENDER, "r"),
        Owner(OWNER.account, "eu-west-1").arn(Kind.RECOMMENDER, "r"),
    ],
)
def test_an_arn_that_is_no_recommender_of_this_account_and_region_is_not_found(world: RuntimeWorld, arn: str) -> None:
    world.open_recommender(FOR_YOU)
    message = refusal(ask(world, arn, userId="u00"), 404, "ResourceNotFoundException")
    assert message == f"Resource not found: {arn}"


def test_a_recommender_is_no_campaign_even_while_it_is_remembered(world: RuntimeWorld) -> None:
    arn = world.open_recommender(FOR_YOU)
    listed(ask(world, arn, userId="u00"))
    for path, more in (("/recommendations", {}), ("/personalize-ranking", {"inputList": ["i00"]})):
        refusal(world.post(path, {"campaignArn": arn, "userId": "u00", **more}), 404, "ResourceNotFoundException")


def test_one_that_has_never_served_is_invalid_input(world: RuntimeWorld) -> None:
    make_resource(world.resources, Kind.RECOMMENDER, "new", {}, status="CREATE IN_PROGRESS")
    message = refusal(ask(world, OWNER.arn(Kind.RECOMMENDER, "new"), userId="u00"))
    assert "recommenderArn:" in message and "CREATE IN_PROGRESS" in message


def test_a_stopped_one_answers_no_more_once_the_cache_has_forgotten_it_and_a_started_one_at_once(
    world: RuntimeWorld,
) -> None:
    arn = world.open_recommender(FOR_YOU)
    listed(ask(world, arn, userId="u00"))
    serving = world.stopped("r")
    listed(ask(world, arn, userId="u00"))
    world.clock.now += CACHE_S
    message = refusal(ask(world, arn, userId="u00"))
    assert message == f"recommenderArn: {arn} is INACTIVE; it serves while it is ACTIVE"
    world.resources.update(Kind.RECOMMENDER, "r", lambda now: replace(now, status="ACTIVE", inner={"serving": serving}))
    listed(ask(world, arn, userId="u00"))


def test_a_renewed_pointer_costs_one_read(world: RuntimeWorld) -> None:
    arn = world.open_recommender(BEST_SELLERS)
    listed(ask(world, arn, userId="u00"))
    assert world.reads == ["resource#recommender#r", "resource#dataset-group#shop"]
    world.reads.clear()
    world.clock.now += CACHE_S
    listed(ask(world, arn, userId="u00"))
    assert world.reads == ["resource#recommender#r"]


def test_one_that_is_being_deleted_is_not_found(world: RuntimeWorld) -> None:
    arn = world.open_recommender(BEST_SELLERS)
    world.resources.update(Kind.RECOMMENDER, "r", lambda now: replace(now, deleting_since=world.clock.now))
    refusal(ask(world, arn, userId="u00"), 404, "ResourceNotFoundException")
