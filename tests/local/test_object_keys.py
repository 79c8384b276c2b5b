"""S3 that asks KMS, on the local stack: which keys count, by which names."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.world import World


def code_of(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return str(caught.value.response["Error"]["Code"])


def test_a_buckets_own_key_counts_like_one_that_is_named(small_world: World) -> None:
    kms, s3 = small_world.client("kms"), small_world.client("s3")
    key = kms.create_key()["KeyMetadata"]
    s3.create_bucket(Bucket="under-a-key")
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key["Arn"]}}
    s3.put_bucket_encryption(Bucket="under-a-key", ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_object(Bucket="under-a-key", Key="k", Body=b"1")
    assert s3.head_object(Bucket="under-a-key", Key="k")["SSEKMSKeyId"] == key["Arn"]
    kms.disable_key(KeyId=key["KeyId"])
    assert code_of(s3.get_object, Bucket="under-a-key", Key="k") == "KMS.DisabledException"
    assert code_of(s3.put_object, Bucket="under-a-key", Key="new", Body=b"1") == "KMS.DisabledException"
    assert code_of(s3.create_multipart_upload, Bucket="under-a-key", Key="new") == "KMS.DisabledException"
    # Nothing is decrypted for it.
    assert s3.head_object(Bucket="under-a-key", Key="k")["ContentLength"] == 1


@pytest.mark.parametrize("name", ["arn", "id", "alias"])
def test_a_key_is_known_by_all_its_names(small_world: World, name: str) -> None:
    kms, s3 = small_world.client("kms"), small_world.client("s3")
    key = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=key["KeyId"])
    called = {"arn": key["Arn"], "id": key["KeyId"], "alias": f"alias/{name}"}[name]
    bucket = f"named-by-{name}"
    s3.create_bucket(Bucket=bucket)
    given = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": called}
    s3.put_object(Bucket=bucket, Key="k", Body=b"1", **given)
    kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    assert code_of(s3.get_object, Bucket=bucket, Key="k") == "KMS.KMSInvalidStateException"


def test_a_key_that_nobody_made_is_not_found_and_another_accounts_is_believed(small_world: World) -> None:
    s3 = small_world.client("s3")
    s3.create_bucket(Bucket="keys-of-others")
    for account, expected in (("123456789012", "KMS.NotFoundException"), ("999999999999", None)):
        arn = f"arn:aws:kms:us-east-1:{account}:key/00000000-1111-2222-3333-444444444444"
        given = {"Bucket": "keys-of-others", "Key": "k", "Body": b"1", "SSEKMSKeyId": arn}
        if expected:
            assert code_of(s3.put_object, ServerSideEncryption="aws:kms", **given) == expected
        else:
            s3.put_object(ServerSideEncryption="aws:kms", **given)
