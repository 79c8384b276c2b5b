"""performHPO and performAutoML with unmodified boto3 on the whole stack, on a few small data."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from local.process import StackProcess
from tests.journey.shops import ImportedShop, two_tastes

pytestmark = pytest.mark.xdist_group("searches")

PERSONAL = "arn:aws:personalize:::recipe/aws-user-personalization-v2"
SIMS = "arn:aws:personalize:::recipe/aws-sims"
POPULAR = "arn:aws:personalize:::recipe/aws-popularity-count"
NDCG = "normalized_discounted_cumulative_gain_at_25"


class Shop(ImportedShop):
    """A group with a few users' interactions."""

    def solution(self, name: str, **settings: Any) -> str:
        arn = self.traveller.personalize.create_solution(
            name=name, datasetGroupArn=self.journey.arns["group"], performAutoTraining=False, **settings
        )["solutionArn"]
        describe = partial(self.traveller.personalize.describe_solution, solutionArn=arn)
        self.traveller.wait("solution", describe)
        return str(arn)

    def trained(self, solution: str) -> dict[str, Any]:
        """A new version of the solution, once it is ACTIVE."""
        personalize = self.traveller.personalize
        arn = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
        describe = partial(personalize.describe_solution_version, solutionVersionArn=arn)
        self.traveller.wait("solution version", describe)
        return dict(describe()["solutionVersion"])

    def output(self, version: str) -> dict[str, Any]:
        """Of the execution that trained the version."""
        states = self.world.client("stepfunctions")
        for each in states.list_executions(stateMachineArn=self.world.outputs["TrainMachine"])["executions"]:
            described = states.describe_execution(executionArn=each["executionArn"])
            if json.loads(described["input"]) == {"arn": version}:
                return dict(json.loads(described["output"]))
        raise AssertionError(f"{version} was not trained by an execution")


@pytest.fixture(scope="module")
def shop(world: StackProcess) -> Shop:
    return Shop.opened(world, "searches", two_tastes())


def test_hpo_finds_hyperparameters_within_its_ranges(shop: Shop) -> None:
    config = {
        "algorithmHyperParameters": {"min_cointeraction_count": "2"},
        "hpoConfig": {
            "algorithmHyperParameterRanges": {
                "integerHyperParameterRanges": [{"name": "min_cointeraction_count", "minValue": 1, "maxValue": 4}],
                "continuousHyperParameterRanges": [
                    {"name": "popularity_discount_factor", "minValue": 0.25, "maxValue": 0.75}
                ],
                "categoricalHyperParameterRanges": [],
            },
            "hpoResourceConfig": {"maxNumberOfTrainingJobs": "2", "maxParallelTrainingJobs": "1"},
        },
    }
    solution = shop.solution("tuned", recipeArn=SIMS, performHPO=True, solutionConfig=config)
    version = shop.trained(solution)
    tuned = version["tunedHPOParams"]["algorithmHyperParameters"]
    assert set(tuned) == {"min_cointeraction_count", "popularity_discount_factor"}
    assert 1 <= int(tuned["min_cointeraction_count"]) <= 4
    assert 0.25 <= float(tuned["popularity_discount_factor"]) <= 0.75
    assert (version["solutionConfig"], version["performHPO"], version["recipeArn"]) == (config, True, SIMS)
    personalize = shop.traveller.personalize
    metrics = personalize.get_solution_metrics(solutionVersionArn=version["solutionVersionArn"])["metrics"]
    assert metrics[NDCG] > 0
    output = shop.output(version["solutionVersionArn"])
    found = output["commit"]["summary"]["search"]
    assert (found["trials"], found["failed"], found["metric"]) == (2, 0, NDCG)
    bucket, _, folder = output["plan"]["specification"].removeprefix("s3://").partition("/")
    key = folder.replace("specification.json", "search/report.json")
    report = json.loads(shop.world.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
    assert report["trials"][0]["trial"]["hyperparameters"] == {
        "min_cointeraction_count": "2",
        "popularity_discount_factor": "0.5",
    }


def test_automl_serves_the_recipe_that_measured_best(shop: Shop) -> None:
    config = {"autoMLConfig": {"recipeList": [POPULAR, PERSONAL]}}
    solution = shop.solution("chosen", performAutoML=True, solutionConfig=config)
    version = shop.trained(solution)
    assert version["recipeArn"] == PERSONAL, "the users have tastes"
    described = shop.traveller.personalize.describe_solution(solutionArn=solution)["solution"]
    assert described["autoMLResult"] == {"bestRecipeArn": PERSONAL}
    assert "recipeArn" not in described
    personalize = shop.traveller.personalize
    campaign = personalize.create_campaign(name="chosen", solutionVersionArn=version["solutionVersionArn"])[
        "campaignArn"
    ]
    shop.traveller.wait("campaign", partial(personalize.describe_campaign, campaignArn=campaign))
    users = sorted(shop.sample.tastes)[:2]
    answers = [shop.traveller.recommend(campaign, user=user) for user in users]
    assert all("score" in entry for answer in answers for entry in answer)
    assert answers[0] != answers[1]
