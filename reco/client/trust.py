"""Letting a deployment's jobs take a role: what `reco trust` prints or does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from reco.errors import InvalidInput
from reco.storage.trust import trust_statement, trusts, with_statement

STACK = "RecoJobs"

_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]*[\w+=,.@-]", re.ASCII)
_PATIENCE = Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 2, "mode": "standard"})
"""A person waits for the answer."""


@dataclass(frozen=True)
class Deployment:
    """What a trust policy must name."""

    job_role: str
    external_id: str


def is_role_arn(text: str) -> bool:
    return _ROLE_ARN.fullmatch(text) is not None


def make_client(service: str, region: str | None) -> Any:
    """A client of AWS that gives up within seconds; `region` None is the environment's.

    Raises:
        InvalidInput: the environment names no region, or a profile or endpoint that makes no sense.
    """
    try:
        return boto3.client(service, region_name=region, config=_PATIENCE)
    except (BotoCoreError, ValueError) as error:
        raise InvalidInput(_one_line(error)) from error


def find_deployment(cloudformation: Any, stack: str = STACK) -> Deployment:
    """The deployment of this account and region, from the outputs of its stack.

    Raises:
        InvalidInput: there is none by that name, or AWS cannot be asked.
    """
    region = cloudformation.meta.region_name
    with _told(f"The stack {stack} in {region} cannot be looked up"):
        try:
            described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        except ClientError as error:
            if error.response["Error"].get("Code") != "ValidationError":
                raise
            raise InvalidInput(
                f"There is no stack {stack} in {region}. Name its region, or give --job-role and --external-id."
            ) from error
    outputs = {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}
    try:
        return Deployment(outputs["JobRole"], outputs["ExternalId"])
    except KeyError as error:
        raise InvalidInput(f"The stack {stack} has no output {error}; it is not a stack of Reco's jobs.") from error


def statement_text(deployment: Deployment) -> str:
    """The statement to paste into a role's trust policy, as indented JSON."""
    return json.dumps(trust_statement(deployment.job_role, deployment.external_id), indent=2)


def add_trust(iam: Any, role_arn: str, deployment: Deployment) -> bool:
    """Adds the statement to the role's trust policy; False when the role trusted the jobs already.

    IAM takes some seconds until other services see the change.

    Raises:
        InvalidInput: there is no such role, the caller may not change it, or AWS cannot be asked.
    """
    name = role_arn.rpartition("/")[2]
    with _told(role_arn):
        document = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
        if trusts(document, deployment.job_role, deployment.external_id):
            return False
        policy = json.loads(document) if isinstance(document, str) else document
        changed = with_statement(policy, trust_statement(deployment.job_role, deployment.external_id))
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(changed))
    return True


@contextmanager
def _told(beginning: str) -> Iterator[None]:
    """Turns what AWS refuses, and what keeps it from being asked, into one line."""
    try:
        yield
    except ClientError as error:
        raise InvalidInput(f"{beginning}: {_one_line(error.response['Error'].get('Message') or error)}") from error
    except BotoCoreError as error:
        raise InvalidInput(f"{beginning}: {_one_line(error)}") from error


def _one_line(text: object) -> str:
    return " ".join(str(text).split())
