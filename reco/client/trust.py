"""Letting a deployment's jobs take a role: what `reco trust` prints or does."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from reco.errors import InvalidInput
from reco.storage.trust import trust_statement, trusts, with_statement

STACK = "RecoJobs"


@dataclass(frozen=True)
class Deployment:
    """What a trust policy must name."""

    job_role: str
    external_id: str


def find_deployment(cloudformation: Any, stack: str = STACK) -> Deployment:
    """The deployment of this account and region, from the outputs of its stack.

    Raises:
        InvalidInput: there is none by that name.
    """
    try:
        described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        region = cloudformation.meta.region_name
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
        InvalidInput: there is no such role, or the caller may not change it.
    """
    name = role_arn.rpartition("/")[2]
    try:
        document = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
        if trusts(document, deployment.job_role, deployment.external_id):
            return False
        policy = json.loads(document) if isinstance(document, str) else document
        changed = with_statement(policy, trust_statement(deployment.job_role, deployment.external_id))
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(changed))
    except ClientError as error:
        raise InvalidInput(f"{role_arn}: {error.response['Error'].get('Message', error)}") from error
    return True
