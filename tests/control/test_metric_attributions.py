"""Metric attributions: one in a group, up to ten metrics, changed while they are there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reco.arns import Kind
from tests.control.conftest import ITEMS, ROLE, TRANSITION_S, Bench, Shop, refused
from tests.schemas import PAIRS, schema_text

CLICKS = {"eventType": "click", "metricName": "countClicks", "expression": "SAMPLECOUNT()"}
MARGIN = {"eventType": "buy", "metricName": "margin", "expression": "SUM(ITEMS.PRICE)"}
OUTPUT = {"roleArn": ROLE, "s3DataDestination": {"path": "s3://bucket/metrics/"}}


@pytest.fixture
def shop(bench: Bench) -> Shop:
    return bench.shop()


def _create(bench: Bench, group: str, name: str = "m", **more: Any) -> str:
    asked = {"metrics": [CLICKS], "metricsOutputConfig": OUTPUT, **more}
    answer = bench.client.create_metric_attribution(name=name, datasetGroupArn=group, **asked)
    return str(answer["metricAttributionArn"])


def _refused(bench: Bench, group: str, code: str = "InvalidInputException", **more: Any) -> str:
    asked = {"metrics": [CLICKS], "metricsOutputConfig": OUTPUT, **more}
    return refused(code, bench.client.create_metric_attribution, name="m", datasetGroupArn=group, **asked)


def _shown(bench: Bench, arn: str) -> dict[str, Any]:
    shown: dict[str, Any] = bench.client.describe_metric_attribution(metricAttributionArn=arn)["metricAttribution"]
    return shown


def _names(bench: Bench, arn: str) -> list[str]:
    listed = bench.client.list_metric_attribution_metrics(metricAttributionArn=arn)["metrics"]
    return [each["metricName"] for each in listed]


def test_an_attribution_is_described_as_it_was_asked_for_and_says_that_its_work_comes_later(
    bench: Bench, shop: Shop
) -> None:
    arn = _create(bench, shop.group)
    statuses = [_shown(bench, arn)["status"]]
    for _ in range(2):
        bench.pass_time(TRANSITION_S)
        statuses.append(_shown(bench, arn)["status"])
    shown = _shown(bench, arn)

    assert statuses == ["CREATE PENDING", "CREATE IN_PROGRESS", "CREATE FAILED"]
    assert "not available in this version" in shown["failureReason"]
    assert shown["metricsOutputConfig"] == OUTPUT
    assert shown["name"] == "m" and shown["datasetGroupArn"] == shop.group
    assert "metrics" not in shown
    (summary,) = bench.client.list_metric_attributions(datasetGroupArn=shop.group)["metricAttributions"]
    assert summary["metricAttributionArn"] == arn and summary["status"] == "CREATE FAILED"


def test_a_group_has_one_attribution(bench: Bench, shop: Shop) -> None:
    arn = _create(bench, shop.group)
    message = refused(
        "LimitExceededException",
        bench.client.create_metric_attribution,
        name="second",
        datasetGroupArn=shop.group,
        metrics=[CLICKS],
        metricsOutputConfig=OUTPUT,
    )
    assert "at most 1" in message
    bench.settle()
    bench.client.delete_metric_attribution(metricAttributionArn=arn)
    assert _shown(bench, arn)["status"] == "DELETE PENDING"
    bench.settle()
    refused("ResourceNotFoundException", bench.client.describe_metric_attribution, metricAttributionArn=arn)
    _create(bench, shop.group, "second")


def test_a_group_has_its_next_attribution_under_the_same_name(bench: Bench, shop: Shop) -> None:
    arn = _create(bench, shop.group)
    bench.settle()
    bench.client.delete_metric_attribution(metricAttributionArn=arn)
    bench.settle()
    assert _create(bench, shop.group) == arn
    assert _shown(bench, arn)["status"] == "CREATE PENDING"
    refused(
        "LimitExceededException",
        bench.client.create_metric_attribution,
        name="second",
        datasetGroupArn=shop.group,
        metrics=[CLICKS],
        metricsOutputConfig=OUTPUT,
    )


@pytest.mark.parametrize(
    "expression",
    ["COUNT()", "SUM(Items)", "SUM(Users.AGE)", "SUM(Items.COLOUR)", "SUM(Items.ITEM_ID)", "SUM(Interactions.USER_ID)"],
)
def test_an_expression_must_count_or_sum_a_numeric_column(bench: Bench, shop: Shop, expression: str) -> None:
    bench.dataset(shop.group, bench.schema("items", ITEMS), "Items")
    message = _refused(bench, shop.group, metrics=[CLICKS, {**MARGIN, "expression": expression}])
    assert "metrics[1].expression" in message


def test_items_are_summed_once_they_have_been_imported(bench: Bench, shop: Shop) -> None:
    assert "no dataset of type ITEMS" in _refused(bench, shop.group, metrics=[MARGIN])
    bench.dataset(shop.group, bench.schema("items", ITEMS), "Items")
    assert "no imported data" in _refused(bench, shop.group, metrics=[MARGIN])
    bench.table.update(
        Kind.DATASET, "g/ITEMS", lambda current: replace(current, inner={"snapshot": {"uri": "s3://b/s/", "rows": 9}})
    )
    arn = _create(bench, shop.group, metrics=[MARGIN, {**CLICKS, "expression": "SUM(interactions.TIMESTAMP)"}])
    listed = bench.client.list_metric_attribution_metrics(metricAttributionArn=arn)["metrics"]
    assert listed == [MARGIN, {**CLICKS, "expression": "SUM(interactions.TIMESTAMP)"}]


def test_interactions_must_say_their_event_type(bench: Bench) -> None:
    group = bench.group()
    assert "EVENT_TYPE" in _refused(bench, group)
    bench.dataset(group, bench.schema("plain", schema_text("Interactions", *PAIRS)))
    assert "EVENT_TYPE" in _refused(bench, group)


def test_metrics_are_ten_at_most_of_different_names_and_one_at_least(bench: Bench, shop: Shop) -> None:
    ten = [{**CLICKS, "metricName": f"m{number}"} for number in range(10)]
    _refused(bench, shop.group, metrics=[])
    _refused(bench, shop.group, metrics=[*ten, CLICKS])
    message = _refused(bench, shop.group, "ResourceAlreadyExistsException", metrics=[CLICKS, CLICKS])
    assert "countClicks" in message
    arn = _create(bench, shop.group, metrics=ten)
    bench.settle()
    update = bench.client.update_metric_attribution
    refused("InvalidInputException", update, metricAttributionArn=arn, addMetrics=[CLICKS])
    names = [each["metricName"] for each in ten]
    refused("InvalidInputException", update, metricAttributionArn=arn, removeMetrics=names)
    update(metricAttributionArn=arn, removeMetrics=["m3"], addMetrics=[CLICKS])
    assert _names(bench, arn) == [name for name in names if name != "m3"] + ["countClicks"]


def test_a_place_must_be_in_s3_and_may_be_left_out(bench: Bench, shop: Shop) -> None:
    bad = {"roleArn": ROLE, "s3DataDestination": {"path": "http://bucket/metrics"}}
    assert _refused(bench, shop.group, metricsOutputConfig=bad).startswith("Invalid S3 output path")
    arn = _create(bench, shop.group, metricsOutputConfig={"roleArn": ROLE})
    assert _shown(bench, arn)["metricsOutputConfig"] == {"roleArn": ROLE}


def test_an_update_passes_through_its_own_states(bench: Bench, shop: Shop) -> None:
    arn = _create(bench, shop.group)
    update = bench.client.update_metric_attribution
    refused("ResourceInUseException", update, metricAttributionArn=arn, addMetrics=[{**CLICKS, "metricName": "b"}])
    bench.settle()
    assert update(metricAttributionArn=arn, metricsOutputConfig={"roleArn": ROLE})["metricAttributionArn"] == arn

    statuses = []
    for _ in range(3):
        statuses.append(_shown(bench, arn)["status"])
        bench.pass_time(TRANSITION_S)
    assert statuses == ["UPDATE PENDING", "UPDATE IN_PROGRESS", "UPDATE FAILED"]
    assert _shown(bench, arn)["metricsOutputConfig"] == {"roleArn": ROLE}
    assert _names(bench, arn) == ["countClicks"]


def test_an_update_is_refused_when_it_asks_for_nothing_or_for_what_cannot_be(bench: Bench, shop: Shop) -> None:
    arn = _create(bench, shop.group)
    bench.settle()
    update = bench.client.update_metric_attribution
    assert "metricAttributionArn" in refused("InvalidInputException", update, addMetrics=[CLICKS])
    refused("InvalidInputException", update, metricAttributionArn=arn)
    message = refused("InvalidInputException", update, metricAttributionArn=arn, removeMetrics=["other"])
    assert "countClicks" in message
    message = refused("ResourceAlreadyExistsException", update, metricAttributionArn=arn, addMetrics=[CLICKS])
    assert "countClicks" in message
    none = bench.arn(Kind.METRIC_ATTRIBUTION, "none")
    refused("ResourceNotFoundException", update, metricAttributionArn=none, addMetrics=[CLICKS])


def test_pages_of_metrics_survive_what_is_added_and_removed_in_between(bench: Bench, shop: Shop) -> None:
    arn = _create(bench, shop.group, metrics=[{**CLICKS, "metricName": name} for name in "abc"])
    bench.settle()
    listed = bench.client.list_metric_attribution_metrics
    first = listed(metricAttributionArn=arn, maxResults=2)
    assert [each["metricName"] for each in first["metrics"]] == ["a", "b"]
    bench.client.update_metric_attribution(
        metricAttributionArn=arn, removeMetrics=["b", "c"], addMetrics=[{**CLICKS, "metricName": "d"}]
    )
    rest = listed(metricAttributionArn=arn, maxResults=2, nextToken=first["nextToken"])

    assert [each["metricName"] for each in rest["metrics"]] == ["d"]
    assert "nextToken" not in rest
    assert listed(metricAttributionArn=bench.arn(Kind.METRIC_ATTRIBUTION, "none"))["metrics"] == []
    assert "metricAttributionArn" in refused("InvalidInputException", listed)


def test_figures_are_published_only_where_an_active_attribution_sends_them(bench: Bench, shop: Shop) -> None:
    def ask() -> str:
        return refused(
            "InvalidInputException",
            bench.client.create_dataset_import_job,
            jobName="published",
            datasetArn=shop.dataset,
            dataSource={"dataLocation": "s3://bucket/a.csv"},
            roleArn=ROLE,
            publishAttributionMetricsToS3=True,
        )

    assert "there is none" in ask()
    arn = _create(bench, shop.group, metricsOutputConfig={"roleArn": ROLE})
    assert "s3DataDestination" in ask()
    bench.settle()
    bench.client.update_metric_attribution(metricAttributionArn=arn, metricsOutputConfig=OUTPUT)
    bench.settle()
    assert "UPDATE FAILED: Reporting the metrics of an attribution is not available in this version." in ask()


def test_an_attribution_takes_no_tags(bench: Bench, shop: Shop) -> None:
    arn = _create(bench, shop.group)
    refused("InvalidInputException", bench.client.list_tags_for_resource, resourceArn=arn)
