"""The function as Lambda and the local stack build it: from its environment alone."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from lambdas.runtime import handler
from reco.settings import environment_for
from tests.aws import REGION, gateway_event
from tests.runtime.conftest import RuntimeWorld


@pytest.fixture
def environment() -> dict[str, str]:
    return environment_for(
        region=REGION, resources_table="resources", events_table="events", data_bucket="data", pointer_cache_s=5
    )


def test_the_handler_answers_and_says_how_long_it_and_aws_took(
    world: RuntimeWorld, environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    arn = world.deploy("aws-user-personalization")
    answer = handler.build(environment)(
        gateway_event("/recommendations", {"campaignArn": arn, "userId": "u00"}, "request="), None
    )
    assert len(json.loads(answer["body"])["itemList"]) == 25
    own, aws = (float(part.partition("dur=")[2]) for part in answer["headers"]["Server-Timing"].split(","))
    assert own > 0 and aws > 0
    counted = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert counted["OwnTime"] == [pytest.approx(own, abs=0.001)]
    assert counted["AwsTime"] == [pytest.approx(aws, abs=0.001)]
    assert counted["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Reco"


def test_a_failure_of_ours_is_timed_too(world: RuntimeWorld, environment: dict[str, str]) -> None:
    answer = handler.build({**environment, "RECO_RESOURCES_TABLE": "none"})(
        gateway_event("/recommendations", {"campaignArn": world.deploy("aws-sims")}, "request="), None
    )
    assert (answer["statusCode"], answer["headers"]["x-amzn-ErrorType"]) == (500, "InternalFailure")
    assert "Server-Timing" in answer["headers"]


def test_the_handler_loads_no_table_or_scanning_library() -> None:
    heavy = ("pandas", "scipy", "duckdb", "pyarrow")
    program = f"import sys, lambdas.runtime.handler; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
