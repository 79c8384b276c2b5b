"""The caller's data with the caller's rights.

The one rule, the same wherever it runs:

1. Take the caller's role. AWS lets the job role do so when the role's trust policy names it (reco.storage.trust).
2. Otherwise read as the job role, if the deployer listed the bucket (setting data_buckets; `*` lists all). Not the
   deployment's own, even so: the job role reads all that every dataset group keeps there.
3. Otherwise refuse, with the statement to paste into the role's trust policy.

Credentials of a role that was taken from another role end after an hour; `session_as` renews them, so an import may
last longer. Refusals of S3 become faults that say what to change, on whichever call they happen.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import boto3
import botocore.session
from botocore.credentials import (
    CredentialProvider,
    CredentialResolver,
    RefreshableCredentials,
    create_assume_role_refresher,
)
from botocore.exceptions import ClientError

from reco.errors import JobFault, PlatformFault, UserFault
from reco.storage.key_refusals import key_that_is_unusable
from reco.storage.layout import split_uri
from reco.storage.objects import Objects
from reco.storage.trust import trust_statement

SESSION_NAME = "reco-job"
JOB_ROLE = "The job role"
DENIED = "Insufficient privileges for accessing data in Amazon S3."
NOT_THERE = "Invalid Data location."


class CallersRights:
    """Decides as whom a caller's bucket is read, and reads it."""

    def __init__(
        self,
        session: boto3.Session,
        *,
        job_role: str,
        external_id: str,
        data_buckets: Iterable[str],
        own_bucket: str,
    ) -> None:
        """`session` acts as the job role. Making clients is not thread-safe: most are made here, others one by one.

        `own_bucket` is the deployment's own; empty where `role_for` is not asked.
        """
        self.job_role = job_role
        self.external_id = external_id
        self._listed = frozenset(data_buckets)
        self._own_bucket = own_bucket
        self._session = session
        self._making = threading.Lock()
        self._sts = session.client("sts")
        self._own = Objects(_explained(session.client("s3"), JOB_ROLE))

    def objects(self, role_arn: str | None, *, not_taken: str | None = None) -> Objects:
        """The caller's objects, read as what `role_for` answered. Refusals by S3 are faults that say what to change.

        `not_taken` is the role that the caller gave, where `role_for` answered None all the same.
        """
        if role_arn is None and not_taken is None:
            return self._own
        if role_arn is None:
            reader = (
                f"roleArn {not_taken} was not used, because it does not trust this deployment; the bucket was read as "
                f"the job role. {JOB_ROLE}"
            )
            with self._making:
                return Objects(_explained(self._session.client("s3"), reader))
        return Objects(_explained(session_as(self._sts, role_arn, self.external_id).client("s3"), role_arn))

    def role_for(self, role_arn: str | None, location: str) -> str | None:
        """The role to read `location` with; None is the job's own.

        Raises:
            UserFault: neither may be; the message has the statement to paste.
            PlatformFault: STS did not answer.
        """
        if role_arn and self._may_take(role_arn):
            return role_arn
        bucket = bucket_of(location)
        if bucket == self._own_bucket:
            raise UserFault(
                f'{DENIED} The bucket "{bucket}" is this deployment\'s own, and is read for nobody with its rights.'
            )
        if "*" in self._listed or bucket in self._listed:
            return None
        raise UserFault(f"{DENIED} {self._advice(role_arn, bucket)}")

    def _may_take(self, role_arn: str) -> bool:
        try:
            self._sts.assume_role(
                RoleArn=role_arn, RoleSessionName=SESSION_NAME, ExternalId=self.external_id, DurationSeconds=900
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in ("AccessDenied", "ValidationError", "NoSuchEntity"):
                return False
            raise PlatformFault(f"AWS STS refused to take {role_arn}: {code}. Try again.") from error
        return True

    def _advice(self, role_arn: str | None, bucket: str) -> str:
        listing = f"Or list the bucket when deploying: -c dataBuckets={bucket}."
        if not role_arn:
            return f'No roleArn was given, and the bucket "{bucket}" is not listed. Give a roleArn. {listing}'
        statement = json.dumps(trust_statement(self.job_role, self.external_id), separators=(",", ":"))
        return (
            f"The role {role_arn} does not trust this deployment. Run `reco trust {role_arn} --apply`, or add this "
            f"statement to the role's trust policy: {statement} {listing}"
        )


class _TakenRole(CredentialProvider):
    """Gives botocore the credentials of a role, renewed before they end."""

    METHOD = "reco-taken-role"

    def __init__(self, refresh: Callable[[], dict[str, Any]]) -> None:
        super().__init__()
        self._refresh = refresh

    def load(self) -> RefreshableCredentials:
        return RefreshableCredentials.create_from_metadata(
            metadata=self._refresh(), refresh_using=self._refresh, method=self.METHOD
        )


def session_as(sts: Any, role_arn: str, external_id: str | None) -> boto3.Session:
    """A session that acts as a role; each hour's credentials are fetched through `sts` when they are needed.

    `external_id` None takes the role without showing one.
    """
    request = {"RoleArn": role_arn, "RoleSessionName": SESSION_NAME, "DurationSeconds": 3600}
    if external_id is not None:
        request["ExternalId"] = external_id
    session = botocore.session.get_session()
    provider = _TakenRole(create_assume_role_refresher(sts, request))
    session.register_component("credential_provider", CredentialResolver([provider]))
    return boto3.Session(botocore_session=session, region_name=sts.meta.region_name)


def bucket_of(location: str) -> str:
    """The bucket of a data location.

    Raises:
        UserFault: not an s3:// address of an object or folder.
    """
    try:
        bucket, _ = split_uri(location)
    except ValueError as error:
        raise UserFault(f"{NOT_THERE} {location} is not an s3:// address.") from error
    if not bucket:
        raise UserFault(f"{NOT_THERE} {location} names no bucket.")
    return bucket


@dataclass(frozen=True)
class SourceSize:
    """What lies at a data location."""

    objects: int
    bytes: int
    compressed_bytes: int
    """The part of `bytes` in objects whose name ends in .gz."""


def measure(source: Objects, location: str) -> SourceSize:
    """Size of the file, or of all files under the folder when `location` ends in a slash.

    Opens the first object too, since listing a bucket and reading from it are separate rights.

    Raises:
        UserFault: nothing there, or not to be read.
    """
    bucket = bucket_of(location)
    _, key = split_uri(location)
    if key and not key.endswith("/"):
        size = source.client.head_object(Bucket=bucket, Key=key)["ContentLength"]
        return SourceSize(1, size, size if key.endswith(".gz") else 0)
    found = [each for each in source.list(location) if not each.uri.endswith("/")]
    if not found:
        raise UserFault(f"{NOT_THERE} There is no object under {location}.")
    source.client.head_object(Bucket=bucket, Key=split_uri(found[0].uri)[1])
    compressed = sum(each.bytes for each in found if each.uri.endswith(".gz"))
    return SourceSize(len(found), sum(each.bytes for each in found), compressed)


def _explained(client: Any, reader: str) -> Any:
    """The S3 client, whose refusals become faults before botocore raises its own. `reader` is who "may not read"."""

    def remember(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["reco_location"] = (params.get("Bucket", ""), params.get("Key"))

    def explain(http_response: Any, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        if http_response.status_code >= 300:
            code = parsed.get("Error", {}).get("Code", "")
            bucket, key = context.get("reco_location", ("", None))
            fault = _key_fault(parsed, bucket, key) or _fault(http_response.status_code, code, bucket, key, reader)
            if fault:
                raise fault

    client.meta.events.register("before-parameter-build.s3", remember)
    client.meta.events.register("after-call.s3", explain)
    return client


def _key_fault(parsed: dict[str, Any], bucket: str, key: str | None) -> JobFault | None:
    """A key of the caller's that is switched off or gone; a right that is missing is one to read as any other."""
    wrong = key_that_is_unusable(parsed)
    return UserFault(f"{DENIED} s3://{bucket}/{key} cannot be read. {wrong}") if wrong else None


def _fault(status: int, code: str, bucket: str, key: str | None, reader: str) -> JobFault | None:
    place = f"s3://{bucket}/{key}" if key else f"the list of bucket {bucket}"
    if code == "NoSuchBucket":
        return UserFault(f'{NOT_THERE} The bucket "{bucket}" does not exist.')
    if status == 404:
        return UserFault(
            f"{NOT_THERE} There is no object {place}, or no such bucket. A folder's location ends in a slash."
        )
    if status in (301, 307, 400) and code in ("PermanentRedirect", "301", "AuthorizationHeaderMalformed"):
        return UserFault(f'{NOT_THERE} The bucket "{bucket}" is in another region.')
    if status in (401, 403):
        return UserFault(
            f"{DENIED} {reader} may not read {place}. Allow it s3:GetObject on arn:aws:s3:::{bucket}/* and "
            f"s3:ListBucket on arn:aws:s3:::{bucket} (and kms:Decrypt if the objects are encrypted with a key), and "
            "see that the bucket policy does not deny it."
        )
    if status >= 500 or code in ("SlowDown", "RequestTimeout"):
        return PlatformFault(f"Amazon S3 did not deliver {place} ({code or status}). Try again.")
    return None
