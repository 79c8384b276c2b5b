"""What becomes of S3's refusals for the sake of a key: real clients, and an S3 that asks KMS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.object_keys import keys_enforced
from reco.errors import InvalidInput, UserFault
from reco.storage.access import CallersRights, measure
from reco.storage.key_refusals import explain_keys
from reco.storage.objects import Objects
from tests.aws import quick_moto
from tests.faults import Faults, Refusal

REGION = "us-east-1"
ADDRESS = "s3://home/a.json"


class Cloud:
    """A bucket, and one key."""

    def __init__(self) -> None:
        self.kms = boto3.client("kms", region_name=REGION)
        self.s3 = boto3.client("s3", region_name=REGION)
        self.s3.create_bucket(Bucket="home")
        self.key = self.kms.create_key()["KeyMetadata"]
        self.arn: str = self.key["Arn"]
        self.home = Objects(explain_keys(self.s3, UserFault), self.arn)

    def disable(self) -> None:
        self.kms.disable_key(KeyId=self.key["KeyId"])

    def schedule_deletion(self) -> None:
        self.kms.schedule_key_deletion(KeyId=self.key["KeyId"], PendingWindowInDays=7)

    def delete(self) -> None:
        """As if the days had passed."""
        from moto.kms.models import kms_backends

        del kms_backends["123456789012"][REGION].keys[self.key["KeyId"]]


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    with quick_moto(), keys_enforced(REGION):
        yield Cloud()


def test_whatever_is_written_is_under_the_key_and_reads_back(cloud: Cloud, tmp_path: Path) -> None:
    cloud.home.write_text(ADDRESS, "text")
    for name, size in (("small", 10), ("in-parts", 9 << 20), ("manifest.json", 1)):
        (tmp_path / name).write_bytes(b"x" * size)
    cloud.home.upload_folder(tmp_path, "s3://home/folder/")
    for entry in cloud.home.list("s3://home/"):
        head = cloud.s3.head_object(Bucket="home", Key=entry.uri.removeprefix("s3://home/"))
        assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", cloud.arn), entry
    assert cloud.home.read_text(ADDRESS) == "text"
    assert cloud.home.read_range("s3://home/folder/in-parts", 5, 9) == b"xxxx"


def test_without_a_key_nothing_is_said_of_one(cloud: Cloud) -> None:
    cloud.home.under(None).write_text(ADDRESS, "text")
    assert "SSEKMSKeyId" not in cloud.s3.head_object(Bucket="home", Key="a.json")
    cloud.disable()
    assert cloud.home.read_text(ADDRESS) == "text"


WRONGS: list[tuple[Callable[[Cloud], None], str]] = [
    (Cloud.disable, "is disabled. Enable it: `aws kms enable-key --key-id {id}`."),
    (Cloud.schedule_deletion, "aws kms cancel-key-deletion --key-id {id}"),
    (Cloud.delete, "is not there any more, and what it encrypts can be read by nobody."),
]


@pytest.mark.parametrize(("befall", "said"), WRONGS, ids=["disabled", "pending deletion", "deleted"])
def test_an_unusable_key_is_named_with_what_to_do_by_every_way_of_reading_and_writing(
    cloud: Cloud, tmp_path: Path, befall: Callable[[Cloud], None], said: str
) -> None:
    cloud.home.write_text(ADDRESS, "text")
    (tmp_path / "large").write_bytes(b"x" * (9 << 20))
    befall(cloud)
    for attempt in (
        lambda: cloud.home.read_text(ADDRESS),
        lambda: cloud.home.read_range(ADDRESS, 0, 2),
        lambda: cloud.home.download(ADDRESS, tmp_path / "read"),
        lambda: cloud.home.write_text("s3://home/new", "text"),
        lambda: cloud.home.upload(tmp_path / "large", "s3://home/large"),
    ):
        with pytest.raises(UserFault) as caught:
            attempt()
        assert caught.value.message.startswith(f"The KMS key {cloud.arn} ")
        assert said.format(id=cloud.key["KeyId"]) in caught.value.message
    assert cloud.home.read_text("s3://home/nothing") is None


def test_a_key_that_is_enabled_again_gives_everything_back(cloud: Cloud) -> None:
    cloud.home.write_text(ADDRESS, "text")
    cloud.disable()
    with pytest.raises(UserFault):
        cloud.home.read_text(ADDRESS)
    cloud.kms.enable_key(KeyId=cloud.key["KeyId"])
    assert cloud.home.read_text(ADDRESS) == "text"


def test_a_denied_key_is_named_and_the_role_that_was_denied_is_not(cloud: Cloud) -> None:
    role = "arn:aws:sts::123456789012:assumed-role/runtime/session"
    said = (
        f"User: {role} is not authorized to perform: kms:Decrypt on resource: {cloud.arn} because no identity-based "
        "policy allows the kms:Decrypt action"
    )
    client = explain_keys(boto3.client("s3", region_name=REGION), InvalidInput)
    cloud.home.write_text(ADDRESS, "text")
    with Faults() as faults, pytest.raises(InvalidInput) as caught:
        faults.add(client, "GetObject", Refusal("AccessDenied", said))
        Objects(client).read_text(ADDRESS)
    assert caught.value.message.startswith(f"The KMS key {cloud.arn} may not be used by this deployment's roles.")
    assert "-c dataKeys" in caught.value.message and role not in caught.value.message


def test_a_denial_about_anything_else_stays_what_it_is(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="NoSuchBucket"):
        cloud.home.write_text("s3://elsewhere/a", "text")


def test_a_callers_file_under_a_disabled_key_says_so(cloud: Cloud) -> None:
    Objects(cloud.s3, cloud.arn).write_text(ADDRESS, "1,2,3")
    cloud.disable()
    rights = CallersRights(
        boto3.Session(region_name=REGION),
        job_role="arn:aws:iam::1:role/j",
        external_id="x",
        data_buckets=["home"],
        own_bucket="",
    )
    source: Any = rights.objects(None)
    assert measure(source, ADDRESS).bytes == 5
    with pytest.raises(UserFault, match=f"Insufficient privileges.*{ADDRESS} cannot be read.*{cloud.arn} is disabled"):
        source.read_text(ADDRESS)
