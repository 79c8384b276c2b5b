"""UpdateSolution: a record beside a solution that stays ACTIVE, whose settings hold once it has ended."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reco.arns import Kind
from tests.control.conftest import INTERACTIONS, RECIPE, TRANSITION_S, Bench, refused

V2 = "arn:aws:personalize:::recipe/aws-user-personalization-v2"
WEIGHTS = {"eventParametersList": [{"eventType": "Buy", "weight": 0.7}, {"eventType": "View", "weight": 0.1}]}
DAILY = {"autoTrainingConfig": {"schedulingExpression": "rate(1 day)"}}


@pytest.fixture
def group(bench: Bench) -> str:
    arn = bench.group()
    bench.dataset(arn, bench.schema())
    return arn


def solution(bench: Bench, group: str, **more: Any) -> str:
    asked = {"name": "n", "datasetGroupArn": group, "recipeArn": V2, **more}
    arn = str(bench.client.create_solution(**asked)["solutionArn"])
    bench.settle()
    return arn


def described(bench: Bench, arn: str) -> dict[str, Any]:
    return dict(bench.client.describe_solution(solutionArn=arn)["solution"])


def update(bench: Bench, arn: str, **more: Any) -> Any:
    return bench.client.update_solution(solutionArn=arn, **more)["solutionArn"]


def test_the_solution_stays_active_while_its_update_passes_through_its_own_statuses(bench: Bench, group: str) -> None:
    arn = solution(bench, group)
    assert "latestSolutionUpdate" not in described(bench, arn)
    asked = bench.now
    assert update(bench, arn, performAutoTraining=False) == arn

    seen = []
    for _ in range(3):
        shown = described(bench, arn)
        latest = shown["latestSolutionUpdate"]
        seen.append((shown["status"], latest["status"], shown["performAutoTraining"]))
        assert latest["performAutoTraining"] is False
        assert latest["creationDateTime"].timestamp() == asked
        bench.pass_time(TRANSITION_S)
    assert seen == [
        ("ACTIVE", "CREATE PENDING", True),
        ("ACTIVE", "CREATE IN_PROGRESS", True),
        ("ACTIVE", "ACTIVE", False),
    ]
    assert latest["lastUpdatedDateTime"].timestamp() == asked + 2 * TRANSITION_S


def test_the_solutions_own_time_moves_when_an_update_holds_and_not_when_it_is_asked_for(
    bench: Bench, group: str
) -> None:
    arn = solution(bench, group)

    def own_time() -> float:
        (listed,) = bench.client.list_solutions(datasetGroupArn=group)["solutions"]
        shown = described(bench, arn)
        assert listed["lastUpdatedDateTime"] == shown["lastUpdatedDateTime"]
        return float(shown["lastUpdatedDateTime"].timestamp())

    before = own_time()
    bench.pass_time(1000)
    asked = bench.now
    update(bench, arn, performAutoTraining=False)
    for _ in range(2):
        assert own_time() == before
        bench.pass_time(TRANSITION_S)
    held = asked + 2 * TRANSITION_S
    assert own_time() == held
    bench.pass_time(1000)
    assert own_time() == held
    update(bench, arn, performAutoTraining=True)
    assert own_time() == held, "of the update before"
    bench.settle()
    assert own_time() == bench.stored(Kind.SOLUTION, "n").inner["update"]["asked_at"] + 2 * TRANSITION_S


def test_blocks_that_were_not_sent_stay_as_they_were(bench: Bench, group: str) -> None:
    config = {"algorithmHyperParameters": {"apply_recency_bias": "false"}, **DAILY}
    arn = solution(bench, group, solutionConfig=config)
    update(bench, arn, solutionUpdateConfig={"eventsConfig": WEIGHTS})
    assert described(bench, arn)["solutionConfig"] == config, "not before the update is ACTIVE"
    bench.settle()
    shown = described(bench, arn)
    assert shown["solutionConfig"] == {**config, "eventsConfig": WEIGHTS}
    assert shown["latestSolutionUpdate"]["solutionUpdateConfig"] == {"eventsConfig": WEIGHTS}
    assert shown["performAutoTraining"] is True

    update(bench, arn, solutionUpdateConfig={"autoTrainingConfig": {"schedulingExpression": "rate(9 days)"}})
    bench.settle()
    shown = described(bench, arn)
    assert shown["solutionConfig"]["eventsConfig"] == WEIGHTS, "an update before is part of the solution for good"
    assert shown["solutionConfig"]["autoTrainingConfig"] == {"schedulingExpression": "rate(9 days)"}
    assert "eventsConfig" not in shown["latestSolutionUpdate"]["solutionUpdateConfig"]


def test_a_solution_without_configuration_has_what_an_update_brought(bench: Bench, group: str) -> None:
    arn = solution(bench, group)
    assert "solutionConfig" not in described(bench, arn)
    update(bench, arn, solutionUpdateConfig=DAILY)
    bench.settle()
    assert described(bench, arn)["solutionConfig"] == DAILY


def test_trainings_meanwhile_have_the_settings_from_before(bench: Bench, group: str) -> None:
    arn = solution(bench, group)
    update(bench, arn, solutionUpdateConfig={"eventsConfig": WEIGHTS})
    early = bench.version(arn)
    bench.settle()
    late = bench.version(arn)

    def config(version: str) -> Any:
        return bench.client.describe_solution_version(solutionVersionArn=version)["solutionVersion"]["solutionConfig"]

    assert config(early) == {}
    assert config(late) == {"eventsConfig": WEIGHTS}


def test_while_it_lasts_neither_another_update_nor_a_delete_is_taken(bench: Bench, group: str) -> None:
    arn = solution(bench, group)
    update(bench, arn, performAutoTraining=False)
    refused("ResourceInUseException", bench.client.update_solution, solutionArn=arn, performAutoTraining=True)
    assert "updated" in refused("ResourceInUseException", bench.client.delete_solution, solutionArn=arn)
    bench.settle()
    update(bench, arn, performAutoTraining=True)
    bench.settle()
    bench.client.delete_solution(solutionArn=arn)
    refused("ResourceInUseException", bench.client.update_solution, solutionArn=arn, performAutoTraining=True)


def test_a_solution_in_the_making_is_not_updated(bench: Bench, group: str) -> None:
    arn = bench.client.create_solution(name="n", datasetGroupArn=group, recipeArn=V2)["solutionArn"]
    refused("ResourceInUseException", bench.client.update_solution, solutionArn=arn, performAutoTraining=False)


@pytest.mark.parametrize(
    ("recipe", "asked", "said"),
    [
        (V2, {}, "at least one of performAutoTraining"),
        (V2, {"solutionUpdateConfig": {"autoTrainingConfig": {"schedulingExpression": "rate(31 days)"}}}, "1 to 30"),
        (V2, {"solutionUpdateConfig": {"autoTrainingConfig": {"schedulingExpression": "rate(0 days)"}}}, "1 to 30"),
        (RECIPE, {"solutionUpdateConfig": {"eventsConfig": WEIGHTS}}, "does not take it"),
        (V2, {"performIncrementalUpdate": True}, "aws-semantic-similarity"),
        (
            V2,
            {"solutionUpdateConfig": {"eventsConfig": {"eventParametersList": [{"weight": 0.1}]}}},
            "must have an eventType",
        ),
        (
            V2,
            {"solutionUpdateConfig": {"eventsConfig": {"eventParametersList": [{"eventType": "a", "weight": 0.0}]}}},
            "at least one weight",
        ),
        (
            V2,
            {
                "solutionUpdateConfig": {
                    "eventsConfig": {"eventParametersList": [{"eventType": "a", "eventValueThreshold": 1.0}]}
                }
            },
            "needs a field EVENT_VALUE",
        ),
    ],
)
def test_what_an_update_cannot_mean_is_refused_and_changes_nothing(
    bench: Bench, group: str, recipe: str, asked: dict[str, Any], said: str
) -> None:
    arn = solution(bench, group, recipeArn=recipe)
    assert said in refused("InvalidInputException", bench.client.update_solution, solutionArn=arn, **asked)
    assert "latestSolutionUpdate" not in described(bench, arn)


def test_weights_do_not_join_a_solution_that_learns_from_one_type(bench: Bench, group: str) -> None:
    arn = solution(bench, group, eventType="View")
    asked = {"solutionArn": arn, "solutionUpdateConfig": {"eventsConfig": WEIGHTS}}
    assert "cannot go with eventType" in refused("InvalidInputException", bench.client.update_solution, **asked)


def test_every_block_comes_back_as_it_was_sent(bench: Bench, group: str) -> None:
    schema = json.loads(INTERACTIONS)
    schema["fields"] += [{"name": "EVENT_VALUE", "type": "float"}, {"name": "DEVICE", "type": "string"}]
    whole = bench.group("whole")
    bench.dataset(whole, bench.schema("whole", json.dumps(schema)))
    ranges = {
        "integerHyperParameterRanges": [{"name": "hidden_dimension", "minValue": 32, "maxValue": 64}],
        "continuousHyperParameterRanges": [],
        "categoricalHyperParameterRanges": [],
    }
    configs: list[dict[str, Any]] = [
        {
            "recipeArn": RECIPE,
            "eventType": "View",
            "performHPO": True,
            "performAutoTraining": False,
            "solutionConfig": {
                "eventValueThreshold": "0.50",
                "hpoConfig": {
                    "hpoResourceConfig": {"maxNumberOfTrainingJobs": "4", "maxParallelTrainingJobs": "2"},
                    "algorithmHyperParameterRanges": ranges,
                },
                "algorithmHyperParameters": {"hidden_dimension": "48", "recency_mask": "TRUE"},
                "featureTransformationParameters": {"max_user_history_length_percentile": "0.990"},
                "trainingDataConfig": {"excludedDatasetColumns": {"Interactions": ["DEVICE"]}},
                "autoTrainingConfig": {"schedulingExpression": "rate(1 days)"},
            },
        },
        {
            "recipeArn": V2,
            "solutionConfig": {
                "eventsConfig": {
                    "eventParametersList": [
                        {"eventType": "Buy", "eventValueThreshold": 3.0, "weight": 1.0},
                        {"eventType": "View", "weight": 0.0},
                    ]
                },
                "trainingDataConfig": {"includedDatasetColumns": {"INTERACTIONS": ["EVENT_TYPE", "EVENT_VALUE"]}},
            },
        },
        {
            "performAutoML": True,
            "solutionConfig": {
                "autoMLConfig": {"metricName": "precision_at_5", "recipeList": [RECIPE]},
                "autoTrainingConfig": {"schedulingExpression": "rate(30 days)"},
            },
        },
    ]
    for number, config in enumerate(configs):
        asked = {"name": f"s{number}", "datasetGroupArn": whole, **config}
        arn = bench.client.create_solution(**asked)["solutionArn"]
        bench.settle()
        shown = described(bench, arn)
        assert {member: shown[member] for member in config} == config
        version = bench.version(arn)
        copied = bench.client.describe_solution_version(solutionVersionArn=version)["solutionVersion"]
        assert copied["solutionConfig"] == config["solutionConfig"]
        assert (copied["trainingType"], copied["trainingMode"]) == ("MANUAL", "FULL")
        latest = described(bench, arn)["latestSolutionVersion"]
        assert (latest["solutionVersionArn"], latest["status"], latest["trainingType"]) == (version, "ACTIVE", "MANUAL")


def test_the_schedule_is_checked_for_automl_too(bench: Bench, group: str) -> None:
    config = {"autoTrainingConfig": {"schedulingExpression": "rate(0 days)"}}
    asked = {"name": "n", "datasetGroupArn": group, "performAutoML": True, "solutionConfig": config}
    assert "1 to 30" in refused("InvalidInputException", bench.client.create_solution, **asked)
