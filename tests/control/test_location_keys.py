"""`kmsKeyArn` of a place in S3: checked when a job or an attribution is asked for, and shown as it was sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.control.conftest import ITEMS, KEY, ROLE, TRANSITION_S, Bench, refused
from tests.control.jobs import INPUT, OUTPUT, Ready, ready
from tests.wire.clients import ACCOUNT, REGION

Ask = Callable[..., Any]

ELSEWHERE = KEY.replace(REGION, "us-west-2")
ANOTHERS = KEY.replace(ACCOUNT, "999999999999")
JOBS = ("batch_inference_job", "batch_segment_job", "dataset_export_job")


@pytest.fixture
def made(bench: Bench) -> Ready:
    return ready(bench)


def to(key: str) -> dict[str, Any]:
    return {"s3DataDestination": {"path": OUTPUT, "kmsKeyArn": key}}


@pytest.mark.parametrize("key", [KEY, ANOTHERS], ids=["this account's", "another account's"])
@pytest.mark.parametrize("kind", JOBS)
def test_a_jobs_keys_are_shown_as_they_were_sent(made: Ready, kind: str, key: str) -> None:
    places: dict[str, Any] = {"jobOutput": to(key)}
    if kind != "dataset_export_job":
        places["jobInput"] = {"s3DataSource": {"path": INPUT, "kmsKeyArn": KEY}}
    described = made.describe(kind, made.create(kind, "mine", **places))
    assert {name: described[name] for name in places} == places


@pytest.mark.parametrize("key", [ELSEWHERE, KEY.replace(":key/", ":alias/"), "key"], ids=["region", "alias", "no ARN"])
@pytest.mark.parametrize("kind", JOBS)
def test_a_key_that_s3_would_never_take_is_refused_by_the_name_of_its_place(made: Ready, kind: str, key: str) -> None:
    ask, asked = made.operation("create", kind), {**made.asked(kind)[1], "jobName": "mine"}
    message = refused("InvalidInputException", ask, **{**asked, "jobOutput": to(key)})
    assert message.startswith("jobOutput.s3DataDestination.kmsKeyArn")
    if kind != "dataset_export_job":
        source = {"s3DataSource": {"path": INPUT, "kmsKeyArn": key}}
        message = refused("InvalidInputException", ask, **{**asked, "jobInput": source})
        assert message.startswith("jobInput.s3DataSource.kmsKeyArn")
    assert made.list(f"{kind}") == []


def test_an_attributions_reports_may_have_a_key_of_this_region(made: Ready) -> None:
    bench, group = made.bench, made.shop.group
    bench.dataset(group, bench.schema("items", ITEMS), "Items")
    metrics = [{"eventType": "View", "metricName": "seen", "expression": "SAMPLECOUNT()"}]
    asked = {"name": "figures", "datasetGroupArn": group, "metrics": metrics}
    ask = bench.client.create_metric_attribution
    message = refused("InvalidInputException", ask, **asked, metricsOutputConfig={"roleArn": ROLE, **to(ELSEWHERE)})
    assert message.startswith("metricsOutputConfig.s3DataDestination.kmsKeyArn must be a key of this region")
    arn = ask(**asked, metricsOutputConfig={"roleArn": ROLE, **to(KEY)})["metricAttributionArn"]
    shown = bench.client.describe_metric_attribution(metricAttributionArn=arn)["metricAttribution"]
    assert shown["metricsOutputConfig"] == {"roleArn": ROLE, **to(KEY)}


@pytest.mark.parametrize("kind", JOBS)
def test_a_job_with_a_key_says_that_its_work_is_not_there_and_that_it_touched_nothing(made: Ready, kind: str) -> None:
    arn = made.create(kind, "mine", jobOutput=to(KEY))
    made.bench.pass_time(2 * TRANSITION_S)
    described = made.describe(kind, arn)
    assert described["status"] == "CREATE FAILED"
    assert described["failureReason"].endswith("not available in this version. Nothing was read or written.")
