"""Updating a campaign: the old version serves, the update has a record of its own."""

from __future__ import annotations

from typing import Any

import pytest

from reco.arns import Kind
from reco.jobs.status import ACTIVE, CREATE_FAILED, CREATE_PENDING
from tests.control.conftest import Bench, Shop, refused


@pytest.fixture
def shop(bench: Bench) -> Shop:
    return bench.shop()


def _campaign(bench: Bench, shop: Shop) -> dict[str, Any]:
    return dict(bench.client.describe_campaign(campaignArn=shop.campaign)["campaign"])


def test_an_update_starts_its_own_execution_and_leaves_the_campaign_active(bench: Bench, shop: Shop) -> None:
    second = bench.version(shop.solution)
    before = _campaign(bench, shop)
    bench.client.update_campaign(campaignArn=shop.campaign, solutionVersionArn=second, minProvisionedTPS=2)

    after = _campaign(bench, shop)
    latest = after.pop("latestCampaignUpdate")
    assert after == before and after["status"] == ACTIVE
    assert (latest["solutionVersionArn"], latest["minProvisionedTPS"]) == (second, 2)
    assert latest["status"] == CREATE_PENDING
    incarnation = bench.stored(Kind.CAMPAIGN, "c").incarnation
    assert bench.machines.started[-1] == (shop.campaign, f"{incarnation}-1", "deploy")


def test_omitted_members_keep_their_values(bench: Bench, shop: Shop) -> None:
    config = {"itemExplorationConfig": {"explorationWeight": "0"}}
    bench.client.update_campaign(campaignArn=shop.campaign, campaignConfig=config)

    latest = _campaign(bench, shop)["latestCampaignUpdate"]
    assert (latest["solutionVersionArn"], latest["minProvisionedTPS"]) == (shop.version, 1)
    assert latest["campaignConfig"] == config


def test_latest_deploys_the_newest_active_version(bench: Bench, shop: Shop) -> None:
    second = bench.version(shop.solution)
    failed = bench.version(shop.solution)
    bench.end_job(failed, CREATE_FAILED)

    bench.client.update_campaign(campaignArn=shop.campaign, solutionVersionArn=f"{shop.solution}/$LATEST")
    created = bench.client.create_campaign(name="n", solutionVersionArn=f"{shop.solution}/$LATEST")["campaignArn"]

    assert _campaign(bench, shop)["latestCampaignUpdate"]["solutionVersionArn"] == second
    assert bench.client.describe_campaign(campaignArn=created)["campaign"]["solutionVersionArn"] == second


def test_an_update_is_refused_while_another_is_at_work_and_so_is_a_delete(bench: Bench, shop: Shop) -> None:
    bench.client.update_campaign(campaignArn=shop.campaign, minProvisionedTPS=2)

    refused("ResourceInUseException", bench.client.update_campaign, campaignArn=shop.campaign, minProvisionedTPS=3)
    refused("ResourceInUseException", bench.client.delete_campaign, campaignArn=shop.campaign)
    update = bench.stored(Kind.CAMPAIGN, "c").inner["update"]
    bench.end_job(shop.campaign, update={**update, "status": CREATE_FAILED, "failure_reason": "no"})
    assert _campaign(bench, shop)["latestCampaignUpdate"]["failureReason"] == "no"
    bench.client.update_campaign(campaignArn=shop.campaign, minProvisionedTPS=3)
    assert bench.machines.started[-1][1].endswith("-2")


def test_a_campaign_in_the_making_cannot_be_updated_and_a_failed_one_can(bench: Bench, shop: Shop) -> None:
    arn = bench.client.create_campaign(name="n", solutionVersionArn=shop.version)["campaignArn"]
    refused("ResourceInUseException", bench.client.update_campaign, campaignArn=arn, minProvisionedTPS=2)
    bench.end_job(arn, CREATE_FAILED)
    bench.client.update_campaign(campaignArn=arn, minProvisionedTPS=2)


def test_an_update_says_something_and_stays_with_the_solution(bench: Bench, shop: Shop) -> None:
    other = bench.version(bench.solution(shop.group, "other"))

    refused("InvalidInputException", bench.client.update_campaign, campaignArn=shop.campaign)
    message = refused(
        "InvalidInputException", bench.client.update_campaign, campaignArn=shop.campaign, solutionVersionArn=other
    )
    assert shop.solution in message
