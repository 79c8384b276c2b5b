"""S3's refusals for the sake of a KMS key, as faults that say what to do.

S3 asks KMS as whoever called, and hands on what KMS answers, code and sentence: those codes are in S3's list of error
responses. That a right is missing shows as AccessDenied, with the KMS action in its sentence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from reco.errors import RecoError

_KEY = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/([A-Za-z0-9-]+)")
_WRONG: Mapping[str, str] = {
    "KMS.DisabledException": "is disabled. Enable it: `aws kms enable-key --key-id {id}`.",
    "KMS.KMSInvalidStateException": (
        "is to be deleted, or cannot be used for another reason. Keep it: `aws kms cancel-key-deletion --key-id {id}`, "
        "then `aws kms enable-key --key-id {id}`."
    ),
    "KMS.NotFoundException": "is not there any more, and what it encrypts can be read by nobody. Use another key.",
}
_DENIED = (
    "may not be used by this deployment's roles. Let its policy leave the decision to the account's IAM policies, as "
    "the policy of a new key does, and deploy with it among the keys of -c dataKeys=..."
)


def explain_keys(client: Any, fault: type[RecoError]) -> Any:
    """The S3 client of the deployment's own bucket, whose refusals for the sake of a key are raised as `fault`."""

    def explain(http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
        if http_response.status_code >= 300:
            refusal = key_that_is_unusable(parsed) or _key_that_is_denied(parsed)
            if refusal:
                raise fault(refusal)

    client.meta.events.register_last("after-call.s3", explain)
    return client


def key_that_is_unusable(parsed: Mapping[str, Any]) -> str | None:
    """What is wrong with the key, and what to do; None where S3's answer is about something else."""
    wrong = _WRONG.get(parsed.get("Error", {}).get("Code", ""))
    return _sentence(parsed, wrong) if wrong else None


def _key_that_is_denied(parsed: Mapping[str, Any]) -> str | None:
    error = parsed.get("Error", {})
    about_a_key = error.get("Code") == "AccessDenied" and "kms:" in error.get("Message", "")
    return _sentence(parsed, _DENIED) if about_a_key else None


def _sentence(parsed: Mapping[str, Any], wrong: str) -> str:
    """Of what S3 says, the key's ARN alone: the rest of a denial names roles, which no caller need know."""
    named = _KEY.search(parsed["Error"].get("Message", ""))
    arn, key_id = (named[0], named[1]) if named else ("of the dataset group", "KEY")
    return f"The KMS key {arn} {wrong.format(id=key_id)}"
