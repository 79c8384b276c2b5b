"""IAM and STS beyond moto: AWS's managed policies when they are asked for, and trust policies that count.

moto lets anybody take any role, existing or not. The job role may take a caller's role only when that role's trust
policy says so, as on AWS (architecture decision 13); everybody else is the laptop's owner and may take any.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local.patching import patched
from reco.storage.trust import trusts

LISTING_ACTIONS = frozenset({"ListPolicies", "GetAccountAuthorizationDetails"})


@contextmanager
def managed_policies() -> Iterator[None]:
    """Loads AWS's 1,400 managed policies at the first IAM request that can see one; that takes a second."""
    from moto.iam.models import AWSManagedPolicy, aws_managed_policies_data
    from moto.iam.responses import IamResponse
    from moto.moto_api._internal import mock_random

    call_action = IamResponse.call_action

    def load(backend: Any) -> None:
        state = mock_random.getstate()
        mock_random.seed("managed policies")
        backend.aws_managed_policies = [
            AWSManagedPolicy.from_data(name, backend.account_id, backend.region_name, policy)
            for name, policy in json.loads(aws_managed_policies_data).items()
        ]
        backend.managed_policies |= {policy.arn: policy for policy in backend.aws_managed_policies}
        mock_random.setstate(state)

    def call_after_loading(self: Any) -> Any:
        backend = self.backend
        asks = self._get_action() in LISTING_ACTIONS or ":iam::aws:policy/" in str(self.params)
        if asks and not backend.aws_managed_policies:
            load(backend)
        return call_action(self)

    with patched(IamResponse, call_action=call_after_loading):
        yield


@contextmanager
def trust_enforced(job_role: str) -> Iterator[None]:
    """Refuses AssumeRole by the job role (an ARN) on a role that does not exist or does not trust it."""
    from moto.iam.models import iam_backends
    from moto.sts.exceptions import STSClientError
    from moto.sts.responses import TokenResponse

    assume_role = TokenResponse.assume_role

    def role_of_caller(response: Any) -> str | None:
        taken = response.backend.get_assumed_role_from_access_key(response.get_access_key())
        return taken.role_arn if taken else None

    def document_of(role_arn: str) -> str | None:
        account = role_arn.split(":")[4]
        for role in iam_backends[account]["aws"].roles.values():
            if role.arn == role_arn:
                return str(role.assume_role_policy_document)
        return None

    def assume_trusting_role(self: Any) -> Any:
        wanted = self._get_param("RoleArn")
        if role_of_caller(self) == job_role:
            document = document_of(wanted)
            if document is None or not trusts(document, job_role, self._get_param("ExternalId") or ""):
                raise STSClientError(
                    "AccessDenied", f"User: {job_role} is not authorized to perform: sts:AssumeRole on {wanted}"
                )
        return assume_role(self)

    with patched(TokenResponse, assume_role=assume_trusting_role):
        yield
