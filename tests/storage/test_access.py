"""Whose rights read the caller's data, and what is said when nobody's do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.sts.models import STSBackend

from reco.errors import UserFault
from reco.storage.access import CallersRights, measure, session_as
from reco.storage.trust import trust_statement, trusts, with_statement
from tests.aws import quick_moto, reading_once

ROLE = "arn:aws:iam::123456789012:role/callers"
JOB_ROLE = "arn:aws:iam::123456789012:role/job"
REGION = "eu-west-1"


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    with quick_moto():
        s3 = boto3.client("s3", region_name=REGION)
        s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": REGION})
        for key, body in {"one.csv": b"12345", "many/a.csv": b"1", "many/b.csv.gz": b"22", "many/": b""}.items():
            s3.put_object(Bucket="data", Key=key, Body=body)
        yield


def rights(*buckets: str) -> CallersRights:
    session = boto3.Session(region_name=REGION, botocore_session=reading_once())
    return CallersRights(
        session, job_role=JOB_ROLE, external_id="deployment-1", data_buckets=buckets, own_bucket="home"
    )


def deny_trust(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: STSBackend, **_: Any) -> None:
        from moto.sts.exceptions import STSClientError

        raise STSClientError("AccessDenied", "not authorized to perform: sts:AssumeRole")

    monkeypatch.setattr(STSBackend, "assume_role", refuse)


def test_a_role_that_trusts_the_job_role_is_taken() -> None:
    assert rights().role_for(ROLE, "s3://data/one.csv") == ROLE


def test_without_trust_a_listed_bucket_is_read_as_the_job_role(monkeypatch: pytest.MonkeyPatch) -> None:
    deny_trust(monkeypatch)
    assert rights("data").role_for(ROLE, "s3://data/one.csv") is None
    assert rights("*").role_for(ROLE, "s3://data/one.csv") is None


def test_without_trust_and_listing_the_refusal_holds_the_statement_to_paste(monkeypatch: pytest.MonkeyPatch) -> None:
    deny_trust(monkeypatch)
    with pytest.raises(UserFault) as refused:
        rights("other").role_for(ROLE, "s3://data/one.csv")
    message = refused.value.message
    assert message.startswith("Insufficient privileges for accessing data in Amazon S3.")
    assert f"reco trust {ROLE} --apply" in message and "-c dataBuckets=data" in message
    statement = json.loads(message[message.index("{") : message.rindex("}") + 1])
    assert trusts({"Statement": [statement]}, JOB_ROLE, "deployment-1")


@pytest.mark.parametrize("listed", ["*", "home"])
@pytest.mark.parametrize("role", [None, ROLE])
def test_the_deployments_own_bucket_is_read_for_nobody_with_the_job_roles_rights(
    monkeypatch: pytest.MonkeyPatch, listed: str, role: str | None
) -> None:
    """It holds every group's data and events: whoever may import would read them all, and find them in a dataset."""
    deny_trust(monkeypatch)
    with pytest.raises(UserFault, match=r"^Insufficient privileges.*home.*this deployment's own") as refused:
        rights(listed).role_for(role, "s3://home/events/2026/11/22/10/a.gz")
    assert "dataBuckets" not in refused.value.message


def test_a_role_that_may_read_the_deployments_bucket_reads_it_by_its_own_right() -> None:
    assert rights("*").role_for(ROLE, "s3://home/reports/a.csv") == ROLE


def test_no_role_and_no_listing_asks_for_a_role() -> None:
    with pytest.raises(UserFault, match="Give a roleArn"):
        rights().role_for(None, "s3://data/one.csv")


@pytest.mark.parametrize(("location", "expected"), [("s3://data/one.csv", (1, 5, 0)), ("s3://data/many/", (2, 3, 2))])
def test_a_file_or_folder_is_measured(location: str, expected: tuple[int, int, int]) -> None:
    size = measure(rights("*").objects(None), location)
    assert (size.objects, size.bytes, size.compressed_bytes) == expected


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("s3://data/none.csv", "There is no object s3://data/none.csv"),
        ("s3://data/many", "A folder's location ends in a slash"),
        ("s3://data/empty/", "There is no object under s3://data/empty/"),
        ("s3://no-such-bucket/folder/", 'The bucket "no-such-bucket" does not exist'),
        ("https://data/one.csv", "is not an s3:// address"),
        ("s3:///one.csv", "names no bucket"),
    ],
)
@pytest.mark.parametrize("role", [None, ROLE])
def test_a_location_without_data_is_called_so(location: str, words: str, role: str | None) -> None:
    with pytest.raises(UserFault) as refused:
        measure(rights("*").objects(role), location)
    assert refused.value.message.startswith("Invalid Data location.")
    assert words in refused.value.message


@pytest.mark.parametrize(("location", "action"), [("s3://data/one.csv", "s3:GetObject"), ("s3://data/many/", "s3:*")])
def test_a_bucket_policy_that_denies_is_explained(location: str, action: str) -> None:
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": action,
                "Resource": ["arn:aws:s3:::data", "arn:aws:s3:::data/*"],
            }
        ],
    }
    boto3.client("s3", region_name=REGION).put_bucket_policy(Bucket="data", Policy=json.dumps(policy))
    source = rights("*").objects(None)
    with pytest.raises(UserFault) as refused:
        measure(source, location)
        source.client.get_object(Bucket="data", Key="one.csv")
    message = refused.value.message
    assert message.startswith("Insufficient privileges for accessing data in Amazon S3.")
    assert "s3:GetObject on arn:aws:s3:::data/*" in message and "bucket policy" in message


