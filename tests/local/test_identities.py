"""Trust policies count for the job role, and only for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from local.identities import managed_policies, trust_enforced
from reco.storage.trust import trust_statement

JOB_ROLE = "arn:aws:iam::123456789012:role/job"
SHOWN = "the-stack"


def make_role(name: str, *statements: dict[str, Any]) -> str:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    iam = boto3.client("iam", region_name="us-east-1")
    return str(iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"])


def personalize() -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"Service": "personalize.amazonaws.com"}, "Action": "sts:AssumeRole"}


@pytest.fixture
def owner() -> Iterator[Any]:
    """STS as the laptop's owner."""
    with mock_aws(), trust_enforced(JOB_ROLE):
        yield boto3.client("sts", region_name="us-east-1")


@pytest.fixture
def job(owner: Any) -> Any:
    """STS as the job role."""
    taken = owner.assume_role(RoleArn=JOB_ROLE, RoleSessionName="test")["Credentials"]
    return boto3.client(
        "sts",
        region_name="us-east-1",
        aws_access_key_id=taken["AccessKeyId"],
        aws_secret_access_key=taken["SecretAccessKey"],
        aws_session_token=taken["SessionToken"],
    )


def test_a_role_that_names_the_job_role_may_be_taken(job: Any) -> None:
    role = make_role("mine", personalize(), trust_statement(JOB_ROLE, SHOWN))
    assert job.assume_role(RoleArn=role, RoleSessionName="test", ExternalId=SHOWN)["Credentials"]


@pytest.mark.parametrize("shown", [{}, {"ExternalId": "another"}])
def test_not_without_the_stacks_id(job: Any, shown: dict[str, str]) -> None:
    role = make_role("mine", trust_statement(JOB_ROLE, SHOWN))
    with pytest.raises(ClientError, match="AccessDenied"):
        job.assume_role(RoleArn=role, RoleSessionName="test", **shown)


def test_a_role_that_trusts_personalize_only_may_not(job: Any) -> None:
    with pytest.raises(ClientError, match="is not authorized to perform: sts:AssumeRole"):
        job.assume_role(RoleArn=make_role("mine", personalize()), RoleSessionName="test", ExternalId=SHOWN)


@pytest.mark.parametrize("account", ["123456789012", "999999999999"])
def test_a_role_that_is_not_there_may_not(job: Any, account: str) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        job.assume_role(RoleArn=f"arn:aws:iam::{account}:role/none", RoleSessionName="test", ExternalId=SHOWN)


def test_the_laptops_owner_may_take_any(owner: Any) -> None:
    assert owner.assume_role(RoleArn=make_role("mine", personalize()), RoleSessionName="test")["Credentials"]


def test_managed_policies_are_loaded_when_they_are_asked_for() -> None:
    with mock_aws(), managed_policies():
        iam = boto3.client("iam", region_name="us-east-1")
        policy = iam.get_policy(PolicyArn="arn:aws:iam::aws:policy/service-role/AmazonPersonalizeFullAccess")
        assert policy["Policy"]["IsAttachable"]
        assert len(iam.list_policies(Scope="AWS", MaxItems=1000)["Policies"]) > 500
