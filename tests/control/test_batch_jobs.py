"""Batch inference and batch segment jobs: versions, filters, modes and numbers of results."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reco.arns import Kind
from reco.jobs.status import CREATE_FAILED, CREATE_IN_PROGRESS
from tests.control.conftest import ITEMS, Bench, refused
from tests.control.jobs import INPUT, PLACES, SEGMENTS, SIMILAR, Ready, ready
from tests.schemas import column, schema_text

TEXTS = schema_text(
    "Items",
    column("ITEM_ID", "string"),
    column("TITLE", "string"),
    column("PRICE", "float"),
    column("DESCRIPTION", ["null", "string"], textual=True),
)
THEMES: dict[str, Any] = {
    "batchInferenceJobMode": "THEME_GENERATION",
    "themeGenerationConfig": {"fieldsForThemeGeneration": {"itemName": "TITLE"}},
}


@pytest.fixture
def made(bench: Bench) -> Ready:
    return ready(bench)


def _version(bench: Bench, group: str, recipe: str, name: str) -> str:
    solution = bench.client.create_solution(name=name, datasetGroupArn=group, recipeArn=recipe)["solutionArn"]
    bench.settle()
    return bench.version(solution)


def _infer(made: Ready, code: str | None = None, **more: Any) -> str:
    """Asks for batch inference: the job's ARN, or the message of the refusal with `code`."""
    asked = {**made.asked("batch_inference_job")[1], **more}
    if code:
        return refused(code, made.bench.client.create_batch_inference_job, jobName="mine", **asked)
    return made.create("batch_inference_job", "mine", **more)


def _segment(made: Ready, code: str | None = None, **more: Any) -> str:
    asked = {**made.asked("batch_segment_job")[1], **more}
    if code:
        return refused(code, made.bench.client.create_batch_segment_job, jobName="mine", **asked)
    return made.create("batch_segment_job", "mine", **more)


@pytest.mark.parametrize("output", [INPUT, INPUT + "/"])
def test_the_output_must_differ_from_the_input(made: Ready, output: str) -> None:
    message = _infer(made, "InvalidInputException", jobOutput={"s3DataDestination": {"path": output}})
    assert message.startswith("Invalid S3 output path") and "differ" in message


def test_the_inputs_own_folder_may_take_the_output(made: Ready) -> None:
    assert _infer(made, jobOutput={"s3DataDestination": {"path": "s3://bucket/in/"}})


def test_a_version_must_be_trained(made: Ready) -> None:
    bench = made.bench
    version = bench.client.create_solution_version(solutionArn=made.shop.solution)["solutionVersionArn"]
    bench.end_job(version, CREATE_IN_PROGRESS)
    assert CREATE_IN_PROGRESS in _infer(made, "ResourceInUseException", solutionVersionArn=version)
    bench.end_job(version, CREATE_FAILED, "no data")
    assert CREATE_FAILED in _infer(made, "InvalidInputException", solutionVersionArn=version)
    latest = f"{made.shop.solution}/$LATEST"
    _infer(made, "ResourceNotFoundException", solutionVersionArn=latest)


def test_only_recipes_that_recommend_infer_and_only_those_that_segment_segment(made: Ready) -> None:
    assert "aws-item-affinity" in _infer(made, "InvalidInputException", solutionVersionArn=made.segmenting)
    assert "aws-user-personalization" in _segment(made, "InvalidInputException", solutionVersionArn=made.shop.version)
    trending = "arn:aws:personalize:::recipe/aws-trending-now"
    version = _version(made.bench, made.shop.group, trending, "trending")
    assert "aws-trending-now" in _infer(made, "InvalidInputException", solutionVersionArn=version)


@pytest.mark.parametrize("results", [1, 500])
def test_inference_takes_as_many_results_as_a_recommendation(made: Ready, results: int) -> None:
    arn = _infer(made, numResults=results)
    assert made.describe("batch_inference_job", arn)["numResults"] == results


@pytest.mark.parametrize("results", [-1, 0, 501])
def test_inference_refuses_other_numbers_of_results(made: Ready, results: int) -> None:
    assert "numResults" in _infer(made, "InvalidInputException", numResults=results)


def test_segments_hold_up_to_five_million_users(made: Ready) -> None:
    assert "5000000" in _segment(made, "InvalidInputException", numResults=5_000_001)
    arn = _segment(made, numResults=5_000_000)
    assert made.describe("batch_segment_job", arn)["numResults"] == 5_000_000


def test_themes_need_similar_items_a_name_and_a_text(made: Ready) -> None:
    bench, group = made.bench, made.shop.group
    assert "aws-similar-items" in _infer(made, "InvalidInputException", **THEMES)
    similar = {"solutionVersionArn": _version(bench, group, SIMILAR, "similar")}
    config = THEMES["themeGenerationConfig"]
    assert "leave it out" in _infer(made, "InvalidInputException", **similar, themeGenerationConfig=config)
    without = {"batchInferenceJobMode": "THEME_GENERATION"}
    assert "needs themeGenerationConfig" in _infer(made, "InvalidInputException", **similar, **without)
    assert "itemName" in _infer(made, "InvalidInputException", **similar, **THEMES)
    bench.dataset(group, bench.schema("texts", TEXTS), "Items")
    price = {"fieldsForThemeGeneration": {"itemName": "PRICE"}}
    assert "PRICE" in _infer(made, "InvalidInputException", **similar, **{**THEMES, "themeGenerationConfig": price})

    arn = _infer(made, **similar, **THEMES)
    assert made.describe("batch_inference_job", arn).items() >= THEMES.items()


