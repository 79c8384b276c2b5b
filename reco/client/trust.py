"""Letting a deployment's jobs take a role: what `reco trust` prints or does."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from reco.client.stacks import outputs_of, told
from reco.errors import InvalidInput
from reco.storage.trust import trust_statement, trusts, with_statement

STACK = "RecoJobs"

_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]*[\w+=,.@-]", re.ASCII)


@dataclass(frozen=True)
class Deployment:
    """What a trust policy must name."""

    job_role: str
    external_id: str


def is_role_arn(text: str) -> bool:
    return _ROLE_ARN.fullmatch(text) is not None


def find_deployment(cloudformation: Any, stack: str = STACK) -> Deployment:
    """The deployment of this account and region, from the outputs of its stack.

    Raises:
        InvalidInput: there is none by that name, or AWS cannot be asked.
    """
    outputs = outputs_of(cloudformation, stack, ", or give --job-role and --external-id")
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
    with told(role_arn):
        document = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
        if trusts(document, deployment.job_role, deployment.external_id):
            return False
        policy = json.loads(document) if isinstance(document, str) else document
        changed = with_statement(policy, trust_statement(deployment.job_role, deployment.external_id))
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(changed))
    return True
