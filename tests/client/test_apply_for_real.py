"""The sample file against the whole stack: data in S3, trained, deployed, answering, and gone again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result

from local.process import StackProcess
from local.sample_data import shop_data
from reco.cli.main import main
from reco.waiters import wait_until_active
from tests.client.keeper import SHOP


@pytest.fixture
def shop(world: StackProcess, clients: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment as `reco up` says it, and the file's bucket."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", world.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    data = shop_data()
    s3 = clients("s3")
    s3.create_bucket(Bucket="my-shop-data")
    s3.put_object(Bucket="my-shop-data", Key="interactions.csv", Body=data.interactions_csv)
    s3.put_object(Bucket="my-shop-data", Key="items.csv", Body=data.items_csv)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def test_the_sample_file_makes_a_shop_that_answers_and_takes_it_away(shop: None, clients: Callable[[str], Any]) -> None:
    applied = run("apply", str(SHOP), "--json")
    assert applied.exit_code == 0, applied.output
    arns = {change["path"]: change["arn"] for change in json.loads(applied.stdout)["changes"]}
    assert run("diff", str(SHOP)).exit_code == 0
    assert json.loads(run("apply", str(SHOP), "--json").stdout)["changes"] == []

    campaign = arns["solutions[0].campaigns[0]"]
    assert run("wait", campaign).exit_code == 0
    wait_until_active(clients("personalize"), campaign)
    answer = clients("personalize-runtime").get_recommendations(campaignArn=campaign, userId="somebody", numResults=5)
    assert len(answer["itemList"]) == 5

    gone = run("destroy", str(SHOP), "--yes")
    assert gone.exit_code == 0, gone.output
    assert run("wait", campaign, "--deleted").exit_code == 0
    assert run("wait", campaign).exit_code == 1