def test_themes_need_a_textual_field(made: Ready) -> None:
    group = made.shop.group
    items = json.loads(ITEMS)
    items["fields"].append({"name": "TITLE", "type": "string"})
    made.bench.dataset(group, made.bench.schema("named", json.dumps(items)), "Items")
    similar = _version(made.bench, group, SIMILAR, "similar")

    assert "textual" in _infer(made, "InvalidInputException", solutionVersionArn=similar, **THEMES)


def test_exploration_is_echoed_and_checked(made: Ready) -> None:
    config = {
        "itemExplorationConfig": {"explorationWeight": "0.3", "explorationItemAgeCutOff": "30"},
        "rankingInfluence": {"POPULARITY": 0.0},
    }
    arn = _infer(made, batchInferenceJobConfig=config)
    assert made.describe("batch_inference_job", arn)["batchInferenceJobConfig"] == config
    bad = {"itemExplorationConfig": {"explorationWeight": "2"}}
    message = _infer(made, "InvalidInputException", batchInferenceJobConfig=bad)
    assert "batchInferenceJobConfig.itemExplorationConfig" in message


def test_an_influence_that_nothing_follows_is_refused_as_in_a_campaign(made: Ready) -> None:
    wish = {"batchInferenceJobConfig": {"rankingInfluence": {"POPULARITY": 0.5}}}
    said = _infer(made, "InvalidInputException", **wish)
    assert said.startswith("batchInferenceJobConfig.rankingInfluence: only aws-semantic-similarity takes it")


def _use(made: Ready, recipe: str | None, filter_arn: str) -> str:
    """What is said to a batch job of a recipe with a filter; empty when it is taken."""
    versions = {None: made.shop.version, SEGMENTS: made.segmenting}
    if recipe not in versions:
        versions[recipe] = _version(made.bench, made.shop.group, str(recipe), "another")
    kind = "batch_segment_job" if "affinity" in str(recipe) else "batch_inference_job"
    asked = {**made.asked(kind)[1], "solutionVersionArn": versions[recipe], "filterArn": filter_arn}
    try:
        made.operation("create", kind)(jobName="mine", **asked)
    except made.bench.client.exceptions.InvalidInputException as error:
        return str(error.response["Error"]["Message"])
    return ""


ATTRIBUTES = "arn:aws:personalize:::recipe/aws-item-attribute-affinity"


@pytest.mark.parametrize(
    ("recipe", "expression", "said"),
    [
        (None, "INCLUDE ItemID WHERE Items.PRICE > 1", ""),
        (None, 'EXCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("click")', "take filters of ItemID"),
        (None, "INCLUDE ItemID WHERE Items.PRICE > CurrentItem.PRICE", "CurrentItem"),
        (SIMILAR, "INCLUDE ItemID WHERE Items.PRICE > CurrentItem.PRICE", ""),
        (SEGMENTS, "INCLUDE ItemID WHERE Items.PRICE > 1", "take filters of UserID, and this is one of ItemID"),
        (SEGMENTS, 'EXCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("click")', ""),
        (ATTRIBUTES, 'EXCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("click")', "no filter on Interactions"),
    ],
)
def test_a_filter_must_be_for_what_the_recipe_answers_with(
    made: Ready, recipe: str | None, expression: str, said: str
) -> None:
    bench, group = made.bench, made.shop.group
    bench.dataset(group, bench.schema("items", ITEMS), "Items")
    arn = bench.client.create_filter(name="f", datasetGroupArn=group, filterExpression=expression)["filterArn"]
    bench.settle()

    answer = _use(made, recipe, arn)

    assert said in answer and bool(said) is bool(answer)


def _filter(bench: Bench, group: str, name: str = "f") -> str:
    asked = {"datasetGroupArn": group, "filterExpression": 'INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("click")'}
    return str(bench.client.create_filter(name=name, **asked)["filterArn"])


def test_a_filter_must_be_active_and_of_the_versions_group(made: Ready) -> None:
    bench = made.bench
    _infer(made, "ResourceNotFoundException", filterArn=bench.arn(Kind.FILTER, "none"))
    arn = _filter(bench, made.shop.group)
    assert "CREATE PENDING" in _infer(made, "ResourceInUseException", filterArn=arn)
    elsewhere = bench.group("other")
    bench.dataset(elsewhere, made.shop.schema)
    other = _filter(bench, elsewhere, "elsewhere")
    bench.settle()
    assert made.shop.group in _infer(made, "InvalidInputException", filterArn=other)

    job = _infer(made, filterArn=arn)
    assert made.describe("batch_inference_job", job)["filterArn"] == arn
    assert job in refused("ResourceInUseException", bench.client.delete_filter, filterArn=arn)
    bench.settle()
    bench.client.delete_filter(filterArn=arn)


def test_a_solution_that_is_being_deleted_takes_no_jobs(made: Ready) -> None:
    bench = made.bench
    bench.client.delete_campaign(campaignArn=made.shop.campaign)
    bench.settle()
    bench.client.delete_solution(solutionArn=made.shop.solution)
    _infer(made, "ResourceInUseException")


def test_a_role_and_both_places_are_required(bench: Bench) -> None:
    shop = bench.shop()
    with pytest.raises(Exception, match="roleArn"):
        bench.client.create_batch_inference_job(jobName="j", solutionVersionArn=shop.version, **PLACES)
