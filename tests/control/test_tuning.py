"""Searches asked for: what is refused, what is shown as it was sent, and what a search found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from reco.arns import Kind
from reco.recipes import recipe_by_arn
from tests.control.conftest import Bench, refused

UP = "arn:aws:personalize:::recipe/aws-user-personalization"
SIMS = "arn:aws:personalize:::recipe/aws-sims"
POPULAR = "arn:aws:personalize:::recipe/aws-popularity-count"
V2 = "arn:aws:personalize:::recipe/aws-user-personalization-v2"
USE_CASE = "arn:aws:personalize:::recipe/aws-ecomm-recommended-for-you"


@pytest.fixture
def group(bench: Bench) -> Iterator[str]:
    group = bench.group()
    bench.dataset(group, bench.schema())
    yield group


def ranges(**lists: list[dict[str, Any]]) -> dict[str, Any]:
    return {"hpoConfig": {"algorithmHyperParameterRanges": lists}}


def whole(name: str, low: int, high: int) -> dict[str, Any]:
    return {"name": name, "minValue": low, "maxValue": high}


FULL = {
    "algorithmHyperParameters": {"hidden_dimension": "55"},
    "hpoConfig": {
        "algorithmHyperParameterRanges": {
            "integerHyperParameterRanges": [whole("hidden_dimension", 40, 64), whole("bptt", 2, 8)],
            "categoricalHyperParameterRanges": [{"name": "recency_mask", "values": ["true", "false"]}],
            "continuousHyperParameterRanges": [],
        },
        "hpoResourceConfig": {"maxNumberOfTrainingJobs": "4", "maxParallelTrainingJobs": "2"},
    },
}

GOOD: list[tuple[str, dict[str, Any]]] = [
    (UP, {}),
    (UP, {"hpoConfig": {}}),
    (UP, FULL),
    (UP, ranges(integerHyperParameterRanges=[], continuousHyperParameterRanges=[], categoricalHyperParameterRanges=[])),
    (UP, ranges(integerHyperParameterRanges=[{"name": "hidden_dimension", "minValue": 100}])),
    (SIMS, ranges(continuousHyperParameterRanges=[{"name": "popularity_discount_factor", "minValue": 0.25}])),
    (
        "arn:aws:personalize:::recipe/aws-similar-items",
        ranges(integerHyperParameterRanges=[whole("item_id_hidden_dim", 30, 60)]),
    ),
]


@pytest.mark.parametrize(("recipe", "config"), GOOD)
def test_a_search_is_shown_exactly_as_it_was_sent(
    bench: Bench, group: str, recipe: str, config: dict[str, Any]
) -> None:
    given = {"solutionConfig": config} if config else {}
    create = bench.client.create_solution
    arn = create(name="s", datasetGroupArn=group, recipeArn=recipe, performHPO=True, **given)["solutionArn"]
    bench.settle()
    solution = bench.client.describe_solution(solutionArn=arn)["solution"]
    assert (solution["performHPO"], solution.get("solutionConfig", {})) == (True, config)
    version = bench.client.create_solution_version(solutionArn=arn)["solutionVersionArn"]
    copied = bench.client.describe_solution_version(solutionVersionArn=version)["solutionVersion"]
    assert (copied["performHPO"], copied["solutionConfig"], copied["recipeArn"]) == (True, config, recipe)
    assert "tunedHPOParams" not in copied


def resources(**given: str) -> dict[str, Any]:
    return {"hpoConfig": {"hpoResourceConfig": given}}


BAD: list[tuple[str, dict[str, Any], str]] = [
    (UP, {"hpoConfig": {"hpoObjective": {"metricName": "coverage"}}}, "hpoObjective cannot be set"),
    (UP, resources(maxNumberOfTrainingJobs="41"), "maxNumberOfTrainingJobs must be a whole number from 1 to 40"),
    (UP, resources(maxNumberOfTrainingJobs="0"), "from 1 to 40"),
    (UP, resources(maxNumberOfTrainingJobs="many"), "it is 'many'"),
    (UP, resources(maxParallelTrainingJobs="11"), "maxParallelTrainingJobs must be a whole number from 1 to 10"),
    (
        UP,
        ranges(integerHyperParameterRanges=[whole("hidden_dimension", 31, 64)]),
        "hidden_dimension must lie within 32",
    ),
    (UP, ranges(integerHyperParameterRanges=[whole("hidden_dimension", 64, 257)]), "within 32 to 256"),
    (UP, ranges(integerHyperParameterRanges=[whole("hidden_dimension", 64, 63)]), "minValue first; it is 64 to 63"),
    (UP, ranges(integerHyperParameterRanges=[whole("depth", 1, 2)]), "depth cannot be tuned in aws-user-pers"),
    (UP, ranges(integerHyperParameterRanges=[whole("bptt", 2, 3), whole("bptt", 4, 5)]), "bptt has two ranges"),
    (UP, ranges(integerHyperParameterRanges=[{"minValue": 2}]), "a range without a name"),
    (UP, ranges(integerHyperParameterRanges=[whole("recency_mask", 0, 1)]), "categoricalHyperParameterRanges"),
    (UP, ranges(categoricalHyperParameterRanges=[{"name": "recency_mask", "values": ["maybe"]}]), "'maybe' is none"),
    (UP, ranges(categoricalHyperParameterRanges=[{"name": "recency_mask", "values": []}]), "there are none"),
    (
        UP,
        ranges(continuousHyperParameterRanges=[{"name": "max_user_history_length_percentile", "minValue": 0.5}]),
        "max_user_history_length_percentile cannot be tuned",
    ),
    (POPULAR, {}, "performHPO: aws-popularity-count has no hyperparameters to search"),
    (V2, {}, "performHPO: aws-user-personalization-v2"),
]


@pytest.mark.parametrize(("recipe", "config", "words"), BAD)
def test_a_search_that_could_not_be_made_is_refused_by_name(
    bench: Bench, group: str, recipe: str, config: dict[str, Any], words: str
) -> None:
    create = bench.client.create_solution
    given = {"name": "s", "datasetGroupArn": group, "recipeArn": recipe, "solutionConfig": config}
    assert words in refused("InvalidInputException", create, performHPO=True, **given)
    if config:
        assert words in refused("InvalidInputException", create, **given), "though nothing is searched"
    else:
        create(**given)


def test_automl_chooses_the_recipe_and_shows_what_it_chose(bench: Bench, group: str) -> None:
    config = {"autoMLConfig": {"metricName": "precision_at_10", "recipeList": [UP, POPULAR]}}
    arn = bench.client.create_solution(name="s", datasetGroupArn=group, performAutoML=True, solutionConfig=config)[
        "solutionArn"
    ]
    bench.settle()
    solution = bench.client.describe_solution(solutionArn=arn)["solution"]
    assert (solution["performAutoML"], solution["solutionConfig"]) == (True, config)
    assert not {"recipeArn", "autoMLResult"} & set(solution)
    version = bench.client.create_solution_version(solutionArn=arn)["solutionVersionArn"]
    assert "recipeArn" not in bench.client.describe_solution_version(solutionVersionArn=version)["solutionVersion"]
    tuned = {"algorithm_hyper_parameters": {"hidden_dimension": "64"}}
    bench.table.update(
        Kind.SOLUTION_VERSION,
        version.partition("solution/")[2],
        lambda current: replace(current, body={**current.body, "recipe_arn": UP, "tuned_hpo_params": tuned}),
    )
    bench.end_job(version)
    described = bench.client.describe_solution_version(solutionVersionArn=version)["solutionVersion"]
    assert described["recipeArn"] == UP
    assert described["tunedHPOParams"] == {"algorithmHyperParameters": {"hidden_dimension": "64"}}
    solution = bench.client.describe_solution(solutionArn=arn)["solution"]
    assert solution["autoMLResult"] == {"bestRecipeArn": UP}
    assert "recipeArn" not in solution
    later = bench.client.create_solution_version(solutionArn=arn)["solutionVersionArn"]
    solution = bench.client.describe_solution(solutionArn=arn)["solution"]
    assert solution["autoMLResult"] == {"bestRecipeArn": UP}, "that of the newest version that is trained"
    bench.end_job(later, "CREATE FAILED", "no data")
    bench.client.list_solutions(datasetGroupArn=group)
    bench.client.list_solution_versions(solutionArn=arn)


def test_an_update_takes_over_what_a_search_found(bench: Bench, group: str) -> None:
    solution = bench.solution(group, performHPO=True)
    version = bench.version(solution)
    tuned = {"algorithm_hyper_parameters": {"hidden_dimension": "64"}}
    bench.table.update(
        Kind.SOLUTION_VERSION,
        version.partition("solution/")[2],
        lambda current: replace(
            current,
            body={**current.body, "tuned_hpo_params": tuned},
            inner={**current.inner, "artefact": {"uri": "s3://b/m/", "digest": "0" * 64}},
        ),
    )
    update = bench.client.create_solution_version(solutionArn=solution, trainingMode="UPDATE")["solutionVersionArn"]
    described = bench.client.describe_solution_version(solutionVersionArn=update)["solutionVersion"]
    assert described["tunedHPOParams"] == {"algorithmHyperParameters": {"hidden_dimension": "64"}}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"performAutoML": True, "recipeArn": UP}, "recipeArn cannot be given with performAutoML"),
        ({}, "recipeArn is missing"),
        ({"performAutoML": False}, "recipeArn is missing"),
        (
            {"performAutoML": True, "solutionConfig": {"autoMLConfig": {"recipeList": [UP, SIMS]}}},
            "recipeList[1]: aws-sims is of type RELATED_ITEMS",
        ),
        (
            {"performAutoML": True, "solutionConfig": {"autoMLConfig": {"recipeList": [UP + "-9"]}}},
            "recipeList[0]: there is no recipe",
        ),
        (
            {"performAutoML": True, "solutionConfig": {"autoMLConfig": {"recipeList": [USE_CASE]}}},
            "recipeList[0]: aws-ecomm-recommended-for-you",
        ),
        (
            {"performAutoML": True, "solutionConfig": {"autoMLConfig": {"metricName": "joy"}}},
            "metricName must be one of coverage",
        ),
    ],
)
def test_automl_that_could_not_be_made_is_refused(bench: Bench, group: str, given: dict[str, Any], words: str) -> None:
    message = refused("InvalidInputException", bench.client.create_solution, name="s", datasetGroupArn=group, **given)
    assert words in message


def test_automl_needs_interactions(bench: Bench) -> None:
    empty = bench.group("empty")
    message = refused(
        "InvalidInputException", bench.client.create_solution, name="s", datasetGroupArn=empty, performAutoML=True
    )
    assert "performAutoML needs a dataset of type INTERACTIONS" in message


def test_automl_looks_at_no_other_configuration(bench: Bench, group: str) -> None:
    config = {"algorithmHyperParameters": {"depth": "9"}}
    create = bench.client.create_solution
    create(name="s", datasetGroupArn=group, performAutoML=True, solutionConfig=config)
    assert recipe_by_arn(UP).hyperparameter("depth") is None
