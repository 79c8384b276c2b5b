"""An import from begin to commit, and what stands in its way."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from reco.arns import Kind
from reco.datasets.rejects import REPORT_FILE
from reco.errors import StaleAttempt, UserFault
from reco.jobs.specification import ImportSpecification, JobFailure, specification_from_json, to_json
from reco.jobs.workflow import NOTICE, STALE, take_step
from reco.storage.access import CallersRights
from tests.jobs.bench import DATASET, IMPORT, Bench


def specification_of(bench: Bench, plan: dict[str, str]) -> ImportSpecification:
    text = bench.context.home.read_text(plan["specification"])
    assert text is not None
    specification = specification_from_json(text)
    assert isinstance(specification, ImportSpecification)
    return specification


def test_an_import_commits_its_snapshot_and_is_active(bench: Bench) -> None:
    execution, attempt = bench.begin(IMPORT)
    assert bench.job.status == "CREATE IN_PROGRESS"
    plan = bench.step("plan", IMPORT, execution, attempt=attempt)
    assert (plan["tier"], plan["command"]) == ("function", "import")
    assert plan["job_name"].startswith("reco-import-") and len(plan["job_name"]) <= 63
    bench.run_container(plan)
    bench.now += 60
    committed = bench.step("commit", IMPORT, execution, attempt=attempt)
    assert committed["settle_s"] == 0
    assert bench.job.status == "ACTIVE"
    assert bench.job.updated_at == bench.now
    assert bench.job.inner["result"]["rows_rejected"] == 1
    snapshot = bench.dataset.inner["snapshot"]
    assert snapshot["uri"].startswith("s3://home/groups/dataset-group-shop/INTERACTIONS/")
    assert (snapshot["digest"], snapshot["rows"]) == ("digest", 1000)
    assert "import" not in bench.dataset.inner


def test_a_commit_tells_how_many_rows_were_rejected_and_where_the_report_is(bench: Bench) -> None:
    execution, attempt = bench.begin(IMPORT)
    plan = bench.step("plan", IMPORT, execution, attempt=attempt)
    assert plan["reason"].endswith("MB of CSV fit the job function (3,008 MB)")
    bench.run_container(plan)
    first = bench.step("commit", IMPORT, execution, attempt=attempt)
    assert first["summary"] == {
        "rows": 1001,
        "rows_rejected": 1,
        "report": specification_of(bench, plan).attempt_uri + REPORT_FILE,
    }
    assert bench.step("commit", IMPORT, execution, attempt=attempt) == first


def test_the_specification_says_where_to_read_and_where_to_write(bench: Bench) -> None:
    execution, attempt = bench.begin(IMPORT)
    specification = specification_of(bench, bench.step("plan", IMPORT, execution, attempt=attempt))
    assert specification.source_uri == "s3://callers-data/clicks.csv"
    assert attempt in specification.snapshot_uri and attempt in specification.attempt_uri
    assert (specification.bad_row_share, specification.minimum_rows) == (0.05, 1000)


def test_a_plan_asked_for_twice_is_the_same_plan(bench: Bench) -> None:
    execution, attempt = bench.begin(IMPORT)
    first = bench.step("plan", IMPORT, execution, attempt=attempt)
    bench.context.home.client.put_object(Bucket="callers-data", Key="clicks.csv", Body=b"x" * 5000)
    assert bench.step("plan", IMPORT, execution, attempt=attempt) == first


def test_incremental_adds_to_the_committed_snapshot(bench: Bench) -> None:
    bench.run(IMPORT, bench.start())
    tuesday = bench.put_import("tuesday", mode="INCREMENTAL")
    execution, attempt = bench.begin(tuesday)
    plan = bench.step("plan", tuesday, execution, attempt=attempt)
    previous = specification_of(bench, plan).previous
    assert previous is not None and previous.rows == 1000
    bench.run_container(plan)
    bench.step("commit", tuesday, execution, attempt=attempt)
    assert bench.dataset.inner["snapshot"]["rows"] == 2000


def test_a_failure_of_the_container_becomes_the_reason(bench: Bench) -> None:
    execution, attempt = bench.begin(IMPORT)
    plan = bench.step("plan", IMPORT, execution, attempt=attempt)
    failure = JobFailure("user", "Input CSV is missing the following columns:[ITEM_ID].")
    bench.context.home.write_text(specification_of(bench, plan).attempt_uri + "failure.json", to_json(failure))
    error = {"Error": "States.TaskFailed", "Cause": "AlgorithmError"}
    answer = bench.step("fail", IMPORT, execution, attempt=attempt, error=error)
    assert answer == {"status": "CREATE FAILED"}
    assert bench.job.failure_reason == (
        "Failed to create a data import job Interactions dataset..."
        "Input CSV is missing the following columns:[ITEM_ID]."
    )
    assert "import" not in bench.dataset.inner


def test_an_attempt_that_has_failed_commits_nothing_afterwards(bench: Bench) -> None:
    execution, attempt = bench.begin(IMPORT)
    bench.run_container(bench.step("plan", IMPORT, execution, attempt=attempt))
    bench.step("fail", IMPORT, execution, attempt=attempt, error={})
    with pytest.raises(StaleAttempt):
        bench.step("commit", IMPORT, execution, attempt=attempt)
    assert "snapshot" not in bench.dataset.inner
    assert bench.job.status == "CREATE FAILED"


def test_a_replaced_attempt_writes_nothing(bench: Bench) -> None:
    first, old = bench.begin(IMPORT)
    bench.run_container(bench.step("plan", IMPORT, first, attempt=old))
    bench.stop(first)
    second, new = bench.begin(IMPORT)
    before = bench.job, bench.dataset
    for step in ("plan", "commit"):
        with pytest.raises(StaleAttempt):
            bench.step(step, IMPORT, first, attempt=old)
    assert bench.step("fail", IMPORT, first, attempt=old, error={}) == {"status": "STALE"}
    assert (bench.job, bench.dataset) == before
    bench.run_container(bench.step("plan", IMPORT, second, attempt=new))
    bench.step("commit", IMPORT, second, attempt=new)
    assert new in bench.dataset.inner["snapshot"]["uri"]


def test_a_second_execution_waits_its_turn_while_the_first_runs(bench: Bench) -> None:
    first, _ = bench.begin(IMPORT)
    answer = bench.step("begin", IMPORT, bench.start())
    assert not answer["proceed"] and first in answer["reason"]


def test_a_finished_import_started_again_by_hand_does_nothing(bench: Bench) -> None:
    bench.run(IMPORT, bench.start())
    before = bench.job, bench.dataset
    assert bench.step("begin", IMPORT, bench.start())["proceed"] is False
    assert (bench.job, bench.dataset) == before


def test_a_failed_import_started_again_by_hand_tries_again(bench: Bench) -> None:
    execution, attempt = bench.begin(IMPORT)
    bench.step("fail", IMPORT, execution, attempt=attempt, error={})
    bench.stop(execution)
    assert bench.run(IMPORT, bench.start()) == "done"
    assert (bench.job.status, bench.job.failure_reason) == ("ACTIVE", None)


def test_a_begin_that_arrives_after_the_end_of_its_execution_does_not_open_the_job_again(bench: Bench) -> None:
    execution, attempt = bench.begin(IMPORT)
    bench.step("fail", IMPORT, execution, attempt=attempt, error={})
    assert bench.step("begin", IMPORT, execution)["proceed"] is False
    assert bench.job.status == "CREATE FAILED"


def test_an_import_of_a_dataset_that_another_import_holds_fails_with_a_reason(bench: Bench) -> None:
    holder, attempt = bench.begin(IMPORT)
    tuesday = bench.put_import("tuesday")
    execution = bench.start()
    with pytest.raises(UserFault) as refused:
        bench.step("begin", tuesday, execution)
    error = {"Error": "UserFault", "Cause": '{"errorMessage": "' + refused.value.message + '"}'}
    bench.step("fail", tuesday, execution, error=error)
    failed = bench.get(Kind.DATASET_IMPORT_JOB, "tuesday")
    assert failed.status == "CREATE FAILED"
    assert "Another import of this dataset is at work" in str(failed.failure_reason)
    bench.run_container(bench.step("plan", IMPORT, holder, attempt=attempt))
    bench.step("commit", IMPORT, holder, attempt=attempt)
    assert bench.job.status == "ACTIVE"


def test_a_dataset_made_anew_under_the_same_name_gets_no_old_snapshot(bench: Bench) -> None:
    execution, attempt = bench.begin(IMPORT)
    bench.run_container(bench.step("plan", IMPORT, execution, attempt=attempt))
    old = bench.dataset
    bench.context.table.delete(old)
    bench.context.table.create(replace(old, incarnation="later", inner={}))
    with pytest.raises(StaleAttempt):
        bench.step("commit", IMPORT, execution, attempt=attempt)
    assert bench.dataset.inner == {}


@pytest.mark.parametrize(
    ("arn", "reason"),
    [
        (DATASET, f"{DATASET} is not the ARN of a dataset import job of this account"),
        ("monday", "monday is not the ARN of a dataset import job of this account"),
        ("", " is not the ARN of a dataset import job of this account"),
        (f"{IMPORT}{'x' * 10_000}", "is not the ARN of a dataset import job of this account"),
        (IMPORT.replace("monday", "never"), f"There is no dataset import job {IMPORT.replace('monday', 'never')}"),
        (IMPORT.replace("123456789012", "999999999999"), "is not the ARN of a dataset import job of this account"),
        (IMPORT.replace("eu-west-1", "eu-west-2"), "of this account and region"),
    ],
)
def test_an_arn_of_nothing_to_import_is_refused_and_nothing_is_written(bench: Bench, arn: str, reason: str) -> None:
    execution, before = bench.start(), bench.stored()
    answer = take_step(bench.context, {"step": "begin", "machine": "import", "arn": arn, "execution": execution})
    assert (answer["proceed"], answer["refused"], answer["attempt"]) == (False, True, "")
    assert reason in answer["reason"] and len(answer["reason"]) < 400
    detail = {"executionArn": execution, "status": "FAILED", "input": json.dumps({"arn": arn})}
    assert take_step(bench.context, {"detail-type": NOTICE, "detail": detail}) == {"status": STALE}
    assert bench.stored() == before


@pytest.mark.parametrize("text", ["{}", "[]", "7", '{"arn": ["x"]}', '{"arn": null}', None])
def test_a_notice_of_an_execution_without_an_arn_changes_nothing(bench: Bench, text: str | None) -> None:
    execution, before = bench.start(), bench.stored()
    detail = {"executionArn": execution, "status": "FAILED", "input": text}
    assert take_step(bench.context, {"detail-type": NOTICE, "detail": detail}) == {"status": STALE}
    assert bench.stored() == before


def test_finished_work_is_not_refused(bench: Bench) -> None:
    bench.run(IMPORT, bench.start())
    answer = bench.step("begin", IMPORT, bench.start())
    assert (answer["proceed"], answer["refused"]) == (False, False)
    assert answer["reason"] == "the import is complete"


def test_a_failed_plan_begins_as_a_failed_container_does(bench: Bench) -> None:
    nowhere = bench.put_import("tuesday", location="s3://callers-data/none.csv")
    execution, attempt = bench.begin(nowhere)
    with pytest.raises(UserFault) as refused:
        bench.step("plan", nowhere, execution, attempt=attempt)
    error = {"Error": "UserFault", "Cause": json.dumps({"errorMessage": refused.value.message})}
    bench.step("fail", nowhere, execution, attempt=attempt, error=error)
    reason = str(bench.get(Kind.DATASET_IMPORT_JOB, "tuesday").failure_reason)
    assert reason.startswith("Failed to create a data import job for Interactions dataset...Invalid Data location.")


def test_a_role_that_was_not_taken_is_named_to_the_container(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    role = "arn:aws:iam::123456789012:role/callers"
    monkeypatch.setattr(CallersRights, "_may_take", lambda self, role_arn: False)
    tuesday = bench.put_import("tuesday", role=role)
    execution, attempt = bench.begin(tuesday)
    specification = specification_of(bench, bench.step("plan", tuesday, execution, attempt=attempt))
    assert (specification.role_arn, specification.role_not_taken) == (None, role)
