"""Waiters end exactly when a resource has, and say why; real clients, a scripted service and the real control plane."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import WaiterError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reco.arns import Kind
from reco.client.waiter_model import waitable_for, waitables, waiter_model
from reco.client.waiters import _paces
from reco.errors import InvalidInput
from reco.waiters import WaitTimeout, wait_until_active, wait_until_deleted, wait_until_stopped, waiter_for
from reco.wire.service_models import service_model
from tests.client.scripted import GONE, Script, arn_of, slept
from tests.control.conftest import Bench, bench, cloud, refused

__all__ = ["bench", "cloud", "slept"]  # fixtures

MODEL = service_model("personalize")
ON_THE_WAY = (
    "CREATE PENDING",
    "CREATE IN_PROGRESS",
    "UPDATE PENDING",
    "UPDATE IN_PROGRESS",
    "START PENDING",
    "PENDING",
)
GOOD = ("ACTIVE", "COMPLETED")
BAD = ("CREATE FAILED", "UPDATE FAILED", "FAILED", "CREATE STOPPED", "INACTIVE", "DELETE PENDING", "DELETE IN_PROGRESS")


def test_there_are_waiters_for_every_kind_that_can_be_described() -> None:
    described = {name.removeprefix("Describe") for name in MODEL.operation_names if name.startswith("Describe")}
    names = set(waiter_model(MODEL).waiter_names)
    assert names == {f"{name}{goal}" for name in described for goal in ("Active", "Deleted")} | {
        "RecommenderStopped",
        "SolutionVersionStopped",
    }


@pytest.mark.parametrize("kind", [each for each in Kind if each is not Kind.SOLUTION_VERSION])
def test_every_kind_of_resource_is_known_by_its_arn(kind: Kind) -> None:
    assert waitable_for(MODEL, arn_of(kind.value)).name == "".join(part.capitalize() for part in kind.split("-"))


def test_a_version_is_told_from_its_solution_and_a_dataset_keeps_its_two_segments() -> None:
    assert waitable_for(MODEL, arn_of("solution", "s/1234abcd")).name == "SolutionVersion"
    assert waitable_for(MODEL, arn_of("dataset", "g/ITEMS")).name == "Dataset"
    assert waitable_for(MODEL, "arn:aws:personalize:::recipe/aws-sims").name == "Recipe"


@pytest.mark.parametrize(
    "text", ["", "campaign/x", "arn:aws:s3:::bucket/key", arn_of("teapot"), "arn:aws:personalize:"]
)
def test_what_names_nothing_that_can_be_waited_for_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"is not the ARN|nothing describes"):
        waitable_for(MODEL, text)


def test_updates_are_looked_for_where_the_model_has_them() -> None:
    assert {name: each.update for name, each in waitables(MODEL).items() if each.update} == {
        "Campaign": "latestCampaignUpdate",
        "Dataset": "latestDatasetUpdate",
        "Recommender": "latestRecommenderUpdate",
        "Solution": "latestSolutionUpdate",
    }


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.lists(st.sampled_from(ON_THE_WAY), max_size=12), end=st.sampled_from((*GOOD, *BAD, GONE)))
def test_waiting_ends_at_the_first_status_that_stays(slept: list[float], before: list[str], end: str) -> None:
    script = Script([*before, end])
    seen: list[str | None] = []
    client = script.client("DescribeRecommender")

    def wait() -> None:
        wait_until_active(client, arn_of("recommender"), watch=lambda condition: seen.append(condition.status))

    if end in GOOD:
        wait()
    else:
        with pytest.raises(WaiterError) as caught:
            wait()
        assert not isinstance(caught.value, WaitTimeout)
        assert end in str(caught.value) or end == GONE
    assert [each for each in seen if each in ON_THE_WAY][: len(before)] == before[: len(seen)]
    assert seen[-1:] == ([end] if end != GONE else before[-1:])


def test_the_reason_of_a_failure_is_in_the_message_and_the_whole_answer_beside_it(slept: list[float]) -> None:
    failed = {"status": "CREATE FAILED", "failure_reason": "Dataset has fewer than 25 users."}
    client = Script(["CREATE PENDING", failed]).client("DescribeSolutionVersion")
    with pytest.raises(WaiterError, match="CREATE FAILED: Dataset has fewer than 25 users") as caught:
        wait_until_active(client, arn_of("solution", "s/1"))
    assert caught.value.last_response["solutionVersion"]["failureReason"] == "Dataset has fewer than 25 users."


def campaign(status: str, update: str | None = None, reason: str | None = None) -> dict[str, Any]:
    latest = {"status": update, "failure_reason": reason} if update else None
    return {"status": status, "latest_campaign_update": latest}


def test_the_latest_update_counts_while_the_campaign_serves(slept: list[float]) -> None:
    script = Script([campaign("ACTIVE", "CREATE PENDING"), campaign("ACTIVE", "ACTIVE")])
    wait_until_active(script.client("DescribeCampaign"), arn_of("campaign"))
    assert script.looks == 2
    repaired = Script([campaign("CREATE FAILED", "CREATE IN_PROGRESS"), campaign("ACTIVE", "ACTIVE")])
    wait_until_active(repaired.client("DescribeCampaign"), arn_of("campaign"))
    failed = Script([campaign("ACTIVE", "CREATE FAILED", "no such version")])
    with pytest.raises(WaiterError, match="CREATE FAILED: no such version"):
        wait_until_active(failed.client("DescribeCampaign"), arn_of("campaign"))


def test_a_campaign_on_its_way_out_is_not_active_whatever_its_last_update_was(slept: list[float]) -> None:
    leaving = Script([campaign("DELETE PENDING", "ACTIVE")])
    with pytest.raises(WaiterError, match="DELETE PENDING"):
        wait_until_active(leaving.client("DescribeCampaign"), arn_of("campaign"))


def test_a_stop_ends_where_its_kind_ends(slept: list[float]) -> None:
    stopping = Script(["STOP PENDING", "STOP IN_PROGRESS", "INACTIVE"])
    wait_until_stopped(stopping.client("DescribeRecommender"), arn_of("recommender"))
    training = Script(["CREATE STOPPING", "CREATE STOPPED"])
    wait_until_stopped(training.client("DescribeSolutionVersion"), arn_of("solution", "s/1"))
    too_late = Script(["CREATE STOPPING", "ACTIVE"])
    with pytest.raises(WaiterError, match="is ACTIVE"):
        wait_until_stopped(too_late.client("DescribeSolutionVersion"), arn_of("solution", "s/1"))
    with pytest.raises(InvalidInput, match="Only recommenders"):
        wait_until_stopped(stopping.client("DescribeFilter"), arn_of("filter"))


def test_when_the_time_is_over_the_error_says_how_far_it_came(slept: list[float]) -> None:
    script = Script(["CREATE IN_PROGRESS"])
    with pytest.raises(WaitTimeout, match="is still CREATE IN_PROGRESS"):
        wait_until_active(script.client("DescribeSolution"), arn_of("solution"), timeout_s=100)
    assert sum(slept) == pytest.approx(100)


@given(st.floats(0, 50_000))
def test_the_paces_make_up_the_time_and_never_look_rarer_than_each_minute(timeout_s: float) -> None:
    paces = list(_paces(timeout_s))
    assert sum(pace["Delay"] * (pace["MaxAttempts"] - 1) for pace in paces) == pytest.approx(timeout_s)
    assert all(0 <= pace["Delay"] <= 60 for pace in paces)


def test_a_waiter_config_is_taken_as_boto3_takes_it(slept: list[float]) -> None:
    script = Script(["CREATE PENDING"])
    client = script.client("DescribeDatasetGroup")
    with pytest.raises(WaiterError, match="Max attempts exceeded"):
        waiter_for(client, arn_of("dataset-group")).wait(
            datasetGroupArn=arn_of("dataset-group"), WaiterConfig={"Delay": 7, "MaxAttempts": 3}
        )
    assert (script.looks, slept) == (3, [7, 7])
    with pytest.raises(WaitTimeout):
        wait_until_active(client, arn_of("dataset-group"), WaiterConfig={"Delay": 2, "MaxAttempts": 2})
    assert (script.looks, slept) == (5, [7, 7, 2])


@pytest.fixture
def passing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """The real control plane, on whose clock the waiters sleep."""
    monkeypatch.setattr("botocore.waiter.time", SimpleNamespace(sleep=bench.pass_time))
    return bench


def test_a_group_of_the_real_service_is_waited_into_being_and_out_of_it(passing: Bench) -> None:
    client = passing.client
    arn = client.create_dataset_group(name="g")["datasetGroupArn"]
    seen: list[str | None] = []
    wait_until_active(client, arn, watch=lambda condition: seen.append(condition.status))
    assert list(dict.fromkeys(seen)) == ["CREATE PENDING", "CREATE IN_PROGRESS", "ACTIVE"]
    client.delete_dataset_group(datasetGroupArn=arn)
    waiter_for(client, arn, "deleted").wait(datasetGroupArn=arn)
    refused("ResourceNotFoundException", client.describe_dataset_group, datasetGroupArn=arn)


def test_what_has_no_status_is_ready_when_it_is_there_and_gone_when_it_is_not(passing: Bench) -> None:
    schema = passing.schema()
    wait_until_active(passing.client, schema)
    passing.client.delete_schema(schemaArn=schema)
    wait_until_deleted(passing.client, schema)
    with pytest.raises(WaiterError, match="schema/s is not there"):
        wait_until_active(passing.client, schema)
