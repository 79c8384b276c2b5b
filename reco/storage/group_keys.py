"""The KMS keys that dataset groups may have: which ones, and whether one can be used (docs/adr/0024).

A group's key encrypts what lies in S3 of the group alone. The deployment's roles use it themselves, so a key must be
listed when deploying; that it is there and enabled is asked of KMS when a group is made, and only then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from botocore.exceptions import ClientError

from reco.arns import Owner
from reco.errors import InvalidInput

EVERY = "*"
"""In the place of a list: whatever key the account has."""
_ABSENT = ("NotFoundException", "InvalidArnException", "ValidationException")
_DENIED = ("AccessDeniedException", "AccessDenied")


class GroupKeys:
    """The keys of one deployment."""

    def __init__(self, kms: Callable[[], Any], *, own: str | None, listed: Collection[str]) -> None:
        """
        Args:
            kms: gives a KMS client; asked for no sooner than a group has a key.
            own: ARN of the key that encrypts all this deployment keeps; None where AWS owns the keys.
            listed: ARNs of the keys that its roles may use besides; EVERY among them is no limit.
        """
        self._kms = kms
        self._own = own
        self._listed = frozenset(listed)

    def require_usable(self, arn: str, owner: Owner) -> None:
        """Asks KMS about a key that a dataset group is to have.

        Raises:
            InvalidInput: another account's or region's, one that the deployment may not use, or one that cannot
                encrypt objects as it is; the message says what to do.
        """
        mine = f"arn:{owner.partition}:kms:{owner.region}:{owner.account}:key/"
        if not arn.startswith(mine):
            raise InvalidInput(f"kmsKeyArn must be the ARN of a key of this account and region, {mine}ID; it is {arn}.")
        if arn != self._own and not self._listed & {arn, EVERY}:
            raise InvalidInput(
                f"kmsKeyArn: this deployment's roles may not use {arn}. List it when deploying, beside those that are "
                f"listed already: -c dataKeys={arn}. Or leave kmsKeyArn and roleArn out."
            )
        self._require_enabled(arn)

    def _require_enabled(self, arn: str) -> None:
        try:
            key = self._kms().describe_key(KeyId=arn)["KeyMetadata"]
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _ABSENT:
                raise InvalidInput(f"kmsKeyArn: there is no key {arn}.") from error
            if code in _DENIED:
                raise InvalidInput(
                    f"kmsKeyArn: the policy of {arn} does not let this deployment's roles use it. Let it leave the "
                    "decision to the account's IAM policies, as the policy of a new key does, or name the roles."
                ) from error
            raise
        # A member that is not said has KMS's default.
        kind, usage = key.get("KeySpec", "SYMMETRIC_DEFAULT"), key.get("KeyUsage", "ENCRYPT_DECRYPT")
        if (kind, usage) != ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"):
            raise InvalidInput(
                f"kmsKeyArn must be a key of KeySpec SYMMETRIC_DEFAULT and KeyUsage ENCRYPT_DECRYPT, which S3 takes; "
                f"{arn} is {kind}, {usage}."
            )
        if key["KeyState"] != "Enabled":
            raise InvalidInput(f"kmsKeyArn: {arn} is {key['KeyState']}, and must be Enabled. {_advice(key)}")


def _advice(key: dict[str, Any]) -> str:
    commands = {"Disabled": ["enable-key"], "PendingDeletion": ["cancel-key-deletion", "enable-key"]}
    wanted = commands.get(key["KeyState"])
    if wanted is None:
        return "Try again when it is."
    return "Run " + ", then ".join(f"`aws kms {command} --key-id {key['KeyId']}`" for command in wanted) + "."
