"""A campaign of a solution that AutoML chose the recipe of: each version says which recipe it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reco.arns import Kind
from tests.aws import OWNER, make_resource
from tests.runtime.conftest import RuntimeWorld


@pytest.mark.parametrize(("recipe", "scored"), [("aws-user-personalization", True), ("aws-popularity-count", False)])
def test_the_campaign_serves_the_recipe_of_its_version(world: RuntimeWorld, recipe: str, scored: bool) -> None:
    campaign = world.deploy(recipe, name=f"chosen-{recipe}")
    pointer = world.resources.get(Kind.CAMPAIGN, f"chosen-{recipe}")
    assert pointer is not None
    version = pointer.inner["serving"]["version_arn"].partition("solution/")[2]
    without = {"dataset_group_arn": OWNER.arn(Kind.DATASET_GROUP, "shop"), "perform_auto_ml": True}
    world.resources.update(Kind.SOLUTION, version.partition("/")[0], lambda solution: replace(solution, body=without))
    arn = f"arn:aws:personalize:::recipe/{recipe}"
    make_resource(world.resources, Kind.SOLUTION_VERSION, version, {"recipe_arn": arn})
    answer = world.recommend(campaign, "u00", numResults=5)["itemList"]
    assert len(answer) == 5
    assert all(("score" in each) == scored for each in answer)
