"""Kill -9 before and after calls to AWS of every kind of job: a sample of what `python -m benchmarks crashes` does."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest

from benchmarks import crashes as crashes_table
from benchmarks.crashes import Kind, measure
from reco.arns import parse_arn
from reco.jobs.workflow import JOBS
from tests.jobs.bench import REGION, Bench
from tests.jobs.cases import CASES
from tests.jobs.crashing import KINDS, STOP, Crashes, sampled
from tests.processes import Death, in_a_process


@pytest.fixture(scope="module")
def crashes(shared_bench: Bench) -> Crashes:
    return Crashes(shared_bench)


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_killed_anywhere_is_done_or_failed_with_a_reason_whoever_goes_on(crashes: Crashes, kind: str) -> None:
    points = crashes.points(kind)
    assert len(points) > 6, "the job made hardly any call: nothing was tested"
    # Each way on at a point of its own; `sampled` keeps them different.
    ways = crashes.ways(kind)
    outcomes = {crashes.crash(point, way) for point, way in zip(sampled(points, len(ways), seed=1), ways, strict=True)}
    assert outcomes <= {"done", "failed with a reason", "stopped"}


def test_every_machine_there_is_is_killed_here() -> None:
    kinds = {name.kind for arn, *_ in CASES.values() if (name := parse_arn(arn))}
    assert kinds == {job.kind for job in JOBS.values()}
    assert STOP in KINDS


@pytest.mark.parametrize("after", [False, True])
def test_a_killed_process_leaves_what_it_did_and_nothing_else(shared_bench: Bench, after: bool) -> None:
    client = shared_bench.reset().context.home.client

    def put(key: str) -> None:
        client.put_object(Bucket="home", Key=f"{after}/{key}", Body=b"x" * 100_000)

    def work() -> None:
        try:
            put("done")
            put("doing")
        finally:
            put("never")

    ended = in_a_process(work, Death(request=2, after=after))
    assert (ended.killed, len(ended.requests)) == (True, 2)
    listed = client.list_objects_v2(Bucket="home", Prefix=f"{after}/")["Contents"]
    assert {each["Key"]: each["Size"] for each in listed} == {
        f"{after}/{key}": 100_000 for key in ("done", "doing")[: 1 + after]
    }


def test_a_process_is_killed_by_whichever_thread_and_client_asks(shared_bench: Bench) -> None:
    def work() -> None:
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda _: boto3.client("s3", region_name=REGION).list_buckets(), range(8)))

    assert len(in_a_process(work).requests) == 8
    ended = in_a_process(work, Death(request=5, after=True))
    assert (ended.killed, len(ended.requests)) == (True, 5)


def test_a_process_that_ends_by_itself_says_what_it_found(shared_bench: Bench) -> None:
    def work() -> int:
        shared_bench.context.home.write_text("s3://home/x", "{}")
        return len(shared_bench.stored())

    ended = in_a_process(work, Death(request=3, after=True))
    assert (ended.killed, ended.answer) == (False, len(shared_bench.stored()))
    assert [each.only_reads for each in ended.requests] == [False, True]
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        in_a_process(lambda: 1 // 0)


def test_the_command_prints_what_became_of_each_kind_and_fails_for_what_is_wrong(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Kind("deploy", calls=2, killed_at=1, runs=4, outcomes=Counter({"done": 3, "wrong": 1}), wrong=["never ends"])
    monkeypatch.setattr(crashes_table, "measure", lambda *_: iter([told]))
    assert not crashes_table.report((), None, 0, as_json=True)
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["kind"], row["outcomes"], row["wrong"]) == ("deploy", {"done": 3, "wrong": 1}, ["never ends"])
    with pytest.raises(ValueError, match="no kind baking"):
        next(measure(("baking",), None, 0))
