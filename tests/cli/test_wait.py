"""`reco wait`: exit status and words for each way a wait can end."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from reco.cli.main import main
from reco.errors import AccessDenied
from tests.client.scripted import GONE, Script, arn_of, slept
from tests.wire.clients import connect

__all__ = ["slept"]  # fixture


@pytest.fixture(autouse=True)
def at_once(slept: list[float]) -> None:
    """Nothing here sleeps."""


def wait(monkeypatch: pytest.MonkeyPatch, client: Any, *arguments: str) -> Result:
    monkeypatch.setattr("reco.client.connecting.connect", lambda *_: client)
    return CliRunner().invoke(main, ["wait", *arguments])


def test_progress_is_told_apart_from_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Script(["CREATE PENDING", "CREATE IN_PROGRESS", "CREATE IN_PROGRESS", "ACTIVE"]).client("DescribeFilter")
    answer = wait(monkeypatch, client, arn_of("filter"))
    assert answer.exit_code == 0
    assert answer.stdout.startswith(f"{arn_of('filter')} is ACTIVE after ")
    assert answer.stderr.count("CREATE IN_PROGRESS") == 1 and "CREATE PENDING" in answer.stderr


def test_a_failure_is_one_line_with_its_reason_and_status_1(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = {"status": "CREATE FAILED", "failure_reason": "Invalid Data location."}
    answer = wait(monkeypatch, Script([failed]).client("DescribeDatasetImportJob"), arn_of("dataset-import-job"))
    assert answer.exit_code == 1 and answer.stdout == ""
    assert f"Error: {arn_of('dataset-import-job')} is CREATE FAILED: Invalid Data location.\n" in answer.stderr


def test_a_program_reads_the_end_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = {"status": "CREATE FAILED", "failure_reason": "why"}
    answer = wait(monkeypatch, Script([failed]).client("DescribeCampaign"), arn_of("campaign"), "--json")
    end = json.loads(answer.stdout)
    assert (answer.exit_code, answer.stderr) == (1, "")
    assert (end["reached"], end["status"], end["failureReason"]) == (False, "CREATE FAILED", "why")
    gone = wait(monkeypatch, Script([GONE]).client("DescribeCampaign"), arn_of("campaign"), "--json", "--deleted")
    end = json.loads(gone.stdout)
    assert (gone.exit_code, end["reached"], end["status"], end["error"]) == (0, True, None, None)


def test_the_end_of_the_time_has_a_status_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Script(["CREATE IN_PROGRESS"]).client("DescribeSolution")
    answer = wait(monkeypatch, client, arn_of("solution"), "--timeout", "5")
    assert answer.exit_code == 3 and "still CREATE IN_PROGRESS" in answer.stderr


def test_deleting_and_stopping_are_waited_for_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Script(["DELETE PENDING", GONE]).client("DescribeSchema")
    assert "is deleted after" in wait(monkeypatch, client, arn_of("schema"), "--deleted").stdout
    client = Script(["STOP PENDING", "INACTIVE"]).client("DescribeRecommender")
    assert "is stopped after" in wait(monkeypatch, client, arn_of("recommender"), "--stopped").stdout


def test_what_is_not_there_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = wait(monkeypatch, Script([GONE]).client("DescribeFilter"), arn_of("filter"))
    assert (answer.exit_code, answer.stderr) == (1, f"Error: {arn_of('filter')} is not there\n")


def test_a_service_that_refuses_to_be_asked_is_status_2(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(call: object) -> None:
        raise AccessDenied("Ada may not DescribeFilter.")

    answer = wait(monkeypatch, connect("personalize", {"DescribeFilter": refuse}), arn_of("filter"))
    assert answer.exit_code == 2 and "AccessDeniedException" in answer.stderr and "Ada may not" in answer.stderr


def test_what_is_no_arn_and_what_cannot_stop_are_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Script(["ACTIVE"]).client("DescribeFilter")
    for arguments in (["nonsense"], [arn_of("filter"), "--stopped"]):
        answer = wait(monkeypatch, client, *arguments)
        assert answer.exit_code == 2 and answer.stderr.count("\n") == 1 and answer.stderr.startswith("Error: ")


def test_an_endpoint_that_nobody_answers_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    arguments = ["wait", arn_of("filter"), "--region", "us-east-1", "--endpoint", "http://127.0.0.1:1"]
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
    answer = CliRunner().invoke(main, arguments)
    assert answer.exit_code == 2 and "Could not connect to the endpoint URL" in answer.stderr
