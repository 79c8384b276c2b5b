"""A dataset group under a key of its own, with unmodified boto3 on the whole stack."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from local.journey import RECIPES, JourneyFailed, Traveller
from local.process import StackProcess
from reco.arns import parse_arn
from reco.storage.resources import ResourceTable
from tests.journey.shops import open_domain_group
from tests.journey.test_recommenders import FOR_YOU

pytestmark = pytest.mark.xdist_group("group keys")

ROLE = "arn:aws:iam::123456789012:role/keys"
BUCKET = "keyed-data"


@pytest.fixture(scope="module")
def world() -> Iterator[StackProcess]:
    """Whatever asks for memory worth speaking of has no room in a function, so that SageMaker is told of keys too."""
    quick = {
        "RECO_TRANSITION_SECONDS": "0.02",
        "RECO_POINTER_CACHE_SECONDS": "0",
        "RECO_FUNCTION_MEMORY_MB": "1",
    }
    with StackProcess(overrides=quick) as process:
        yield process


@dataclass
class Shop:
    """A domain's group with imported data, and what was made in it."""

    world: StackProcess
    traveller: Traveller
    group: str
    made: list[str]

    def wait(self, describe: Callable[..., dict[str, Any]], **named: str) -> str:
        (arn,) = named.values()
        self.made.append(arn)
        self.traveller.wait(arn, partial(describe, **named))
        return arn

    def objects(self) -> dict[str, str | None]:
        """By name of every object of this group, the key it is encrypted with."""
        table = ResourceTable(self.world.client("dynamodb"), self.world.outputs["ResourcesTable"])
        s3, bucket = self.world.client("s3"), self.world.outputs["DataBucket"]
        found = {}
        for arn in [self.group, *self.made]:
            name = parse_arn(arn)
            resource = table.get(name.kind, name.resource_id) if name else None
            assert resource is not None, arn
            for folder in ("groups", "jobs", "frozen", "models"):
                prefix = f"{folder}/{resource.incarnation}/"
                for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
                    for entry in page.get("Contents", []):
                        head = s3.head_object(Bucket=bucket, Key=entry["Key"])
                        found[entry["Key"]] = head.get("SSEKMSKeyId")
        return found

    def train(self, name: str) -> str:
        personalize = self.traveller.personalize
        solution = self.wait(
            personalize.describe_solution,
            solutionArn=personalize.create_solution(
                name=name, datasetGroupArn=self.group, recipeArn=RECIPES["popularity"], performAutoTraining=False
            )["solutionArn"],
        )
        return self.wait(
            personalize.describe_solution_version,
            solutionVersionArn=personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"],
        )

    def deploy(self, name: str, version: str) -> str:
        personalize = self.traveller.personalize
        campaign = personalize.create_campaign(name=name, solutionVersionArn=version)["campaignArn"]
        return self.wait(personalize.describe_campaign, campaignArn=campaign)

    def bring_in(self, name: str) -> str:
        personalize = self.traveller.personalize
        created = personalize.create_dataset_import_job(
            jobName=f"{self.group.rpartition('/')[2]}-{name}-{time.monotonic_ns()}",
            datasetArn=f"{self.group.replace(':dataset-group/', ':dataset/')}/{name.upper()}",
            dataSource={"dataLocation": f"s3://{BUCKET}/{name}.csv"},
        )
        return self.wait(personalize.describe_dataset_import_job, datasetImportJobArn=created["datasetImportJobArn"])


def open_shop(world: StackProcess, name: str, **key: str) -> Shop:
    """A group of its own, with interactions and items."""
    traveller = Traveller(world.client, poll_s=0.05)
    return Shop(world, traveller, *open_domain_group(traveller, name, BUCKET, **key))


@pytest.fixture(scope="module")
def key(world: StackProcess) -> dict[str, Any]:
    return dict(world.client("kms").create_key()["KeyMetadata"])


@pytest.fixture(scope="module")
def shop(world: StackProcess, key: dict[str, Any]) -> Shop:
    return open_shop(world, "keyed", kmsKeyArn=key["Arn"], roleArn=ROLE)


