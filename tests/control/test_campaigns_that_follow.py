"""$LATEST and syncWithLatestSolutionVersion: who begins the update, when it must wait, and that it is begun once."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from reco.arns import Kind, Owner
from reco.control import operations
from reco.control.lifecycle import RESTART_AFTER_S
from reco.control.notices import take_notice
from reco.jobs.executions import EXECUTION_CHANGED
from reco.jobs.status import ACTIVE, CREATE_FAILED, CREATE_IN_PROGRESS, CREATE_PENDING
from reco.storage.resources import ResourceTable
from reco.wire.call import Call
from tests.control.conftest import ITEMS, Bench, Shop, refused
from tests.control.interleaving import Stage, one_interruption, play
from tests.wire.clients import ACCOUNT, REGION

OWNER = Owner(ACCOUNT, REGION)
SYNC = {"syncWithLatestSolutionVersion": True}


@pytest.fixture
def shop(bench: Bench) -> Shop:
    return bench.shop()


def latest(shop: Shop) -> str:
    return f"{shop.solution}/$LATEST"


@pytest.fixture
def following(bench: Bench, shop: Shop) -> str:
    """A campaign that follows the shop's solution and has caught up."""
    asked = {"name": "f", "solutionVersionArn": latest(shop), "campaignConfig": SYNC}
    arn = str(bench.client.create_campaign(**asked)["campaignArn"])
    bench.end_job(arn)
    return arn


def described(bench: Bench, arn: str) -> dict[str, Any]:
    return dict(bench.client.describe_campaign(campaignArn=arn)["campaign"])


def hear_of_end(bench: Bench, arn: str, status: str = "SUCCEEDED", owner: Owner = OWNER) -> str:
    event = {"detail-type": EXECUTION_CHANGED, "detail": {"status": status, "input": json.dumps({"arn": arn})}}
    return str(take_notice(bench.registry_at(bench.now, owner), None, event)["said"])  # type: ignore[arg-type]


def deploy_update(bench: Bench, arn: str, status: str = ACTIVE) -> None:
    """What the deploy machine would write at the end of an update."""
    campaign = bench.stored(Kind.CAMPAIGN, arn.rpartition("/")[2])
    update = {**campaign.inner["update"], "status": status, "updated_at": bench.now}
    brought = {"solution_version_arn": update["solution_version_arn"]} if status == ACTIVE else {}
    bench.table.replace(
        replace(campaign, body={**campaign.body, **brought}, inner={**campaign.inner, "update": update})
    )


def test_a_version_that_turns_active_is_deployed_by_the_campaigns_that_follow(
    bench: Bench, shop: Shop, following: str
) -> None:
    assert "latestCampaignUpdate" not in described(bench, following)
    second = bench.version(shop.solution)
    before = len(bench.machines.started)
    assert hear_of_end(bench, second) == "began to update 1 campaigns"

    shown = described(bench, following)
    assert (shown["status"], shown["solutionVersionArn"]) == (ACTIVE, shop.version)
    assert shown["latestCampaignUpdate"]["solutionVersionArn"] == second
    assert shown["latestCampaignUpdate"]["status"] == CREATE_PENDING
    assert shown["campaignConfig"] == shown["latestCampaignUpdate"]["campaignConfig"] == SYNC
    assert [each[::2] for each in bench.machines.started[before:]] == [(following, "deploy")]
    assert bench.machines.started[-1][1].endswith("-1")
    assert "latestCampaignUpdate" not in described(bench, shop.campaign), "who does not follow stays"

    deploy_update(bench, following)
    assert hear_of_end(bench, second) == hear_of_end(bench, following) == "began to update 0 campaigns"
    assert described(bench, following)["solutionVersionArn"] == second


def test_who_describes_it_begins_the_update_that_nobody_began(bench: Bench, shop: Shop, following: str) -> None:
    second = bench.version(shop.solution)
    assert described(bench, following)["latestCampaignUpdate"]["solutionVersionArn"] == second
    described(bench, following)
    assert bench.stored(Kind.CAMPAIGN, "f").inner["sequence"] == 1


