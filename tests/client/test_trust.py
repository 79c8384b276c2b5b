"""A role made for Amazon Personalize learns to trust a deployment's jobs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from click.testing import CliRunner
from moto import mock_aws

from reco.cli.trust import trust
from reco.storage.trust import trusts

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
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        boto3.client("cloudformation").create_stack(StackName="RecoJobs", TemplateBody=json.dumps(TEMPLATE))
        yield


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
