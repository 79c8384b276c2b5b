"""The sample file that has every block, against the real control plane."""

from __future__ import annotations

import json
from pathlib import Path

from reco.client.destroying import destroy, find_doomed
from tests.client.keeper import Keeper, keeper
from tests.control.conftest import bench, cloud

__all__ = ["bench", "cloud", "keeper"]  # fixtures

EVERY_BLOCK = Path(__file__).parents[2] / "docs" / "samples" / "every-block.json"
BATCH_JOB = "solutions[0].batchInferenceJobs[0]"


def test_every_block_is_applied_found_again_and_taken_away(keeper: Keeper) -> None:
    keeper.document = json.loads(EVERY_BLOCK.read_text())
    outcome = keeper.apply()
    # A batch job's own work is another matter: it may be told as failed, and is then tried under another name.
    assert {failure.path for failure in outcome.failures} <= {BATCH_JOB}, outcome.failures
    assert {change.step.wanted.path for change in outcome.changes} == {each.path for each in keeper.read().resources}
    assert set(keeper.actions()) <= {BATCH_JOB}

    farewell = destroy(find_doomed(keeper.read(), keeper.client), keeper.client, timeout_s=600, sleep=keeper.sleep)
    assert (farewell.kept, len(farewell.deleted)) == ([], 15)
    assert find_doomed(keeper.read(), keeper.client) == []


def test_a_recommenders_settings_are_updated_and_its_recipe_is_not(keeper: Keeper) -> None:
    document = json.loads(EVERY_BLOCK.read_text())
    keeper.document = {**document, "solutions": [], "filters": []}
    assert keeper.apply().failures == []
    config = keeper.document["recommenders"][0]["serviceConfig"]
    config["recommenderConfig"]["minRecommendationRequestsPerSecond"] = 3
    assert keeper.actions() == {"recommenders[0]": "update"}
    assert keeper.apply().failures == []
    assert keeper.actions() == {}
    config["recipeArn"] = "arn:aws:personalize:::recipe/aws-vod-most-popular"
    assert keeper.actions() == {"recommenders[0]": "must be recreated"}