def test_a_machine_that_was_not_started_is_started_by_the_next_notice_or_the_daily_look(
    bench: Bench, shop: Shop, following: str
) -> None:
    """Nobody describes a campaign for an update that nobody asked for."""
    second = bench.version(shop.solution)
    bench.machines.broken = True
    assert hear_of_end(bench, second) == "began to update 1 campaigns"
    bench.machines.broken = False
    bench.machines.started.clear()
    assert hear_of_end(bench, second) == "began to update 0 campaigns"
    assert [each[::2] for each in bench.machines.started] == [(following, "deploy")]

    bench.pass_time(RESTART_AFTER_S + 1)
    bench.machines.started.clear()
    take_notice(bench.registry_at(bench.now, OWNER), None, {"automatic_training": "mend"})  # type: ignore[arg-type]
    assert [each[::2] for each in bench.machines.started] == [(following, "deploy")]

    deploy_update(bench, following)
    bench.machines.started.clear()
    hear_of_end(bench, second)
    take_notice(bench.registry_at(bench.now, OWNER), None, {"automatic_training": "mend"})  # type: ignore[arg-type]
    assert bench.machines.started == []


def test_a_version_that_comes_during_an_update_is_deployed_after_it(bench: Bench, shop: Shop, following: str) -> None:
    second = bench.version(shop.solution)
    hear_of_end(bench, second)
    third = bench.version(shop.solution)
    assert hear_of_end(bench, third) == "began to update 0 campaigns"
    deploy_update(bench, following)
    assert hear_of_end(bench, following) == "began to update 1 campaigns"
    assert described(bench, following)["latestCampaignUpdate"]["solutionVersionArn"] == third


def test_a_version_that_cannot_be_deployed_is_tried_once(bench: Bench, shop: Shop, following: str) -> None:
    second = bench.version(shop.solution)
    hear_of_end(bench, second)
    deploy_update(bench, following, CREATE_FAILED)
    assert hear_of_end(bench, following, "FAILED") == "began to update 0 campaigns"
    assert described(bench, following)["latestCampaignUpdate"]["status"] == CREATE_FAILED
    third = bench.version(shop.solution)
    assert hear_of_end(bench, third) == "began to update 1 campaigns"


def test_an_older_version_that_ends_later_is_not_gone_back_to(bench: Bench, shop: Shop, following: str) -> None:
    slow = bench.version(shop.solution)
    bench.end_job(slow, CREATE_IN_PROGRESS)
    quick = bench.version(shop.solution)
    hear_of_end(bench, quick)
    deploy_update(bench, following)
    bench.end_job(slow)
    assert hear_of_end(bench, slow) == "began to update 0 campaigns"


@pytest.mark.parametrize("status", [CREATE_PENDING, CREATE_IN_PROGRESS])
def test_a_campaign_in_the_making_catches_up_when_it_is_made(
    bench: Bench, shop: Shop, following: str, status: str
) -> None:
    bench.end_job(following, status)
    second = bench.version(shop.solution)
    assert hear_of_end(bench, second) == "began to update 0 campaigns"
    bench.end_job(following)
    assert hear_of_end(bench, following) == "began to update 1 campaigns"


def test_a_campaign_that_is_being_deleted_is_left_alone(bench: Bench, shop: Shop, following: str) -> None:
    second = bench.version(shop.solution)
    bench.client.delete_campaign(campaignArn=following)
    assert hear_of_end(bench, second) == "began to update 0 campaigns"


@pytest.mark.parametrize("given", ["{}", "[]", '{"arn": 3}', '{"arn": "arn:aws:s3:::x"}'])
def test_an_end_of_something_else_begins_nothing(bench: Bench, shop: Shop, following: str, given: str) -> None:
    bench.version(shop.solution)
    event = {"detail-type": EXECUTION_CHANGED, "detail": {"status": "SUCCEEDED", "input": given}}
    said = take_notice(bench.registry_at(bench.now, OWNER), None, event)["said"]  # type: ignore[arg-type]
    assert said == "began to update 0 campaigns"
    other = shop.solution.replace(ACCOUNT, "999999999999")
    assert hear_of_end(bench, f"{other}/x") == "began to update 0 campaigns"


