"""A campaign begins to serve, changes what it serves, and goes back when that fails."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reco.arns import Kind
from reco.errors import StaleAttempt, UserFault
from reco.jobs.deploy_job import begin, commit
from reco.jobs.serving import settle_seconds
from reco.settings import Settings, environment_for
from tests.jobs.bench import CAMPAIGN, OTHER_VERSION, Bench

FIRST = OTHER_VERSION.replace("99999999", "11111111")


@pytest.fixture
def campaign(bench: Bench) -> Bench:
    bench.put_campaign()
    return bench


def test_a_new_campaign_is_active_at_once(campaign: Bench) -> None:
    execution, attempt = campaign.begin(CAMPAIGN)
    assert campaign.campaign.status == "CREATE IN_PROGRESS"
    assert campaign.step("commit", CAMPAIGN, execution, attempt=attempt) == {
        "settle_s": 0,
        "summary": {"solution_version": FIRST},
    }
    assert campaign.campaign.status == "ACTIVE"
    assert campaign.campaign.inner["serving"] == {
        "version_arn": FIRST,
        "uri": "s3://home/models/first/",
        "digest": "first",
    }
    campaign.step("settle", CAMPAIGN, execution, attempt=attempt)
    assert campaign.campaign.status == "ACTIVE"


def test_an_update_is_active_only_after_every_cache_has_expired(campaign: Bench) -> None:
    campaign.run(CAMPAIGN, campaign.start())
    campaign.update_campaign()
    execution, attempt = campaign.begin(CAMPAIGN)
    assert campaign.campaign.status == "ACTIVE"
    assert campaign.campaign.inner["update"]["status"] == "CREATE IN_PROGRESS"
    assert campaign.step("commit", CAMPAIGN, execution, attempt=attempt) == {
        "settle_s": 11,
        "summary": {"solution_version": OTHER_VERSION},
    }
    switched = campaign.campaign
    assert switched.inner["serving"]["digest"] == "second"
    assert switched.inner["update"]["status"] == "CREATE IN_PROGRESS"
    assert switched.body["solution_version_arn"] == FIRST
    campaign.now += 11
    campaign.step("settle", CAMPAIGN, execution, attempt=attempt)
    settled = campaign.campaign
    assert settled.inner["update"]["status"] == "ACTIVE"
    assert settled.inner["update"]["updated_at"] == campaign.now
    assert (settled.body["solution_version_arn"], settled.body["min_provisioned_tps"]) == (OTHER_VERSION, 2)


def test_without_caches_an_update_waits_for_nothing(campaign: Bench) -> None:
    campaign.run(CAMPAIGN, campaign.start())
    campaign.update_campaign()
    settings = Settings(environment_for(pointer_cache_s=0, instance_type="ml.m5.xlarge", data_bucket="home"))
    context = replace(campaign.context, settings=settings)
    attempt = begin(context, "front", campaign.start())
    assert commit(context, "front", attempt)["settle_s"] == 0
    assert campaign.campaign.inner["update"]["status"] == "ACTIVE"


@pytest.mark.parametrize(("cached_s", "wait_s"), [(0, 0), (0.2, 2), (10, 11), (10.5, 12)])
def test_the_wait_outlasts_the_cache(cached_s: float, wait_s: int) -> None:
    assert settle_seconds(cached_s) == wait_s


def test_settling_before_the_switch_is_refused(campaign: Bench) -> None:
    execution, attempt = campaign.begin(CAMPAIGN)
    with pytest.raises(StaleAttempt):
        campaign.step("settle", CAMPAIGN, execution, attempt=attempt)
    assert campaign.campaign.status == "CREATE IN_PROGRESS"


def test_a_failed_update_leaves_the_old_version_serving(campaign: Bench) -> None:
    campaign.run(CAMPAIGN, campaign.start())
    campaign.update_campaign()
    execution, attempt = campaign.begin(CAMPAIGN)
    campaign.step("commit", CAMPAIGN, execution, attempt=attempt)
    error = {"Error": "Lambda.Unknown", "Cause": ""}
    assert campaign.step("fail", CAMPAIGN, execution, attempt=attempt, error=error) == {"status": "CREATE FAILED"}
    failed = campaign.campaign
    assert failed.status == "ACTIVE"
    assert failed.inner["serving"]["digest"] == "first"
    assert failed.inner["update"]["failure_reason"].startswith("Create failed.")
    assert failed.body["solution_version_arn"] == FIRST


def test_going_back_reaches_past_an_attempt_that_was_cut_off_after_its_switch(campaign: Bench) -> None:
    campaign.run(CAMPAIGN, campaign.start())
    campaign.update_campaign()
    first, attempt = campaign.begin(CAMPAIGN)
    campaign.step("commit", CAMPAIGN, first, attempt=attempt)
    campaign.stop(first)
    second, attempt = campaign.begin(CAMPAIGN)
    campaign.step("fail", CAMPAIGN, second, attempt=attempt, error={})
    assert campaign.campaign.inner["serving"]["digest"] == "first"


def test_a_failed_creation_is_the_campaigns_own_and_serves_nothing(campaign: Bench) -> None:
    execution, attempt = campaign.begin(CAMPAIGN)
    campaign.step("fail", CAMPAIGN, execution, attempt=attempt, error={})
    assert campaign.campaign.status == "CREATE FAILED"
    assert "serving" not in campaign.campaign.inner


def test_an_update_mends_a_campaign_whose_creation_failed(campaign: Bench) -> None:
    execution, attempt = campaign.begin(CAMPAIGN)
    campaign.step("fail", CAMPAIGN, execution, attempt=attempt, error={})
    campaign.update_campaign()
    assert campaign.run(CAMPAIGN, campaign.start()) == "done"
    assert (campaign.campaign.status, campaign.campaign.failure_reason) == ("ACTIVE", None)


def test_a_version_that_is_not_trained_cannot_be_deployed(campaign: Bench) -> None:
    execution, attempt = campaign.begin(CAMPAIGN)
    campaign.context.table.update(
        Kind.SOLUTION_VERSION, "als/11111111", lambda version: replace(version, status="CREATE FAILED", inner={})
    )
    with pytest.raises(UserFault, match="only an ACTIVE one"):
        campaign.step("commit", CAMPAIGN, execution, attempt=attempt)


def test_a_campaign_being_deleted_is_left_alone(campaign: Bench) -> None:
    execution, attempt = campaign.begin(CAMPAIGN)
    campaign.context.table.update(Kind.CAMPAIGN, "front", lambda current: replace(current, deleting_since=campaign.now))
    with pytest.raises(StaleAttempt):
        campaign.step("commit", CAMPAIGN, execution, attempt=attempt)
    campaign.stop(execution)
    assert campaign.step("begin", CAMPAIGN, campaign.start())["proceed"] is False


def test_an_update_moves_the_campaigns_own_time_when_it_is_in_service_and_not_before(bench: Bench) -> None:
    bench.put_campaign()
    bench.run(CAMPAIGN, bench.start())
    served = bench.campaign.updated_at
    bench.now += 100
    bench.update_campaign()
    bench.now += 10
    execution, attempt = bench.begin(CAMPAIGN)
    assert (bench.campaign.updated_at, bench.campaign.inner["update"]["updated_at"]) == (served, bench.now)
    bench.now += 10
    bench.step("fail", CAMPAIGN, execution, attempt=attempt, error={})
    assert (bench.campaign.updated_at, bench.campaign.inner["update"]["updated_at"]) == (served, bench.now)
    bench.now += 10
    assert bench.run(CAMPAIGN, bench.start()) == "done"
    assert bench.campaign.updated_at == bench.campaign.inner["update"]["updated_at"] == bench.now
