"""Under a dataset group's key: whatever the steps write, and what a training job is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reco.jobs.attempt import JobContext
from reco.settings import Settings, environment_for
from tests.jobs.bench import IMPORT, OWNER, VERSION, Bench

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
