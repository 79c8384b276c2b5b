"""A solution's settings that choose what is learned from, and trainings that go on from an earlier version."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.control.conftest import INTERACTIONS, ITEMS, RECIPE, Bench, refused
from tests.schemas import column, schema_text

RECIPES = "arn:aws:personalize:::recipe/"
V2 = f"{RECIPES}aws-user-personalization-v2"


@pytest.fixture
def group(bench: Bench) -> str:
    """A dataset group with interactions that have types and values, and with items."""
    schema = json.loads(INTERACTIONS)
    schema["fields"].append({"name": "EVENT_VALUE", "type": ["null", "float"]})
    arn = bench.group()
    bench.dataset(arn, bench.schema("interactions", json.dumps(schema)))
    bench.dataset(arn, bench.schema("items", ITEMS), "Items")
    return arn


def events(*listed: dict[str, Any]) -> dict[str, Any]:
    return {"eventsConfig": {"eventParametersList": list(listed)}}


VIEW, BUY = {"eventType": "View", "weight": 0.1}, {"eventType": "Buy", "weight": 0.9, "eventValueThreshold": 2.5}


def test_settings_are_shown_exactly_as_they_were_sent_by_the_solution_and_its_versions(
    bench: Bench, group: str
) -> None:
    config = {**events(VIEW, BUY), "trainingDataConfig": {"excludedDatasetColumns": {"Items": ["PRICE"]}}}
    arn = bench.client.create_solution(name="n", datasetGroupArn=group, recipeArn=V2, solutionConfig=config)
    bench.settle()
    described = bench.client.describe_solution(solutionArn=arn["solutionArn"])["solution"]
    assert described["solutionConfig"] == config
    version = bench.version(arn["solutionArn"])
    shown = bench.client.describe_solution_version(solutionVersionArn=version)["solutionVersion"]
    assert shown["solutionConfig"] == config


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"solutionConfig": events({"weight": 0.5})}, "must have an eventType"),
    ({"solutionConfig": events(VIEW, {"eventType": "VIEW"})}, "listed twice"),
    ({"solutionConfig": events({**VIEW, "weight": 0.0})}, "at least one weight must be above 0"),
    ({"solutionConfig": events({**VIEW, "weight": 1.5})}, "weight"),
    ({"solutionConfig": events(*({"eventType": f"t{number}"} for number in range(11)))}, "eventParametersList"),
    ({"solutionConfig": events(VIEW), "eventType": "View"}, "cannot go with eventType"),
    ({"solutionConfig": {**events(VIEW), "eventValueThreshold": "1"}}, "cannot go with eventType"),
    ({"solutionConfig": events(VIEW), "recipeArn": RECIPE}, "does not take it"),
    (
        {"solutionConfig": {"trainingDataConfig": {"excludedDatasetColumns": {"INTERACTIONS": ["EVENT_TYPE"]}}}},
        "EVENT_TYPE of INTERACTIONS cannot be left out",
    ),
    (
        {"solutionConfig": {"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["ITEM_ID"]}}}},
        "ITEM_ID of ITEMS cannot be left out",
    ),
    (
        {"solutionConfig": {"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["COLOUR"]}}}},
        "has no column COLOUR",
    ),
    (
        {"solutionConfig": {"trainingDataConfig": {"includedDatasetColumns": {"USERS": ["AGE"]}}}},
        "has no column AGE",
    ),
    ({"solutionConfig": {"trainingDataConfig": {"excludedDatasetColumns": {"THINGS": ["A"]}}}}, "THINGS"),
    (
        {"solutionConfig": {"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["PRICE"], "items": []}}}},
        "ITEMS and items name a dataset twice",
    ),
    (
        {
            "solutionConfig": {
                "trainingDataConfig": {
                    "excludedDatasetColumns": {"ITEMS": ["PRICE"]},
                    "includedDatasetColumns": {"ITEMS": ["PRICE"]},
                }
            }
        },
        "not both",
    ),
]


@pytest.mark.parametrize(("settings", "said"), WRONG, ids=[said for _, said in WRONG])
def test_settings_that_cannot_be_meant_are_refused(
    bench: Bench, group: str, settings: dict[str, Any], said: str
) -> None:
    asked = {"name": "n", "datasetGroupArn": group, "recipeArn": V2, **settings}
    assert said in refused("InvalidInputException", bench.client.create_solution, **asked)
    assert bench.client.list_solutions(datasetGroupArn=group)["solutions"] == []


def objective(**members: str) -> dict[str, Any]:
    return {"optimizationObjective": members}


@pytest.mark.parametrize("name", ["aws-user-personalization", "aws-personalized-ranking"])
@pytest.mark.parametrize("sensitivity", ["OFF", "LOW", "MEDIUM", "HIGH"])
def test_an_objective_is_shown_as_it_was_sent(bench: Bench, group: str, name: str, sensitivity: str) -> None:
    config = objective(itemAttribute="PRICE", objectiveSensitivity=sensitivity)
    asked = {"name": "n", "datasetGroupArn": group, "recipeArn": f"{RECIPES}{name}"}
    arn = bench.client.create_solution(**asked, solutionConfig=config)["solutionArn"]
    bench.settle()
    assert bench.client.describe_solution(solutionArn=arn)["solution"]["solutionConfig"] == config
    shown = bench.client.describe_solution_version(solutionVersionArn=bench.version(arn))["solutionVersion"]
    assert shown["solutionConfig"] == config


@pytest.mark.parametrize(
    ("config", "recipe", "said"),
    [
        (objective(itemAttribute="COST", objectiveSensitivity="LOW"), RECIPE, "itemAttribute must be a numeric field"),
        (objective(itemAttribute="STOCK", objectiveSensitivity="LOW"), RECIPE, "does not include null; it is STOCK"),
        (objective(itemAttribute="ITEM_ID", objectiveSensitivity="LOW"), RECIPE, "itemAttribute must be a numeric"),
        (objective(objectiveSensitivity="LOW"), RECIPE, "it is absent"),
        (objective(itemAttribute="PRICE", objectiveSensitivity="HIGHEST"), RECIPE, "objectiveSensitivity"),
        (objective(itemAttribute="PRICE", objectiveSensitivity="LOW"), V2, "optimizationObjective"),
    ],
)
def test_an_objective_must_be_a_number_that_every_item_has(
    bench: Bench, config: dict[str, Any], recipe: str, said: str
) -> None:
    schema = json.loads(ITEMS)
    schema["fields"].append({"name": "STOCK", "type": ["null", "int"]})
    group = bench.group()
    bench.dataset(group, bench.schema("interactions"))
    bench.dataset(group, bench.schema("items", json.dumps(schema)), "Items")
    asked = {"name": "n", "datasetGroupArn": group, "recipeArn": recipe, "solutionConfig": config}
    assert said in refused("InvalidInputException", bench.client.create_solution, **asked)
    assert bench.client.list_solutions(datasetGroupArn=group)["solutions"] == []


def test_an_objective_needs_a_dataset_of_items(bench: Bench) -> None:
    group = bench.group()
    bench.dataset(group, bench.schema())
    config = objective(itemAttribute="PRICE", objectiveSensitivity="LOW")
    asked = {"name": "n", "datasetGroupArn": group, "recipeArn": RECIPE, "solutionConfig": config}
    assert "numeric field of the Items" in refused("InvalidInputException", bench.client.create_solution, **asked)


def items_with(*fields: dict[str, Any]) -> str:
    """A schema of Items that has an id, a time and these."""
    return schema_text("Items", column("ITEM_ID", "string"), column("CREATION_TIMESTAMP", "long"), *fields)


NAME = {"name": "TITLE", "type": "string", "itemName": True}
TEXT = {"name": "TEXT", "type": ["null", "string"], "textual": True}
GENRE = {"name": "GENRE", "type": ["null", "string"], "categorical": True}
PLAIN = {"name": "NOTE", "type": "string"}


@pytest.mark.parametrize(
    ("recipe", "fields", "said"),
    [
        ("aws-semantic-similarity", (NAME, TEXT), ""),
        ("aws-semantic-similarity", (TEXT,), '"itemName": true'),
        ("aws-semantic-similarity", (NAME,), '"textual": true'),
        ("aws-item-attribute-affinity", (GENRE,), ""),
        ("aws-item-attribute-affinity", (NAME, TEXT, PLAIN), "a categorical or numeric field"),
    ],
)
def test_a_recipe_that_learns_from_fields_of_the_items_needs_them(
    bench: Bench, recipe: str, fields: tuple[dict[str, Any], ...], said: str
) -> None:
    group = bench.group()
    bench.dataset(group, bench.schema("interactions"))
    bench.dataset(group, bench.schema("items", items_with(*fields)), "Items")
    asked = {"name": "n", "datasetGroupArn": group, "recipeArn": f"{RECIPES}{recipe}"}
    if said:
        assert said in refused("InvalidInputException", bench.client.create_solution, **asked)
    else:
        assert bench.client.create_solution(**asked)["solutionArn"]


def test_an_update_is_refused_by_the_members_of_the_update(bench: Bench) -> None:
    group, fields = bench.group(), json.loads(INTERACTIONS)
    fields["fields"] = fields["fields"][:3]
    bench.dataset(group, bench.schema("bare", json.dumps(fields)))
    solution = bench.client.create_solution(name="n", datasetGroupArn=group, recipeArn=V2)["solutionArn"]
    bench.settle()
    asked = {"solutionArn": solution, "solutionUpdateConfig": events(VIEW)}
    said = refused("InvalidInputException", bench.client.update_solution, **asked)
    assert said.startswith("solutionUpdateConfig.eventsConfig needs a field EVENT_TYPE")


def test_a_hyperparameter_is_refused_by_the_member_it_was_sent_in(bench: Bench, group: str) -> None:
    for member, given in (
        ("algorithmHyperParameters", {"hidden_dimension": "31"}),
        ("featureTransformationParameters", {"min_user_history_length_percentile": "1"}),
    ):
        asked = {"name": "n", "datasetGroupArn": group, "recipeArn": RECIPE, "solutionConfig": {member: given}}
        said = refused("InvalidInputException", bench.client.create_solution, **asked)
        assert said.startswith(f"solutionConfig.{member}: {next(iter(given))} must be ")


def test_an_empty_event_type_asks_for_nothing(bench: Bench) -> None:
    group, fields = bench.group(), json.loads(INTERACTIONS)
    fields["fields"] = fields["fields"][:3]
    bench.dataset(group, bench.schema("bare", json.dumps(fields)))
    asked = {"name": "n", "datasetGroupArn": group, "recipeArn": RECIPE, "eventType": ""}
    assert bench.client.create_solution(**asked)["solutionArn"]


def test_incremental_updates_are_taken_and_shown_by_semantic_similarity_alone(bench: Bench, group: str) -> None:
    create = bench.client.create_solution
    told = bench.group("told")
    bench.dataset(told, bench.schema("told", items_with(NAME, TEXT)), "Items")
    semantic = {"name": "n", "datasetGroupArn": told, "recipeArn": f"{RECIPES}aws-semantic-similarity"}
    for number, asked in enumerate((True, False, None)):
        flag = {} if asked is None else {"performIncrementalUpdate": asked}
        arn = create(**{**semantic, "name": f"n{number}"}, **flag)["solutionArn"]
        bench.settle()
        solution = bench.client.describe_solution(solutionArn=arn)["solution"]
        version = bench.client.describe_solution_version(solutionVersionArn=bench.version(arn))["solutionVersion"]
        assert solution.get("performIncrementalUpdate") is version.get("performIncrementalUpdate") is asked
    elsewhere: list[dict[str, Any]] = [{"recipeArn": RECIPE}, {"recipeArn": V2}, {"performAutoML": True}]
    for number, other in enumerate(elsewhere):
        wish = {"name": f"other{number}", "datasetGroupArn": group, **other}
        said = refused("InvalidInputException", create, **wish, performIncrementalUpdate=True)
        assert said.startswith("performIncrementalUpdate: only aws-semantic-similarity takes it")
        create(**wish, performIncrementalUpdate=False)


def test_weights_and_thresholds_need_the_columns_they_choose_by(bench: Bench) -> None:
    plain = json.loads(INTERACTIONS)
    plain["fields"] = plain["fields"][:3]
    bare, typed = bench.group("bare"), bench.group("typed")
    bench.dataset(bare, bench.schema("plain", json.dumps(plain)))
    bench.dataset(typed, bench.schema("typed"))
    create = bench.client.create_solution
    for group, listed, needed in ((bare, VIEW, "EVENT_TYPE"), (typed, BUY, "EVENT_VALUE")):
        asked = {"name": "n", "datasetGroupArn": group, "recipeArn": V2, "solutionConfig": events(listed)}
        assert f"needs a field {needed}" in refused("InvalidInputException", create, **asked)


def test_an_update_goes_on_from_the_newest_full_version_that_is_active(bench: Bench, group: str) -> None:
    solution = bench.solution(group)
    update = {"solutionArn": solution, "trainingMode": "UPDATE"}
    create = bench.client.create_solution_version
    assert "trained with FULL" in refused("InvalidInputException", create, **update)
    create(solutionArn=solution)
    assert "trained with FULL" in refused("InvalidInputException", create, **update)

    for digest in ("1", "2"):
        bench.end_job(bench.version(solution), artefact={"uri": f"s3://b/{digest}/", "digest": digest})
    first = bench.version(solution, trainingMode="UPDATE")
    bench.end_job(first, artefact={"uri": "s3://b/3/", "digest": "3"})
    second = bench.version(solution, trainingMode="UPDATE")
    for arn in (first, second):
        shown = bench.client.describe_solution_version(solutionVersionArn=arn)["solutionVersion"]
        assert (shown["trainingMode"], shown["trainingType"]) == ("UPDATE", "MANUAL")
        stored = next(each for each in bench.table.all("solution-version", solution) if arn.endswith(each.id))
        assert stored.inner["previous"] == {"uri": "s3://b/2/", "digest": "2"}


def test_only_recipes_that_personalize_updates_take_an_update(bench: Bench, group: str) -> None:
    arn = bench.client.create_solution(name="n", datasetGroupArn=group, recipeArn=V2)["solutionArn"]
    bench.settle()
    bench.version(arn)
    create = bench.client.create_solution_version
    assert "takes FULL only" in refused("InvalidInputException", create, solutionArn=arn, trainingMode="UPDATE")
    refused("InvalidInputException", create, solutionArn=arn, trainingMode="AUTOTRAIN")


def test_a_segmentation_is_not_deployed(bench: Bench, group: str) -> None:
    recipe = "arn:aws:personalize:::recipe/aws-item-affinity"
    arn = bench.client.create_solution(name="n", datasetGroupArn=group, recipeArn=recipe)["solutionArn"]
    bench.settle()
    version = bench.version(arn)
    asked = {"name": "n", "solutionVersionArn": version}
    assert "segments" in refused("InvalidInputException", bench.client.create_campaign, **asked)