def test_two_who_hear_of_it_at_once_begin_one_update(bench: Bench, shop: Shop, following: str) -> None:
    schedules = random.Random(8).sample(list(one_interruption(8, 8)), 24)
    for versions, schedule in enumerate(schedules, start=1):
        version = bench.version(shop.solution)
        stage = Stage(bench.table.client)
        table = ResourceTable(stage, bench.table.name)
        registry_at = bench.registries_over(table)
        event = {"detail-type": EXECUTION_CHANGED, "detail": {"input": json.dumps({"arn": version})}}
        describe = operations.build(registry_at)["DescribeCampaign"]
        call = Call("DescribeCampaign", {"campaign_arn": following}, OWNER, None, "request", bench.now)
        hearing = stage.enter(lambda: take_notice(registry_at(bench.now, OWNER), None, event))  # type: ignore[arg-type] # noqa: B023
        reading = stage.enter(lambda: describe(call))  # noqa: B023
        play(hearing, reading, schedule)
        stored = bench.stored(Kind.CAMPAIGN, "f")
        assert (stored.inner["sequence"], stored.inner["update"]["solution_version_arn"]) == (versions, version)
        deploy_update(bench, following)
        bench.table.delete(bench.stored(Kind.SOLUTION_VERSION, version.partition("solution/")[2]))
        # The next round's version is new again; the list stays short.


def test_following_needs_the_form_that_names_no_version(bench: Bench, shop: Shop, following: str) -> None:
    client = bench.client
    asked: dict[str, Any] = {"name": "n", "solutionVersionArn": shop.version, "campaignConfig": SYNC}
    assert "$LATEST" in refused("InvalidInputException", client.create_campaign, **asked)
    update = client.update_campaign
    refused("InvalidInputException", update, campaignArn=shop.campaign, campaignConfig=SYNC)
    refused("InvalidInputException", update, campaignArn=following, solutionVersionArn=shop.version)
    assert "latestCampaignUpdate" not in described(bench, following)

    update(campaignArn=following, minProvisionedTPS=3)
    shown = described(bench, following)["latestCampaignUpdate"]
    assert (shown["minProvisionedTPS"], shown["solutionVersionArn"]) == (3, shop.version)
    deploy_update(bench, following)
    update(campaignArn=following, campaignConfig={"syncWithLatestSolutionVersion": False})
    deploy_update(bench, following)
    update(campaignArn=shop.campaign, solutionVersionArn=latest(shop), campaignConfig=SYNC)
    assert described(bench, shop.campaign)["latestCampaignUpdate"]["campaignConfig"] == SYNC


def test_metadata_need_items_and_a_recipe_that_answers_with_them(bench: Bench, shop: Shop) -> None:
    asked: dict[str, Any] = {
        "name": "n",
        "solutionVersionArn": shop.version,
        "campaignConfig": {"enableMetadataWithRecommendations": True},
    }
    assert "ITEMS" in refused("InvalidInputException", bench.client.create_campaign, **asked)
    bench.dataset(shop.group, bench.schema("items", ITEMS), "Items")
    arn = bench.client.create_campaign(**asked)["campaignArn"]
    assert described(bench, arn)["campaignConfig"] == asked["campaignConfig"]


def test_influences_are_for_semantic_similarity_alone(bench: Bench, shop: Shop) -> None:
    bench.dataset(shop.group, bench.schema("items", ITEMS), "Items")
    refuse = {
        "name": "n",
        "solutionVersionArn": shop.version,
        "campaignConfig": {"rankingInfluence": {"POPULARITY": 0.5}},
    }
    assert "only aws-semantic-similarity" in refused("InvalidInputException", bench.client.create_campaign, **refuse)


def test_exploration_is_taken_and_without_effect_where_a_recipe_does_not_explore(bench: Bench, shop: Shop) -> None:
    arn = "arn:aws:personalize:::recipe/aws-popularity-count"
    solution = bench.client.create_solution(name="p", datasetGroupArn=shop.group, recipeArn=arn)["solutionArn"]
    bench.settle()
    config = {"itemExplorationConfig": {"explorationWeight": "0.3", "explorationItemAgeCutOff": "30.0"}}
    version = bench.version(solution)
    campaign = bench.client.create_campaign(name="n", solutionVersionArn=version, campaignConfig=config)["campaignArn"]
    assert described(bench, campaign)["campaignConfig"] == config
