"""What `reco up` shows a person of jobs that fail: a line each, and nothing else."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from local.job_lines import LONGEST_LINE, failure_line
from local.journal import KeptExecution
from local.journey import JourneyFailed, Traveller
from local.process import StackProcess
from local.sample_shop import INTERACTIONS_SCHEMA
from reco.arns import Kind
from reco.storage.resources import Resource
from tests.local.test_state_machines import wait_for

pytestmark = pytest.mark.xdist_group("console")


def test_each_failed_job_is_one_line() -> None:
    quick = {"RECO_TRANSITION_SECONDS": "0.02"}
    with StackProcess(overrides=quick, options=[]) as stack:
        started = len(stack.lines)
        traveller = Traveller(stack.client, poll_s=0.05)
        personalize = traveller.personalize
        traveller.s3.create_bucket(Bucket="console-data")
        traveller.s3.put_object(Bucket="console-data", Key="bad.csv", Body=b"USER_ID,ITEM_ID\n1,2\n")
        group = personalize.create_dataset_group(name="console")["datasetGroupArn"]
        traveller.wait("group", partial(personalize.describe_dataset_group, datasetGroupArn=group))
        schema = personalize.create_schema(name="console", schema=json.dumps(INTERACTIONS_SCHEMA))["schemaArn"]
        dataset = personalize.create_dataset(
            name="console", schemaArn=schema, datasetGroupArn=group, datasetType="INTERACTIONS"
        )["datasetArn"]
        traveller.wait("dataset", partial(personalize.describe_dataset, datasetArn=dataset))
        # One fails in its container, one in a step.
        for name, key in (("bad-columns", "bad.csv"), ("no-such-file", "none.csv")):
            job = personalize.create_dataset_import_job(
                jobName=name, datasetArn=dataset, dataSource={"dataLocation": f"s3://console-data/{key}"}
            )["datasetImportJobArn"]
            with pytest.raises(JourneyFailed):
                traveller.wait(name, partial(personalize.describe_dataset_import_job, datasetImportJobArn=job))
        wait_for(lambda: len(stack.lines) >= started + 2)
        assert stack.stop() == 0
    shown = [line for line in stack.lines[started:] if line != "Stopping ..."]
    assert len(shown) == 2, shown
    assert shown[0].startswith("import bad-columns failed: ") and "missing the following columns" in shown[0]
    assert shown[1].startswith("import no-such-file failed: ") and "console-data" in shown[1]


def resource(**changed: Any) -> Resource:
    given = {"status": "CREATE FAILED", "failure_reason": "Create failed. It rained.", "inner": {}, **changed}
    return Resource(kind=Kind.CAMPAIGN, id="shop", incarnation="i", body={}, created_at=1.0, updated_at=1.0, **given)


FAILED = {"status": "CREATE FAILED", "failure_reason": "Too large.", "updated_at": 2.0}
STOPPED = {"status": "CREATE STOPPED", "failure_reason": None, "updated_at": 3.0}


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (resource(), "deployment shop failed: Create failed. It rained."),
        (resource(failure_reason="two\nlines"), "deployment shop failed: two lines"),
        (resource(status="ACTIVE"), None),
        (resource(status="ACTIVE", inner={"update": FAILED}), "deployment shop failed: Too large."),
        (None, None),
    ],
)
def test_the_line_says_what_the_resource_says(found: Resource | None, line: str | None) -> None:
    given = json.dumps({"arn": "arn:aws:personalize:us-east-1:123456789012:campaign/shop"})
    assert failure_line(KeptExecution("e", "m", "n", given, 1.0, None), lambda kind, resource_id: found) == line


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (resource(), "recommender shop failed: Create failed. It rained."),
        (resource(status="INACTIVE"), "recommender shop failed: Create failed. It rained."),
        (resource(status="INACTIVE", failure_reason=None), None),
        (resource(status="ACTIVE", inner={"retraining": FAILED}), "recommender shop failed: Too large."),
        (resource(status="ACTIVE", inner={"update": FAILED, "retraining": STOPPED}), None),
    ],
)
def test_a_recommender_has_its_line_for_what_its_client_does_not_see(found: Resource, line: str | None) -> None:
    given = json.dumps({"arn": "arn:aws:personalize:us-east-1:123456789012:recommender/shop"})
    assert failure_line(KeptExecution("e", "m", "n", given, 1.0, None), lambda kind, resource_id: found) == line


def test_a_long_reason_is_clipped_and_a_strangers_execution_is_not_shown() -> None:
    given = json.dumps({"arn": "arn:aws:personalize:us-east-1:123456789012:campaign/shop"})
    execution = KeptExecution("e", "m", "n", given, 1.0, None)
    long = failure_line(execution, lambda kind, resource_id: resource(failure_reason="word " * 1000))
    assert long is not None and len(long) <= LONGEST_LINE and long.endswith(" ...")
    for other in ("{}", "[]", "1", '{"arn": 7}'):
        stranger = KeptExecution("e", "m", "n", other, 1.0, None)
        assert failure_line(stranger, lambda kind, resource_id: resource()) is None
