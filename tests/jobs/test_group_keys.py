"""Under a dataset group's key: whatever the steps write, and what a training job is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest

from lambdas.deployment import handler as deployment
from local.object_keys import keys_enforced
from reco.errors import UserFault
from reco.jobs.attempt import JobContext
from reco.jobs.specification import JobFailure, to_json
from reco.settings import Settings, environment_for
from reco.storage.key_refusals import explain_keys
from reco.storage.objects import Objects
from reco.storage.resources import Resource
from tests.jobs.bench import CAMPAIGN, IMPORT, OWNER, REGION, VERSION, Bench

KEY = f"arn:aws:kms:{OWNER.region}:{OWNER.account}:key/11111111-2222-3333-4444-555555555555"
OWN_KEY = KEY.replace("1111", "ffff")


def keys_of_objects(bench: Bench, began: set[str]) -> dict[str, str | None]:
    """By name of every object that was written since, the key it is encrypted with."""
    s3 = bench.context.home.client
    names = names_of_objects(bench) - began
    return {name: s3.head_object(Bucket="home", Key=name).get("SSEKMSKeyId") for name in names}


def names_of_objects(bench: Bench) -> set[str]:
    return {each.uri.removeprefix("s3://home/") for each in bench.context.home.list("s3://home/")}


def do_everything(bench: Bench) -> None:
    """An import, and a training whose search has a trial that fails."""
    bench.put_search(jobs=3)
    bench.failing.add(1)
    for arn in (IMPORT, VERSION):
        assert bench.run(arn, bench.start()) == "done"


@pytest.mark.parametrize("key", [KEY, None], ids=["with a key", "without"])
def test_everything_that_a_groups_jobs_write_is_under_its_key(bench: Bench, key: str | None) -> None:
    if key:
        bench.put_key(key)
    began = names_of_objects(bench)
    do_everything(bench)
    found = keys_of_objects(bench, began)
    assert {name.rpartition("/")[2] for name in found} == {
        "specification.json",
        "result.json",
        "failure.json",
        "search.json",
        "report.json",
    }
    assert set(found.values()) == {key}


def plan_of(bench: Bench, arn: str) -> dict[str, Any]:
    execution, attempt = bench.begin(arn)
    return bench.step("plan", arn, execution, attempt=attempt)


def with_own_key(context: JobContext) -> JobContext:
    settings = context.settings
    names = ("region", "data_bucket", "events_table", "instance_type", "function_memory_mb", "pointer_cache_s")
    told = {name: getattr(settings, name) for name in (*names, "bad_row_share", "minimum_interactions")}
    return replace(context, settings=Settings(environment_for(**told, customer_key=OWN_KEY)))


@pytest.mark.parametrize(
    ("of_group", "of_deployment", "told"),
    [(None, None, None), (KEY, None, KEY), (None, OWN_KEY, OWN_KEY), (KEY, OWN_KEY, KEY)],
    ids=["no key", "the group's", "the deployment's", "the group's before the deployment's"],
)
@pytest.mark.parametrize("arn", [IMPORT, VERSION], ids=["import", "training"])
def test_a_training_job_encrypts_its_disk_and_its_output_as_its_group_asks(
    bench: Bench, arn: str, of_group: str | None, of_deployment: str | None, told: str | None
) -> None:
    if of_group:
        bench.put_key(of_group)
    before = bench.context
    bench.context = with_own_key(before) if of_deployment else before
    try:
        plan = plan_of(bench, arn)
    finally:
        bench.context = before
    assert plan["resource_config"] == {
        "InstanceCount": 1,
        "InstanceType": "ml.m5.xlarge",
        "VolumeSizeInGB": 30,
        **({"VolumeKmsKeyId": told} if told else {}),
    }
    assert plan["output_config"] == {
        "S3OutputPath": "s3://home/jobs/sagemaker/",
        **({"KmsKeyId": told} if told else {}),
    }
    # What S3 is told is the group's alone: the bucket knows the deployment's.
    written = bench.context.home.client.head_object(Bucket="home", Key=plan["specification"].removeprefix("s3://home/"))
    assert written.get("SSEKMSKeyId") == of_group


class Keyed:
    """A bench whose dataset group has a key, in a cloud whose S3 asks KMS."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self._kms = boto3.client("kms", region_name=REGION)
        made = self._kms.create_key()["KeyMetadata"]
        self.arn, self._id = made["Arn"], made["KeyId"]
        bench.put_key(self.arn)

    def disable(self) -> None:
        self._kms.disable_key(KeyId=self._id)

    def failed(self, arn: str, execution: str, attempt: str, step: str) -> Resource:
        """What the machine does when a step raises; the resource as it then is."""
        with pytest.raises(UserFault) as caught:
            self.bench.step(step, arn, execution, attempt=attempt)
        error = {"Error": "UserFault", "Cause": json.dumps({"errorMessage": caught.value.message})}
        self.bench.step("fail", arn, execution, attempt=attempt, error=error)
        return self.bench.job if arn == IMPORT else self.bench.version


