"""The program of AWS's solution keeps its shops here as it does there: it makes them, and then leaves them alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reco.arns import Kind, Owner
from reco.jobs.status import ACTIVE, CREATE_FAILED
from tests.client.keeper import Keeper
from tests.control.conftest import INTERACTIONS, ITEMS, RECIPE, ROLE, Bench, bench, cloud
from tests.control.domain_shop import FOR_YOU, TOP_PICKS, VIDEOS
from tests.control.domain_shop import INTERACTIONS as DOMAIN_INTERACTIONS
from tests.control.domain_shop import ITEMS as SHOP_ITEMS
from tests.programs.maintainer import Failed, Invalid, Maintainer
from tests.wire.clients import ACCOUNT, REGION

__all__ = ["bench", "cloud"]  # fixtures

HPO = {
    "hpoConfig": {
        "hpoResourceConfig": {"maxNumberOfTrainingJobs": "4", "maxParallelTrainingJobs": "2"},
        "algorithmHyperParameterRanges": {
            "integerHyperParameterRanges": [{"name": "hidden_dimension", "minValue": 32, "maxValue": 64}],
            "continuousHyperParameterRanges": [],
            "categoricalHyperParameterRanges": [],
        },
    }
}
SHOPS: dict[str, dict[str, Any]] = {
    "plain": {"schemas": {"Interactions": INTERACTIONS, "ITEMS": ITEMS}, "solution": {}, "campaign": {}},
    "empty blocks": {
        "schemas": {"INTERACTIONS": json.dumps(json.loads(INTERACTIONS), indent=3)},
        "solution": {"solutionConfig": {"algorithmHyperParameters": {}, "trainingDataConfig": {}}},
        "campaign": {"campaignConfig": {}, "minProvisionedTPS": 3},
    },
    "full blocks": {
        "schemas": {"interactions": INTERACTIONS, "items": ITEMS},
        "solution": {"performHPO": True, "performAutoML": False, "eventType": "click", "solutionConfig": HPO},
        "campaign": {
            "minProvisionedTPS": 1,
            "campaignConfig": {
                "itemExplorationConfig": {"explorationWeight": "0.30", "explorationItemAgeCutOff": "30.0"},
                "enableMetadataWithRecommendations": False,
                "syncWithLatestSolutionVersion": False,
            },
        },
    },
    "shop": {
        "domain": "ECOMMERCE",
        "schemas": {"Interactions": DOMAIN_INTERACTIONS, "Items": SHOP_ITEMS},
        "recommender": {"recipeArn": FOR_YOU},
    },
    "videos": {
        "domain": "VIDEO_ON_DEMAND",
        "schemas": {"Interactions": DOMAIN_INTERACTIONS, "Items": VIDEOS},
        "recommender": {
            "recipeArn": TOP_PICKS,
            "recommenderConfig": {"itemExplorationConfig": {}, "minRecommendationRequestsPerSecond": 2},
        },
    },
}
FILTER = '  EXCLUDE   ItemID WHERE\tInteractions.EVENT_TYPE IN ("click", $TYPE)'


@pytest.fixture
def keeper(bench: Bench, tmp_path: Path) -> Keeper:
    return Keeper(bench, tmp_path)


@pytest.fixture
def maintainer(keeper: Keeper) -> Maintainer:
    return Maintainer(keeper.client, Owner(ACCOUNT, REGION), lambda: keeper.sleep(60))


def walk(maintainer: Maintainer, shop: dict[str, Any]) -> dict[str, str]:
    """The ARNs of what the configuration asks for, all ACTIVE."""
    domain = {"domain": shop["domain"]} if "domain" in shop else {}
    group = {"datasetGroupArn": maintainer.named(Kind.DATASET_GROUP, "shop", **domain)}
    for dataset_type, text in shop["schemas"].items():
        schema = maintainer.named(Kind.SCHEMA, f"shop-{dataset_type}", schema=text, **domain)
        wanted = dataset_type.upper()
        dataset = maintainer.found(
            Kind.DATASET,
            group,
            lambda each, wanted=wanted: each["datasetType"] == wanted,  # type: ignore[misc]
            name="records",
            schemaArn=schema,
            datasetType=dataset_type,
        )
        maintainer.found(
            Kind.DATASET_IMPORT_JOB,
            {"datasetArn": dataset},
            lambda each: True,
            jobName=f"import-{dataset_type}",
            dataSource={"dataLocation": "s3://bucket/a.csv"},
            roleArn=ROLE,
        )
    maintainer.found(Kind.EVENT_TRACKER, group, lambda each: each["name"] == "tracker", name="tracker")
    maintainer.named(Kind.FILTER, "clicked", filterExpression=FILTER, **group)
    if "recommender" in shop:
        return {"recommender": maintainer.named(Kind.RECOMMENDER, "for-you", **group, **shop["recommender"])}
    solution = maintainer.named(Kind.SOLUTION, "personal", recipeArn=RECIPE, **group, **shop["solution"])
    version = maintainer.found(Kind.SOLUTION_VERSION, {"solutionArn": solution}, lambda each: True, trainingMode="FULL")
    campaign = maintainer.named(Kind.CAMPAIGN, "front", solutionVersionArn=version, **shop["campaign"])
    return {"solution": solution, "version": version, "campaign": campaign}


@pytest.mark.parametrize("shop", SHOPS)
def test_a_shop_is_made_and_found_as_it_was_asked_for_ever_after(
    keeper: Keeper, maintainer: Maintainer, shop: str
) -> None:
    made = maintainer.until_done(lambda: walk(maintainer, SHOPS[shop]))
    calls = keeper.calls()
    assert walk(maintainer, SHOPS[shop]) == made
    assert calls and {name for name in calls if not name.startswith(("Describe", "List"))} == set()


def test_what_is_not_as_configured_is_noticed(maintainer: Maintainer) -> None:
    maintainer.until_done(lambda: walk(maintainer, SHOPS["plain"]))
    other = {**SHOPS["plain"], "solution": {"eventType": "click"}}
    with pytest.raises(Invalid, match="eventType is None and not 'click'"):
        walk(maintainer, other)


def test_a_newer_version_is_deployed_by_one_update_after_which_nothing_is_left_to_do(
    keeper: Keeper, maintainer: Maintainer
) -> None:
    shop = SHOPS["empty blocks"]
    before = maintainer.until_done(lambda: walk(maintainer, shop))
    keeper.bench.pass_time(1)
    keeper.client.create_solution_version(solutionArn=before["solution"])
    calls = keeper.calls()
    after = maintainer.until_done(lambda: walk(maintainer, shop))
    assert after["version"] != before["version"]
    assert calls.count("UpdateCampaign") == 1
    shown = maintainer.ready(Kind.CAMPAIGN, after["campaign"])
    assert shown["solutionVersionArn"] == shown["latestCampaignUpdate"]["solutionVersionArn"] == after["version"]
    assert (shown["campaignConfig"], shown["minProvisionedTPS"]) == ({}, 3)


def test_an_update_that_failed_speaks_for_its_campaign_until_the_next_one(bench: Bench, maintainer: Maintainer) -> None:
    made = maintainer.until_done(lambda: walk(maintainer, SHOPS["plain"]))
    failed = {"status": CREATE_FAILED, "failure_reason": "no luck", "created_at": bench.now, "updated_at": bench.now}
    update = {"solution_version_arn": made["version"], "min_provisioned_tps": 2, **failed}
    bench.end_job(made["campaign"], update=update)
    with pytest.raises(Failed, match="campaign/front"):
        walk(maintainer, SHOPS["plain"])
    assert maintainer.describe(Kind.CAMPAIGN, made["campaign"])["status"] == ACTIVE
    bench.client.update_campaign(campaignArn=made["campaign"], minProvisionedTPS=1)
    assert maintainer.until_done(lambda: walk(maintainer, SHOPS["plain"])) == made


def test_metrics_are_numbers_and_names_tell_versions_apart(bench: Bench, maintainer: Maintainer) -> None:
    made = maintainer.until_done(lambda: walk(maintainer, SHOPS["plain"]))
    metrics = bench.client.get_solution_metrics(solutionVersionArn=made["version"])["metrics"]
    assert [float(value) for value in metrics.values()] == list(metrics.values()) != []
    drawn = maintainer.describe(Kind.SOLUTION_VERSION, made["version"])["name"]
    assert drawn == f"personal/{made['version'].rpartition('/')[2]}"
    named = bench.version(made["solution"], name="monday")
    assert maintainer.describe(Kind.SOLUTION_VERSION, named)["name"] == "monday"
