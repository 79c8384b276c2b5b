"""What a caller may get wrong, over HTTP: a modelled error or CREATE FAILED with a reason, never half a thing."""

from __future__ import annotations

import gzip
import io
import json
import random
import re
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.journey import Journey, JourneyFailed, Traveller
from local.process import StackProcess
from local.sample_data import shop_data
from local.sample_shop import INTERACTIONS_SCHEMA

GOOD_ROWS = [f"user-{n % 60},item-{n % 97},{1_700_000_000 + n},View" for n in range(2_000)]
HEADER = "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE"


def csv(rows: list[str], header: str = HEADER, end: str = "\n") -> bytes:
    return (end.join([header, *rows]) + end).encode()


class Shelf:
    """One dataset group with an interactions dataset to import into."""

    def __init__(self, world: StackProcess) -> None:
        self.traveller = Traveller(world.client, poll_s=0.05)
        self.personalize, self.s3 = self.traveller.personalize, self.traveller.s3
        self.s3.create_bucket(Bucket="bad-input")
        group = self.personalize.create_dataset_group(name="bad-input")["datasetGroupArn"]
        self.traveller.wait("group", lambda: self.personalize.describe_dataset_group(datasetGroupArn=group))
        schema = self.personalize.create_schema(name="bad-input", schema=json.dumps(INTERACTIONS_SCHEMA))["schemaArn"]
        self.group = group
        self.dataset = self.personalize.create_dataset(
            name="bad-input", schemaArn=schema, datasetGroupArn=group, datasetType="Interactions"
        )["datasetArn"]
        self.traveller.wait("dataset", lambda: self.personalize.describe_dataset(datasetArn=self.dataset))
        self._jobs = 0

    def start(self, location: str, **more: Any) -> str:
        self._jobs += 1
        answer = self.personalize.create_dataset_import_job(
            jobName=f"bad-input-{self._jobs}", datasetArn=self.dataset, dataSource={"dataLocation": location}, **more
        )
        return str(answer["datasetImportJobArn"])

    def finish(self, job: str) -> dict[str, Any]:
        with suppress(JourneyFailed):
            self.traveller.wait("import", lambda: self.personalize.describe_dataset_import_job(datasetImportJobArn=job))
        return dict(self.personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"])

    def import_body(self, body: bytes, key: str = "data.csv", **more: Any) -> dict[str, Any]:
        self.s3.put_object(Bucket="bad-input", Key=key, Body=body)
        return self.finish(self.start(f"s3://bad-input/{key}", **more))


@pytest.fixture(scope="module")
def shelf(world: StackProcess) -> Shelf:
    return Shelf(world)


def garbage() -> bytes:
    return random.Random(5).randbytes(1_000_000)


def truncated_gzip() -> bytes:
    whole = gzip.compress(csv(GOOD_ROWS))
    return whole[: len(whole) // 2]


@pytest.mark.parametrize(
    ("body", "key", "says"),
    [
        (b"", "empty.csv", "header|empty"),
        (csv([]), "header.csv", "no records"),
        (garbage(), "garbage.csv", "UTF-8|missing the following columns"),
        (truncated_gzip(), "cut.csv.gz", "gzip"),
        (csv(GOOD_ROWS, "USER_ID,ITEM_ID,WHEN,EVENT_TYPE"), "missing.csv", r"missing the following columns.*TIMESTAMP"),
        (csv([row.replace("17", "soon", 1) for row in GOOD_ROWS]), "times.csv", "TIMESTAMP"),
        (csv(GOOD_ROWS[:300]), "few.csv", "1,?000"),
    ],
    ids=["empty", "only a header", "garbage", "truncated gzip", "missing column", "bad times", "too few"],
)
def test_a_file_that_cannot_be_imported_fails_with_a_reason_that_says_what_is_wrong(
    shelf: Shelf, body: bytes, key: str, says: str
) -> None:
    job = shelf.import_body(body, key)
    assert job["status"] == "CREATE FAILED"
    assert re.search(says, job["failureReason"]), job["failureReason"]


@pytest.mark.parametrize(
    "body",
    [
        "﻿".encode() + csv(GOOD_ROWS),
        csv(GOOD_ROWS, end="\r\n"),
        csv(GOOD_ROWS[:1000]) + csv(GOOD_ROWS[1000:], end="\r\n").partition(b"\r\n")[2],
        csv([*GOOD_ROWS, "", ",item-1,1700000000,View", "user-1,item-1,1.0,View"]),
        csv([f"View,x,{row.rpartition(',')[0]}" for row in GOOD_ROWS], "EVENT_TYPE,EXTRA,USER_ID,ITEM_ID,TIMESTAMP"),
    ],
    ids=["byte-order mark", "CRLF", "mixed line ends", "a few bad rows", "reordered and extra columns"],
)
def test_a_file_that_is_merely_odd_is_imported(shelf: Shelf, body: bytes) -> None:
    job = shelf.import_body(body)
    assert job["status"] == "ACTIVE", job.get("failureReason")


def test_many_files_under_a_prefix_are_one_import(shelf: Shelf) -> None:
    shelf.s3.put_object(Bucket="bad-input", Key="parts/a.csv", Body=csv(GOOD_ROWS[:1000]))
    shelf.s3.put_object(Bucket="bad-input", Key="parts/b.csv.gz", Body=gzip.compress(csv(GOOD_ROWS[1000:])))
    assert shelf.finish(shelf.start("s3://bad-input/parts/"))["status"] == "ACTIVE"


@pytest.mark.parametrize("location", ["s3://bad-input/nothing-there.csv", "s3://no-such-bucket-anywhere/x.csv"])
def test_a_location_that_does_not_exist_is_named(shelf: Shelf, location: str) -> None:
    job = shelf.finish(shelf.start(location))
    assert job["status"] == "CREATE FAILED"
    assert location.split("/")[2] in job["failureReason"]


def test_a_bucket_whose_policy_denies_is_reported_as_denied(shelf: Shelf) -> None:
    shelf.s3.create_bucket(Bucket="denied-bucket")
    shelf.s3.put_object(Bucket="denied-bucket", Key="x.csv", Body=csv(GOOD_ROWS))
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::denied-bucket", "arn:aws:s3:::denied-bucket/*"],
    }
    shelf.s3.put_bucket_policy(
        Bucket="denied-bucket", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    job = shelf.finish(shelf.start("s3://denied-bucket/x.csv"))
    assert job["status"] == "CREATE FAILED"
    assert "Insufficient privileges" in job["failureReason"]


def test_incremental_before_any_full_import_is_refused(world: StackProcess, shelf: Shelf) -> None:
    schema = {**INTERACTIONS_SCHEMA, "name": "Users"}
    schema["fields"] = [{"name": "USER_ID", "type": "string"}, {"name": "AGE", "type": "int"}]
    arn = shelf.personalize.create_schema(name="bad-users", schema=json.dumps(schema))["schemaArn"]
    dataset = shelf.personalize.create_dataset(
        name="bad-users", schemaArn=arn, datasetGroupArn=shelf.group, datasetType="USERS"
    )["datasetArn"]
    shelf.traveller.wait("dataset", lambda: shelf.personalize.describe_dataset(datasetArn=dataset))
    with pytest.raises(shelf.personalize.exceptions.InvalidInputException, match="INCREMENTAL"):
        shelf.personalize.create_dataset_import_job(
            jobName="too-early",
            datasetArn=dataset,
            importMode="INCREMENTAL",
            dataSource={"dataLocation": "s3://bad-input/data.csv"},
        )


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ("not json", "JSON"),
        (json.dumps(["a"]), "record"),
        (json.dumps({**INTERACTIONS_SCHEMA, "fields": INTERACTIONS_SCHEMA["fields"][1:]}), "USER_ID"),
        (json.dumps({**INTERACTIONS_SCHEMA, "name": "Things"}), "Things"),
    ],
    ids=["not JSON", "not a record", "field missing", "unknown name"],
)
def test_a_schema_that_is_not_one_is_refused_by_what_is_wrong(shelf: Shelf, schema: str, says: str) -> None:
    with pytest.raises(shelf.personalize.exceptions.InvalidInputException, match=says):
        shelf.personalize.create_schema(name="broken", schema=schema)
    assert "broken" not in [each["name"] for each in shelf.personalize.list_schemas()["schemas"]]


def test_arns_of_other_accounts_and_unknown_ones_are_not_found(shelf: Shelf) -> None:
    for account in ("123456789012", "999999999999"):
        arn = f"arn:aws:personalize:us-east-1:{account}:campaign/nobody"
        with pytest.raises(shelf.personalize.exceptions.ResourceNotFoundException):
            shelf.personalize.describe_campaign(campaignArn=arn)
        with pytest.raises(shelf.traveller.runtime.exceptions.ResourceNotFoundException):
            shelf.traveller.runtime.get_recommendations(campaignArn=arn, userId="u")


def test_an_unknown_tracking_id_is_refused(shelf: Shelf) -> None:
    with pytest.raises(ClientError) as refused:
        shelf.traveller.events.put_events(
            trackingId="nobody", sessionId="s", eventList=[{"eventType": "View", "sentAt": 1}]
        )
    assert refused.value.response["Error"]["Code"] == "InvalidInputException"


def test_training_before_there_are_data_is_create_failed_with_the_reason(shelf: Shelf, world: StackProcess) -> None:
    group = shelf.personalize.create_dataset_group(name="no-data")["datasetGroupArn"]
    shelf.traveller.wait("group", lambda: shelf.personalize.describe_dataset_group(datasetGroupArn=group))
    schema = shelf.personalize.create_schema(name="no-data", schema=json.dumps(INTERACTIONS_SCHEMA))["schemaArn"]
    dataset = shelf.personalize.create_dataset(
        name="no-data", schemaArn=schema, datasetGroupArn=group, datasetType="INTERACTIONS"
    )["datasetArn"]
    shelf.traveller.wait("dataset", lambda: shelf.personalize.describe_dataset(datasetArn=dataset))
    journey = Journey("no-data", "unused", arns={"group": group})
    shelf.traveller.start_training(journey, "popularity")
    with pytest.raises(JourneyFailed, match="interactions"):
        shelf.traveller.deploy(journey, "popularity")


def test_a_failed_import_leaves_what_was_imported_before(shelf: Shelf) -> None:
    shop = shop_data()
    good = shelf.import_body(shop.interactions_csv, "good.csv")
    bad = shelf.import_body(garbage(), "worse.csv")
    assert (good["status"], bad["status"]) == ("ACTIVE", "CREATE FAILED")
    journey = Journey("kept", "unused", arns={"group": shelf.group})
    shelf.traveller.start_training(journey, "popularity")
    campaign = shelf.traveller.deploy(journey, "popularity")
    served = {entry["itemId"] for entry in shelf.traveller.recommend(campaign, user="anybody")}
    assert served <= set(shop.titles)


def test_a_row_of_the_report_names_record_column_and_reason(shelf: Shelf, world: StackProcess) -> None:
    job = shelf.import_body(csv([*GOOD_ROWS, "user-9,item-9,yesterday,View"]), "one-bad.csv")
    assert job["status"] == "ACTIVE"
    buckets = [bucket["Name"] for bucket in shelf.s3.list_buckets()["Buckets"]]
    reports = [
        (bucket, entry["Key"])
        for bucket in buckets
        if bucket != "denied-bucket"
        for entry in shelf.s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        if entry["Key"].endswith("rejects.csv.gz")
    ]
    texts = []
    for bucket, key in reports:
        body = shelf.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        texts.append(gzip.GzipFile(fileobj=io.BytesIO(body)).read().decode())
    mine = next(text for text in texts if "yesterday" in text)
    assert "2001" in mine
    assert "TIMESTAMP" in mine
