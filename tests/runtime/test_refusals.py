"""What the runtime refuses, with which error, in which order."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from reco.arns import Kind, Owner
from tests.aws import OWNER, make_resource
from tests.runtime.conftest import RuntimeWorld

FILTER = OWNER.arn(Kind.CAMPAIGN, "x").replace("campaign", "filter")
RECOMMENDER = FILTER.replace("filter", "recommender")


def refusal(answer: dict[str, Any], status: int = 400, code: str = "InvalidInputException") -> str:
    assert (answer["statusCode"], answer["headers"]["x-amzn-ErrorType"]) == (status, code), answer["body"]
    return str(json.loads(answer["body"])["message"])


def ask(world: RuntimeWorld, **body: Any) -> dict[str, Any]:
    return world.post("/recommendations", body)


def test_exactly_one_of_campaign_and_recommender_must_be_given(world: RuntimeWorld) -> None:
    campaign = OWNER.arn(Kind.CAMPAIGN, "none")
    assert refusal(ask(world)) == "campaignArn, recommenderArn: one of them is required"
    both = ask(world, campaignArn=campaign, recommenderArn=RECOMMENDER)
    assert refusal(both) == "campaignArn, recommenderArn: give one of them, not both"
    assert refusal(ask(world, recommenderArn=RECOMMENDER), 404, "ResourceNotFoundException").endswith(RECOMMENDER)


@pytest.mark.parametrize(
    "arn",
    [
        OWNER.arn(Kind.CAMPAIGN, "none"),
        OWNER.arn(Kind.SOLUTION, "aws-popularity-count"),
        Owner("210987654321", OWNER.region).arn(Kind.CAMPAIGN, "aws-popularity-count"),
        Owner(OWNER.account, "eu-west-1").arn(Kind.CAMPAIGN, "aws-popularity-count"),
        OWNER.arn(Kind.CAMPAIGN, "aws-popularity-count").replace("arn:aws:", "arn:aws-cn:"),
        "arn:aws:personalize:::recipe/aws-popularity-count",
    ],
)
@pytest.mark.parametrize("path", ["/recommendations", "/personalize-ranking", "/action-recommendations"])
def test_an_arn_that_is_no_campaign_of_this_account_and_region_is_not_found(
    world: RuntimeWorld, arn: str, path: str
) -> None:
    world.deploy("aws-popularity-count")
    answer = world.post(path, {"campaignArn": arn, "userId": "u", "inputList": ["i"]})
    assert refusal(answer, 404, "ResourceNotFoundException") == f"Resource not found: {arn}"


@pytest.mark.parametrize("path", ["/recommendations", "/personalize-ranking", "/action-recommendations"])
def test_a_campaign_that_is_deleted_is_answered_as_one_that_never_was(world: RuntimeWorld, path: str) -> None:
    arn = world.deploy("aws-popularity-count")
    world.resources.update(
        Kind.CAMPAIGN, arn.rpartition("/")[2], lambda now: replace(now, deleting_since=world.clock.now)
    )
    answer = world.post(path, {"campaignArn": arn, "userId": "u", "inputList": ["i"]})
    assert refusal(answer, 404, "ResourceNotFoundException") == f"Resource not found: {arn}"


def test_an_arn_that_is_none_names_the_member(world: RuntimeWorld) -> None:
    assert "campaignArn" in refusal(ask(world, campaignArn="home"))


def test_a_campaign_that_has_never_served_is_invalid_input(world: RuntimeWorld) -> None:
    make_resource(world.resources, Kind.CAMPAIGN, "new", {}, status="CREATE PENDING")
    message = refusal(ask(world, campaignArn=OWNER.arn(Kind.CAMPAIGN, "new"), userId="u"))
    assert "is CREATE PENDING; it serves once it has been ACTIVE" in message


def test_a_campaign_whose_update_failed_serves_as_before(world: RuntimeWorld) -> None:
    arn = world.deploy("aws-popularity-count", name="home")
    world.resources.update(Kind.CAMPAIGN, "home", lambda now: replace(now, status="CREATE FAILED"))
    assert len(world.items(arn)) == 25


@pytest.mark.parametrize("recipe", ["aws-user-personalization", "aws-popularity-count", "aws-sims"])
def test_a_list_is_ranked_by_ranking_recipes_only(world: RuntimeWorld, recipe: str) -> None:
    body = {"campaignArn": world.deploy(recipe), "userId": "u", "inputList": ["i"]}
    expected = f"campaignArn: the campaign's recipe {recipe} recommends items: call GetRecommendations"
    assert refusal(world.post("/personalize-ranking", body)) == expected


def test_a_ranking_recipe_gives_no_recommendations(world: RuntimeWorld) -> None:
    arn = world.deploy("aws-personalized-ranking")
    assert refusal(ask(world, campaignArn=arn, userId="u")) == (
        "campaignArn: the campaign's recipe aws-personalized-ranking ranks a list of yours: call GetPersonalizedRanking"
    )


def test_an_item_without_an_id_is_not_ranked(world: RuntimeWorld) -> None:
    body = {"campaignArn": world.deploy("aws-personalized-ranking"), "userId": "u", "inputList": ["", "i00"]}
    message = refusal(world.post("/personalize-ranking", body))
    assert message == "inputList[0]: must be at least 1 character, has 0"


@pytest.mark.parametrize(
    ("recipe", "body", "member"),
    [
        ("aws-user-personalization", {}, "userId"),
        ("aws-user-personalization", {"userId": "", "itemId": "i01"}, "userId"),
        ("aws-sims", {"userId": "u"}, "itemId"),
        ("aws-similar-items", {"itemId": ""}, "itemId"),
    ],
)
def test_what_the_recipe_needs_must_be_given(
    world: RuntimeWorld, recipe: str, body: dict[str, Any], member: str
) -> None:
    message = refusal(ask(world, campaignArn=world.deploy(recipe), **body))
    assert message == f"{member}: is required, as the campaign serves the recipe {recipe}"


def test_a_ranking_needs_a_user_with_an_id(world: RuntimeWorld) -> None:
    body = {"campaignArn": world.deploy("aws-personalized-ranking"), "userId": "", "inputList": ["i00"]}
    assert "userId: is required" in refusal(world.post("/personalize-ranking", body))


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("filterArn", FILTER),
        ("filterValues", {"GENRES": '"Drama"'}),
        ("promotions", [{"name": "shelf", "percentPromotedItems": 20, "filterArn": FILTER}]),
        ("metadataColumns", {"ITEMS": ["TITLE"]}),
    ],
)
def test_a_member_that_would_change_the_answer_is_refused_by_name(world: RuntimeWorld, member: str, value: Any) -> None:
    arn = world.deploy("aws-user-personalization")
    message = refusal(ask(world, campaignArn=arn, userId="u00", **{member: value}))
    assert message == f"{member}: is not available in this version"


@pytest.mark.parametrize("member", ["filterValues", "metadataColumns", "context"])
def test_an_empty_member_asks_for_nothing(world: RuntimeWorld, member: str) -> None:
    arn = world.deploy("aws-user-personalization")
    assert ask(world, campaignArn=arn, userId="u00", **{member: {}})["statusCode"] == 200


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ({"numResults": 501}, "numResults: must be at most 500"),
        ({"numResults": -1}, "numResults: must be at least 0, is -1"),
        ({"userId": "u" * 257}, "userId"),
    ],
)
def test_limits_come_before_resources(world: RuntimeWorld, body: dict[str, Any], complaint: str) -> None:
    message = refusal(ask(world, campaignArn=OWNER.arn(Kind.CAMPAIGN, "none"), **body))
    assert complaint in message
