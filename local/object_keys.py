"""S3 that asks KMS: an object is written and read only while the key that encrypts it is there and enabled.

moto notes a key's name with the object and never looks at the key. Refused here with the codes and sentences that S3
hands on from KMS; a HEAD asks for no key, as nothing is decrypted. Keys of other accounts are taken for usable.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local.deployer import ACCOUNT
from local.patching import patched


@contextmanager
def keys_enforced(region: str) -> Iterator[None]:
    """While the block runs; `region` is where keys lie that are named without one."""
    from moto.s3.models import S3Backend
    from moto.s3.responses import S3Response

    put_object, create_multipart_upload = S3Backend.put_object, S3Backend.create_multipart_upload
    get_object = S3Response.get_object

    def put_under_key(self: Any, bucket_name: str, *arguments: Any, **named: Any) -> Any:
        _require(named.get("kms_key_id") or _key_of_bucket(self, bucket_name, named.get("encryption")), region)
        return put_object(self, bucket_name, *arguments, **named)

    def begin_under_key(self: Any, bucket_name: str, *others: Any) -> Any:
        *_, encryption, kms_key_id = others
        _require(kms_key_id or _key_of_bucket(self, bucket_name, encryption), region)
        return create_multipart_upload(self, bucket_name, *others)

    def get_under_key(self: Any) -> Any:
        version = self.querystring.get("versionId", [None])[0]
        found = self.backend.get_object(self.bucket_name, self.parse_key_name(), version_id=version)
        _require(found.kms_key_id if found is not None else None, region)
        return get_object(self)

    with (
        patched(S3Backend, put_object=put_under_key, create_multipart_upload=begin_under_key),
        patched(S3Response, get_object=get_under_key),
    ):
        yield


def _key_of_bucket(backend: Any, bucket_name: str, encryption: str | None) -> str | None:
    """The key with which the bucket encrypts what names none; None where that is one of AWS's own."""
    rule = (backend.get_bucket(bucket_name).encryption or {}).get("Rule", {})
    if encryption not in (None, "aws:kms"):
        return None
    key: str | None = rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID")
    return key


def _require(name: str | None, region: str) -> None:
    """
    Raises:
        S3ClientError: the key is not there, or not enabled.
    """
    from moto.kms.models import kms_backends
    from moto.s3.exceptions import S3ClientError

    if not name:
        return
    if name.startswith("arn:"):
        _, _, _, region, account, _ = name.split(":", 5)
        if account != ACCOUNT:
            return
    backend = kms_backends[ACCOUNT][region]
    key = backend.keys.get(backend.any_id_to_key_id(name))
    if key is None:
        raise S3ClientError("KMS.NotFoundException", f"Key '{name}' does not exist")
    if key.key_state == "Disabled":
        raise S3ClientError("KMS.DisabledException", f"{key.arn} is disabled.")
    if key.key_state != "Enabled":
        raise S3ClientError("KMS.KMSInvalidStateException", f"{key.arn} is pending deletion.")
