"""The KMS key of a dataset group: whose it may be, and in which state."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.control.conftest import KEY, ROLE, Bench, kms_client, put_key, refused, settings_with
from tests.control.test_dataset_groups import SHOWN
from tests.faults import Faults
from tests.wire.clients import ACCOUNT, REGION

LISTED = KEY.replace("1a2b", "aaaa")
UNLISTED = KEY.replace("1a2b", "bbbb")


@pytest.fixture
def keyed(bench: Bench) -> Iterator[Bench]:
    """A deployment that may use one key besides its own; there is a third."""
    bench.settings = settings_with(data_keys=LISTED)
    for arn in (LISTED, UNLISTED):
        put_key(arn)
    yield bench
    put_key()


def create(bench: Bench, key: str = LISTED, **more: Any) -> str:
    return str(
        bench.client.create_dataset_group(**{"name": "g", "kmsKeyArn": key, "roleArn": ROLE, **more})["datasetGroupArn"]
    )


def key_id(arn: str) -> str:
    """What moto's changes of a key take in place of its ARN."""
    return arn.rpartition("/")[2]


def refusal(bench: Bench, key: str = LISTED, **more: Any) -> str:
    """What a create is told; nothing is made."""
    given = {"name": "g", "kmsKeyArn": key, "roleArn": ROLE, **more}
    message = refused("InvalidInputException", bench.client.create_dataset_group, **given)
    assert bench.client.list_dataset_groups()["datasetGroups"] == []
    return message


@pytest.mark.parametrize(
    ("given", "named"), [({"kmsKeyArn": KEY}, "roleArn"), ({"roleArn": ROLE}, "kmsKeyArn")], ids=["key", "role"]
)
def test_key_and_role_go_together(bench: Bench, given: dict[str, str], named: str) -> None:
    message = refused("InvalidInputException", bench.client.create_dataset_group, name="g", **given)
    assert named in message and "both or neither" in message


@pytest.mark.parametrize("key", [LISTED, KEY], ids=["a listed key", "the deployment's own"])
def test_a_group_under_a_key_shows_key_and_role_as_they_were_sent(keyed: Bench, key: str) -> None:
    arn = create(keyed, key)
    described = keyed.client.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]
    assert list(described) == [*SHOWN[:3], "roleArn", "kmsKeyArn", *SHOWN[3:]]
    assert (described["kmsKeyArn"], described["roleArn"]) == (key, ROLE)
    (listed,) = keyed.client.list_dataset_groups()["datasetGroups"]
    assert list(listed) == SHOWN


def test_a_key_that_nobody_listed_is_refused_with_what_lists_it(keyed: Bench) -> None:
    message = refusal(keyed, UNLISTED)
    assert f"-c dataKeys={UNLISTED}" in message
    # Which keys others have is nobody's business.
    assert LISTED not in message and KEY not in message


def test_where_no_key_is_listed_none_can_be_given(bench: Bench) -> None:
    bench.settings = settings_with(customer_key="")
    assert f"-c dataKeys={KEY}" in refusal(bench, KEY)
    bench.client.create_dataset_group(name="g")


def test_a_star_lets_every_key_in_that_the_account_has(keyed: Bench) -> None:
    keyed.settings = settings_with(customer_key="", data_keys="*")
    create(keyed, UNLISTED)
    nowhere = UNLISTED.replace("bbbb", "cccc")
    assert "there is no key" in refused(
        "InvalidInputException", keyed.client.create_dataset_group, name="h", kmsKeyArn=nowhere, roleArn=ROLE
    )


@pytest.mark.parametrize(
    "key",
    [
        LISTED.replace(ACCOUNT, "999999999999"),
        LISTED.replace(REGION, "us-west-2"),
        LISTED.replace("arn:aws:", "arn:aws-cn:"),
    ],
    ids=["account", "region", "partition"],
)
def test_another_accounts_regions_or_partitions_key_is_refused_though_it_is_listed(keyed: Bench, key: str) -> None:
    keyed.settings = settings_with(data_keys=f"{key},*")
    message = refusal(keyed, key)
    assert message.startswith(f"kmsKeyArn must be the ARN of a key of this account and region, arn:aws:kms:{REGION}")


def test_the_role_must_be_of_this_account(keyed: Bench) -> None:
    message = refusal(keyed, roleArn=ROLE.replace(ACCOUNT, "999999999999"))
    assert message.startswith(f"roleArn must be the ARN of a role of this account, arn:aws:iam::{ACCOUNT}:role/NAME")


def test_a_disabled_key_is_refused_with_what_enables_it(keyed: Bench) -> None:
    kms_client().disable_key(KeyId=key_id(LISTED))
    assert f"is Disabled, and must be Enabled. Run `aws kms enable-key --key-id {key_id(LISTED)}`." in refusal(keyed)
    kms_client().enable_key(KeyId=key_id(LISTED))
    create(keyed)


def test_a_key_that_is_to_be_deleted_is_refused_with_what_keeps_it(keyed: Bench) -> None:
    kms_client().schedule_key_deletion(KeyId=key_id(LISTED), PendingWindowInDays=7)
    message = refusal(keyed)
    assert "is PendingDeletion" in message and "aws kms cancel-key-deletion" in message


def test_a_listed_key_that_is_not_there_is_refused(keyed: Bench) -> None:
    nowhere = LISTED.replace("aaaa", "dddd")
    keyed.settings = settings_with(data_keys=nowhere)
    assert refusal(keyed, nowhere) == f"kmsKeyArn: there is no key {nowhere}."


def test_a_key_that_encrypts_no_objects_is_refused(keyed: Bench) -> None:
    made = kms_client().create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    keyed.settings = settings_with(data_keys=made["Arn"])
    message = refusal(keyed, made["Arn"])
    assert message.startswith("kmsKeyArn must be a key of KeySpec SYMMETRIC_DEFAULT and KeyUsage ENCRYPT_DECRYPT")
    assert message.endswith(f"{made['Arn']} is ECC_NIST_P256, SIGN_VERIFY.")


def test_a_key_whose_policy_keeps_the_deployment_out_is_refused(keyed: Bench) -> None:
    statement = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "kms:DescribeKey", "Resource": "*"}
    kms_client().put_key_policy(
        KeyId=LISTED, PolicyName="default", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    assert refusal(keyed).startswith(f"kmsKeyArn: the policy of {LISTED} does not let this deployment's roles use it.")


def test_kms_is_asked_once_for_a_group_with_a_key_and_never_else(keyed: Bench) -> None:
    with Faults() as faults:
        faults.watch(kms_client())
        keyed.client.create_dataset_group(name="plain")
        keyed.client.list_dataset_groups()
        refused("InvalidInputException", keyed.client.create_dataset_group, name="h", kmsKeyArn=UNLISTED, roleArn=ROLE)
        assert faults.sent == []
        keyed.client.describe_dataset_group(datasetGroupArn=create(keyed))
        assert faults.sent == ["DescribeKey"]


@pytest.mark.parametrize(
    "given",
    [
        {"kmsKeyArn": KEY.replace(":key/", ":alias/")},
        {"kmsKeyArn": KEY.replace(ACCOUNT, "1234")},
        {"roleArn": ROLE.replace(":role/", ":user/")},
        {"roleArn": "role"},
    ],
)
def test_what_is_no_key_or_no_role_is_refused(bench: Bench, given: dict[str, str]) -> None:
    refusal(bench, KEY, **given)
