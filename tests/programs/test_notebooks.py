"""What AWS's sample notebooks do with boto3 comes to its end here: polling, going on, cleaning up."""

from __future__ import annotations

from pathlib import Path

import pytest

from reco.arns import Kind
from reco.recipes import RECIPES
from tests.client.keeper import Keeper
from tests.control.conftest import ITEMS, Bench, bench, cloud
from tests.control.every_kind import one_of_each
from tests.programs.notebook import Notebook
from tests.wire.clients import ACCOUNT, REGION

__all__ = ["bench", "cloud"]  # fixtures


@pytest.fixture
def notebook(bench: Bench, tmp_path: Path) -> Notebook:
    keeper = Keeper(bench, tmp_path)
    return Notebook(bench.client, REGION, ACCOUNT, lambda: keeper.sleep(60))


def test_a_whole_account_is_cleaned_up_and_made_again_under_the_same_names(bench: Bench, notebook: Notebook) -> None:
    """Names are free at once, and nothing of the first life is in the way of the second."""
    lives = []
    for _ in range(3):
        made, _ = one_of_each(bench, "my-")
        lives.append(
            {kind: arn for kind, arn in made.items() if kind not in (Kind.EVENT_TRACKER, Kind.SOLUTION_VERSION)}
        )
        for group in notebook.client.list_dataset_groups()["datasetGroups"]:
            notebook.clean_up(group["datasetGroupArn"])
        assert notebook.client.list_schemas()["schemas"] == []
        left = bench.table.client.scan(TableName=bench.table.name)["Items"]
        assert left == []
    assert lives[0] == lives[1] == lives[2]


def test_what_is_there_already_is_found_by_its_name(bench: Bench, notebook: Notebook) -> None:
    schema = bench.schema("items", ITEMS)
    group = bench.group("mine")
    assert notebook.made_or_there("create_schema", "schemaArn", "schema", name="items", schema=ITEMS) == schema
    assert notebook.made_or_there("create_dataset_group", "datasetGroupArn", "dataset-group", name="mine") == group


def test_the_newest_version_is_the_last_of_the_list_and_the_first_is_the_first(bench: Bench) -> None:
    shop = bench.shop()
    second, third = bench.version(shop.solution), bench.version(shop.solution)
    listed = bench.client.list_solution_versions(solutionArn=shop.solution)["solutionVersions"]
    assert [listed[0]["solutionVersionArn"], listed[-1]["solutionVersionArn"]] == [shop.version, third]
    assert listed[1]["solutionVersionArn"] == second


def test_all_recipes_come_on_one_page(bench: Bench) -> None:
    answer = bench.client.list_recipes()
    assert len(answer["recipes"]) == len(RECIPES) and "nextToken" not in answer


def test_a_campaign_is_updated_once_at_a_time_and_polled_by_its_latest_update(bench: Bench, notebook: Notebook) -> None:
    client, shop = bench.client, bench.shop()
    newer = bench.version(shop.solution)
    assert client.describe_campaign(campaignArn=shop.campaign)["campaign"]["solutionVersionArn"] == shop.version
    client.update_campaign(campaignArn=shop.campaign, solutionVersionArn=newer)
    with pytest.raises(client.exceptions.ResourceInUseException):
        client.update_campaign(campaignArn=shop.campaign, minProvisionedTPS=2)
    shown = notebook.until_made(
        lambda: {"update": client.describe_campaign(campaignArn=shop.campaign)["campaign"]["latestCampaignUpdate"]}
    )
    assert shown["status"] == "ACTIVE"
    assert client.describe_campaign(campaignArn=shop.campaign)["campaign"]["solutionVersionArn"] == newer