def test_a_refusal_to_the_job_role_says_that_the_callers_role_was_not_used() -> None:
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    boto3.client("s3", region_name=REGION).put_bucket_policy(Bucket="data", Policy=json.dumps(policy))
    for not_taken in (None, ROLE):
        with pytest.raises(UserFault) as refused:
            rights("*").objects(None, not_taken=not_taken).client.get_object(Bucket="data", Key="one.csv")
        message = refused.value.message
        assert "The job role may not read s3://data/one.csv" in message
        said = f"roleArn {ROLE} was not used, because it does not trust this deployment; the bucket was read as the job"
        assert (said in message) == (not_taken is not None)


def test_an_explained_client_still_raises_what_nobody_can_explain() -> None:
    with pytest.raises(ClientError):
        rights("*").objects(None).client.get_object(Bucket="data", Key="one.csv", Range="bytes=90-99")


def test_credentials_of_a_taken_role_are_renewed_before_they_end() -> None:
    sts = boto3.client("sts", region_name=REGION)
    shown: list[str] = []

    def end_soon(parsed: dict[str, Any], **_: Any) -> None:
        parsed["Credentials"]["Expiration"] = datetime.now(UTC) + timedelta(minutes=1)

    def remember(params: dict[str, Any], **_: Any) -> None:
        shown.append(params["ExternalId"])

    sts.meta.events.register("provide-client-params.sts.AssumeRole", remember)
    sts.meta.events.register("after-call.sts.AssumeRole", end_soon)
    client = session_as(sts, ROLE, "deployment-1").client("s3")
    before = len(shown)
    for _ in range(2):
        client.head_object(Bucket="data", Key="one.csv")
    assert len(shown) >= before + 2
    assert set(shown) == {"deployment-1"}


def test_a_statement_put_in_replaces_its_earlier_self_and_leaves_the_rest() -> None:
    service = {"Effect": "Allow", "Principal": {"Service": "personalize.amazonaws.com"}, "Action": "sts:AssumeRole"}
    once = with_statement({"Version": "2012-10-17", "Statement": service}, trust_statement(JOB_ROLE, "old"))
    twice = with_statement(once, trust_statement(JOB_ROLE, "new"))
    assert len(twice["Statement"]) == 2 and twice["Statement"][0] == service
    assert trusts(twice, JOB_ROLE, "new") and not trusts(twice, JOB_ROLE, "old")


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ({}, True),
        ({"Principal": {"AWS": ["arn:aws:iam::123456789012:root", "x"]}, "Condition": {}}, True),
        ({"Principal": {"AWS": "123456789012"}}, True),
        ({"Principal": "*"}, True),
        ({"Action": ["sts:AssumeRole", "sts:TagSession"]}, True),
        ({"Principal": {"Service": "personalize.amazonaws.com"}}, False),
        ({"Principal": {"AWS": "arn:aws:iam::123456789012:role/another"}}, False),
        ({"Principal": {"AWS": "arn:aws:iam::999999999999:root"}}, False),
        ({"Condition": {"StringEquals": {"sts:ExternalId": "another"}}}, False),
        ({"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}, False),
        ({"Action": "sts:AssumeRoleWithSAML"}, False),
        ({"Effect": "Deny"}, False),
    ],
)
def test_trust_is_read_as_aws_reads_it(statement: dict[str, Any], expected: bool) -> None:
    document = {"Statement": [{**trust_statement(JOB_ROLE, "deployment-1"), **statement}]}
    assert trusts(json.dumps(document), JOB_ROLE, "deployment-1") is expected


def test_a_denial_outweighs_a_permission() -> None:
    allow = trust_statement(JOB_ROLE, "deployment-1")
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Condition": {"Bool": {"unknown": "true"}}}
    assert not trusts({"Statement": [allow, deny]}, JOB_ROLE, "deployment-1")


@pytest.mark.parametrize(
    "narrowed",
    [
        {"Principal": "*", "Action": "sts:Assume*"},
        {"Principal": "*", "Action": "sts:Assume?ole"},
        {"Principal": "*", "NotAction": "sts:TagSession"},
        {"NotPrincipal": {"AWS": "arn:aws:iam::123456789012:role/another"}, "Action": "sts:AssumeRole"},
        {"Principal": "*", "Action": "*", "Condition": {"StringLike": {"sts:ExternalId": "deployment-*"}}},
    ],
)
def test_what_is_denied_by_wildcards_or_by_exception_is_denied(narrowed: dict[str, Any]) -> None:
    allow = {"Effect": "Allow", "Principal": {"AWS": JOB_ROLE}, "Action": "sts:AssumeRole"}
    assert not trusts({"Statement": [allow, {"Effect": "Deny", **narrowed}]}, JOB_ROLE, "deployment-1")


def test_what_is_denied_to_others_is_not_denied() -> None:
    allow = {"Effect": "Allow", "Principal": {"AWS": JOB_ROLE}, "Action": "sts:Assume*"}
    others = {"Effect": "Deny", "NotPrincipal": {"AWS": JOB_ROLE}, "Action": "sts:AssumeRole"}
    assert trusts({"Statement": [allow, others]}, JOB_ROLE, "deployment-1")