@pytest.fixture
def keyed(bench: Bench) -> Iterator[Keyed]:
    before, home = bench.context, explain_keys(boto3.client("s3", region_name=REGION), UserFault)
    bench.context = replace(before, home=Objects(home))
    with keys_enforced(REGION):
        yield Keyed(bench)
    bench.context = before


@pytest.mark.parametrize("arn", [IMPORT, VERSION], ids=["import", "training"])
@pytest.mark.parametrize("step", ["plan", "commit"])
def test_a_key_that_is_disabled_fails_the_job_with_what_enables_it(keyed: Keyed, arn: str, step: str) -> None:
    bench = keyed.bench
    execution, attempt = bench.begin(arn)
    if step == "commit":
        bench.run_container(bench.step("plan", arn, execution, attempt=attempt))
    keyed.disable()
    failed = keyed.failed(arn, execution, attempt, step)
    assert failed.status == "CREATE FAILED"
    assert failed.failure_reason is not None
    assert f"The KMS key {keyed.arn} is disabled. Enable it: `aws kms enable-key" in failed.failure_reason
    assert "snapshot" not in bench.dataset.inner


@pytest.mark.parametrize("arn", [IMPORT, VERSION], ids=["import", "training"])
def test_a_failure_that_lies_under_a_disabled_key_does_not_keep_the_job_at_work_for_ever(
    keyed: Keyed, arn: str
) -> None:
    bench = keyed.bench
    execution, attempt = bench.begin(arn)
    plan = bench.step("plan", arn, execution, attempt=attempt)
    folder = plan["specification"].rpartition("/")[0]
    home = bench.context.home.under(keyed.arn)
    home.write_text(f"{folder}/failure.json", to_json(JobFailure("user", "the data are bad")))
    keyed.disable()
    bench.step("fail", arn, execution, attempt=attempt, error={"Error": "UserFault", "Cause": "the data are bad"})
    ended = bench.job if arn == IMPORT else bench.version
    assert ended.status == "CREATE FAILED"
    assert ended.failure_reason is not None and f"The KMS key {keyed.arn} is disabled." in ended.failure_reason


def test_an_import_whose_snapshot_counts_is_done_though_its_key_was_disabled_right_then(keyed: Keyed) -> None:
    bench = keyed.bench
    execution, attempt = bench.begin(IMPORT)
    bench.run_container(bench.step("plan", IMPORT, execution, attempt=attempt))
    bench.step("commit", IMPORT, execution, attempt=attempt)
    # As if the process had died between the two writes of the commit.
    committed = bench.job
    record = {**committed.inner["job"], "outcome": None}
    bench.context.table.replace(replace(committed, status="CREATE IN_PROGRESS", inner={"job": record}))
    keyed.disable()
    bench.step("fail", IMPORT, execution, attempt=attempt, error={"Error": "States.Timeout", "Cause": ""})
    assert (bench.job.status, bench.job.failure_reason) == ("ACTIVE", None)
    assert "snapshot" in bench.dataset.inner


def test_a_model_is_not_deployed_while_its_key_is_disabled(keyed: Keyed) -> None:
    bench = keyed.bench
    bench.put_campaign()
    execution, attempt = bench.begin(CAMPAIGN)
    bench.context.home.under(keyed.arn).write_text("s3://home/models/first/manifest.json", "{}")
    keyed.disable()
    check = deployment.build(environment_for(region=REGION, resources_table="resources"))
    with pytest.raises(UserFault) as caught:
        check({"step": "check", "arn": CAMPAIGN, "attempt": attempt}, None)
    error = {"Error": "UserFault", "Cause": json.dumps({"errorMessage": caught.value.message})}
    bench.step("fail", CAMPAIGN, execution, attempt=attempt, error=error)
    assert bench.campaign.status == "CREATE FAILED"
    assert (bench.campaign.failure_reason or "").startswith(f"Create failed. The KMS key {keyed.arn} is disabled.")
