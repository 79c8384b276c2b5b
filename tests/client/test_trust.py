"""A role made for Amazon Personalize learns to trust a deployment's jobs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner

from reco.cli.trust import trust
from reco.storage.trust import trusts
from tests.aws import quick_moto

JOB_ROLE = "arn:aws:iam::123456789012:role/job"
PERSONALIZE = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "personalize.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
TEMPLATE = {
    "Resources": {"Nothing": {"Type": "AWS::SNS::Topic"}},
    "Outputs": {"JobRole": {"Value": JOB_ROLE}, "ExternalId": {"Value": "deployment-1"}},
}


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with quick_moto() as mock:
        boto3.client("cloudformation").create_stack(StackName="RecoJobs", TemplateBody=json.dumps(TEMPLATE))
        yield mock


@pytest.fixture
def role() -> str:
    answer = boto3.client("iam").create_role(RoleName="callers", AssumeRolePolicyDocument=json.dumps(PERSONALIZE))
    return str(answer["Role"]["Arn"])


def policy() -> dict[str, Any]:
    document: dict[str, Any] = boto3.client("iam").get_role(RoleName="callers")["Role"]["AssumeRolePolicyDocument"]
    return document


def test_without_apply_the_statement_is_printed_and_nothing_changes(role: str) -> None:
    answer = CliRunner().invoke(trust, [role])
    assert answer.exit_code == 0, answer.output
    statement = json.loads(answer.stdout)
    assert trusts({"Statement": [statement]}, JOB_ROLE, "deployment-1")
    assert policy() == PERSONALIZE


def test_apply_adds_the_statement_once_and_keeps_the_rest(role: str) -> None:
    assert "now trusts" in CliRunner().invoke(trust, [role, "--apply"]).output
    assert "already" in CliRunner().invoke(trust, [role, "--apply"]).output
    assert trusts(policy(), JOB_ROLE, "deployment-1")
    assert policy()["Statement"][0] == PERSONALIZE["Statement"][0]
    assert len(policy()["Statement"]) == 2


def test_another_deployment_is_not_trusted_by_the_same_statement(role: str) -> None:
    CliRunner().invoke(trust, [role, "--apply"])
    assert not trusts(policy(), JOB_ROLE, "deployment-2")


def test_a_role_that_does_not_exist_is_named(role: str) -> None:
    answer = CliRunner().invoke(trust, [role + "x", "--apply"])
    assert answer.exit_code == 1
    assert "callersx" in answer.output


def test_a_missing_stack_says_what_to_give(role: str) -> None:
    answer = CliRunner().invoke(trust, [role, "--region", "eu-north-1"])
    assert answer.exit_code == 1
    assert "--job-role and --external-id" in answer.output


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "arn:aws:iam::123456789012:role/",
        "arn:aws:iam::123456789012:user/callers",
        "arn:aws:s3:::bucket",
        "arn:aws:iam::1:role/callers",
        "arn:aws:iam::123456789012:role/callers\n",
    ],
)
@pytest.mark.parametrize("flag", [[], ["--apply"]])
def test_what_is_not_the_arn_of_a_role_is_refused(text: str, flag: list[str]) -> None:
    answer = CliRunner().invoke(trust, [text, *flag])
    assert answer.exit_code == 2
    assert "is not the ARN of a role" in answer.output


def test_roles_with_paths_and_in_other_partitions_are_roles() -> None:
    given = ["--job-role", JOB_ROLE, "--external-id", "deployment-1"]
    for arn in ("arn:aws:iam::123456789012:role/service-role/My_role+1", "arn:aws-cn:iam::123456789012:role/callers"):
        assert CliRunner().invoke(trust, [arn, *given]).exit_code == 0


def one_line(*arguments: str) -> str:
    answer = CliRunner().invoke(trust, ["arn:aws:iam::123456789012:role/callers", *arguments])
    assert answer.exit_code == 1
    assert answer.output.startswith("Error: ") and answer.output.count("\n") == 1, answer.output
    return answer.output


GIVEN = ("--apply", "--job-role", JOB_ROLE, "--external-id", "deployment-1")


@pytest.mark.parametrize("arguments", [(), GIVEN])
class TestInAnEnvironmentThatReachesNothing:
    """Each of these is one plain line, whichever service is asked first."""

    @pytest.fixture(autouse=True)
    def real(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, aws: Any) -> Iterator[None]:
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
        # A port that nothing listens at.
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        aws.stop()
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
        yield
        aws.start()

    def test_no_endpoint(self, arguments: tuple[str, ...]) -> None:
        assert "Could not connect to the endpoint URL" in one_line(*arguments)

    def test_no_credentials(self, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        assert "Unable to locate credentials" in one_line(*arguments)

    def test_no_such_profile(self, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_PROFILE", "nobody")
        assert "nobody" in one_line(*arguments)

    def test_an_endpoint_that_is_none(self, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "nowhere")
        assert "nowhere" in one_line(*arguments)