@pytest.fixture(scope="module")
def serving(shop: Shop) -> dict[str, str]:
    """What the shop serves by, as a request names it: a recommender and a campaign; and an event has come in."""
    personalize = shop.traveller.personalize
    created = personalize.create_event_tracker(name="keyed", datasetGroupArn=shop.group)
    shop.wait(personalize.describe_event_tracker, eventTrackerArn=created["eventTrackerArn"])
    shop.traveller.events.put_events(
        trackingId=created["trackingId"],
        userId="somebody-new",
        sessionId="s",
        eventList=[{"eventType": "View", "itemId": "i01", "sentAt": time.time()}],
    )
    made = personalize.create_recommender(name="for-you", datasetGroupArn=shop.group, recipeArn=FOR_YOU)
    recommender = shop.wait(personalize.describe_recommender, recommenderArn=made["recommenderArn"])
    return {"recommenderArn": recommender, "campaignArn": shop.deploy("popular", shop.train("popular"))}


def test_a_recommender_and_a_campaign_of_such_a_group_answer(shop: Shop, serving: dict[str, str]) -> None:
    for member, arn in serving.items():
        answer = shop.traveller.runtime.get_recommendations(**{member: arn}, userId="u03", numResults=5)
        assert len(answer["itemList"]) == 5


@pytest.mark.usefixtures("serving")
def test_every_object_of_the_group_is_under_its_key(shop: Shop, key: dict[str, Any]) -> None:
    objects = shop.objects()
    assert {name.partition("/")[0] for name in objects} == {"groups", "jobs", "frozen", "models"}
    assert {name.rpartition("/")[2] for name in objects} >= {"specification.json", "result.json", "manifest.json"}
    assert {"report.json", "rejects.csv.gz"} <= {name.rpartition("/")[2] for name in objects}
    assert set(objects.values()) == {key["Arn"]}


@pytest.mark.usefixtures("serving")
def test_instances_encrypt_their_disks_and_what_they_leave(shop: Shop, key: dict[str, Any]) -> None:
    sagemaker, s3 = shop.world.client("sagemaker"), shop.world.client("s3")
    names = [each["TrainingJobName"] for each in sagemaker.list_training_jobs()["TrainingJobSummaries"]]
    assert names
    for name in names:
        job = sagemaker.describe_training_job(TrainingJobName=name)
        assert job["ResourceConfig"]["VolumeKmsKeyId"] == job["OutputDataConfig"]["KmsKeyId"] == key["Arn"]
        bucket, _, left = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://").partition("/")
        assert s3.head_object(Bucket=bucket, Key=left)["SSEKMSKeyId"] == key["Arn"]


def test_a_disabled_key_fails_jobs_and_answers_with_what_to_do_until_it_is_enabled(
    shop: Shop, key: dict[str, Any]
) -> None:
    kms, runtime = shop.world.client("kms"), shop.traveller.runtime
    campaign = shop.deploy("not-yet-asked", shop.train("not-yet-asked"))
    kms.disable_key(KeyId=key["KeyId"])
    said = f"The KMS key {key['Arn']} is disabled. Enable it: `aws kms enable-key --key-id {key['KeyId']}`."
    try:
        with pytest.raises(runtime.exceptions.InvalidInputException) as refused:
            runtime.get_recommendations(campaignArn=campaign, userId="u03")
        assert refused.value.response["Error"]["Message"] == said
        for work in (partial(shop.bring_in, "items"), partial(shop.train, "too-late")):
            with pytest.raises(JourneyFailed) as failed:
                work()
            assert said in str(failed.value)
        with pytest.raises(shop.traveller.personalize.exceptions.InvalidInputException, match="must be Enabled"):
            shop.traveller.personalize.create_dataset_group(name="another", kmsKeyArn=key["Arn"], roleArn=ROLE)
    finally:
        kms.enable_key(KeyId=key["KeyId"])
    assert len(runtime.get_recommendations(campaignArn=campaign, userId="u03")["itemList"]) == 25
    shop.bring_in("items")


def test_a_group_without_a_key_is_as_it_always_was(shop: Shop, world: StackProcess) -> None:
    plain = open_shop(world, "plain")
    described = plain.traveller.personalize.describe_dataset_group(datasetGroupArn=plain.group)["datasetGroup"]
    assert not {"kmsKeyArn", "roleArn"} & set(described)
    assert len(plain.objects()) > 10
    assert set(plain.objects().values()) == {None}
