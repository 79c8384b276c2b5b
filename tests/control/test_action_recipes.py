"""Dataset groups with actions, and recipes whose versions are not deployed."""

from __future__ import annotations

from typing import Any

import pytest

from reco.jobs.status import ACTIVE
from tests.control.conftest import Bench, refused
from tests.schemas import column, schema_text

ACTIONS = schema_text("Actions", column("ACTION_ID", "string"), column("VALUE", "long"))
LOG = schema_text(
    "ActionInteractions",
    column("USER_ID", "string"),
    column("ACTION_ID", "string"),
    column("EVENT_TYPE", "string"),
    column("TIMESTAMP", "long"),
)


def arn_of(recipe: str) -> str:
    return f"arn:aws:personalize:::recipe/{recipe}"


@pytest.mark.parametrize(
    ("given", "text", "stored"), [("Actions", ACTIONS, "ACTIONS"), ("Action_Interactions", LOG, "ACTION_INTERACTIONS")]
)
def test_datasets_of_actions_are_made_as_all_others_are(bench: Bench, given: str, text: str, stored: str) -> None:
    group = bench.group()
    arn = bench.dataset(group, bench.schema("x", text), given)
    assert arn.endswith(f"dataset/g/{stored}")
    found = bench.client.describe_dataset(datasetArn=arn)["dataset"]
    assert (found["datasetType"], found["status"]) == (stored, ACTIVE)


def test_the_next_best_action_needs_the_actions(bench: Bench) -> None:
    group = bench.group()
    bench.dataset(group, bench.schema())
    asked: dict[str, Any] = {"name": "n", "datasetGroupArn": group, "recipeArn": arn_of("aws-next-best-action")}
    assert "dataset of type ACTIONS" in refused("InvalidInputException", bench.client.create_solution, **asked)
    bench.dataset(group, bench.schema("a", ACTIONS), "Actions")
    assert bench.client.create_solution(**asked)["solutionArn"].endswith("solution/n")


def test_a_version_that_makes_segments_is_not_deployed(bench: Bench) -> None:
    group = bench.group()
    bench.dataset(group, bench.schema())
    created = bench.client.create_solution(
        name="n", datasetGroupArn=group, recipeArn=arn_of("aws-item-affinity"), performAutoTraining=False
    )
    bench.settle()
    version = bench.version(created["solutionArn"])
    message = refused("InvalidInputException", bench.client.create_campaign, name="c", solutionVersionArn=version)
    assert "aws-item-affinity makes segments of users, in batch segment jobs" in message
