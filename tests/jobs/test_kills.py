"""A process may end between any two of its calls to AWS: doing it again leads to the same end.

It is ended after each call in turn; ended before a call, it is as ended after the one before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count

import pytest

from reco.storage.resources import Resource
from tests.faults import Killed
from tests.jobs.bench import IMPORT, Bench
from tests.jobs.cases import CASES
from tests.jobs.recommenders import ask, recommender_of

STRIDES = {"search": 4}
"""Of long jobs only every so many-th call ends in a kill, where the way on begins anew and so depends on none."""


def kills(bench: Bench, arn: str, prepare: Callable[[Bench], None], stride: int = 1) -> Iterator[str]:
    """Runs the machine on a fresh bench, killed at its first call to AWS, then at its second, and so on to its last.

    Yields the execution each time, for the test to go on from there.
    """
    prepare(bench)
    prepared = bench.stored()
    for number in count(1, stride):
        execution = bench.reset(prepared).start()
        with bench.killed_at(number) as calls, suppress(Killed):
            bench.run(arn, execution)
        yield execution
        if calls() < number:
            assert number > 8, "the machine made hardly any call: nothing was tested"
            return


@pytest.mark.parametrize(
    "case",
    ["incremental import", "train", "search", "deploy", "recommender", "retraining", "weekly retraining", "starting"],
)
def test_killed_at_any_call_and_started_again_it_ends_the_same(bench: Bench, case: str) -> None:
    arn, prepare, end, expected = CASES[case]
    for execution in kills(bench, arn, prepare, STRIDES.get(case, 1)):
        bench.stop(execution)
        bench.run(arn, bench.start())
        assert end(bench) == expected


@pytest.mark.parametrize("case", ["import", "search", "deploy", "retraining", "weekly retraining", "starting"])
def test_killed_at_any_call_and_redriven_in_the_same_execution_it_ends_the_same(bench: Bench, case: str) -> None:
    arn, prepare, end, expected = CASES[case]
    for execution in kills(bench, arn, prepare):
        # Every step of the same execution once more, as retries and a redrive do at worst.
        before = list(bench.containers)
        bench.run(arn, execution)
        assert end(bench) == expected
        searching = [name for name in before if name.startswith(("round", "trial"))]
        # The one whose result the kill may have kept from being written runs again, no other.
        assert set(searching[:-1]).isdisjoint(bench.containers[len(before) :])


@pytest.mark.parametrize("case", ["train", "search", "deploy"])
def test_killed_at_any_call_and_then_failed_it_is_done_or_as_before(bench: Bench, case: str) -> None:
    arn, prepare, end, expected = CASES[case]
    for execution in kills(bench, arn, prepare, STRIDES.get(case, 1)):
        bench.step("fail", arn, execution, error={})
        if case == "deploy":
            done = bench.campaign.inner["update"]["status"] == "ACTIVE"
            assert bench.campaign.inner["serving"]["digest"] == ("second" if done else "first")
        else:
            done = bench.version.status == "ACTIVE"
            assert ("artefact" in bench.version.inner) == done
        assert not done or end(bench) == expected


@pytest.mark.parametrize("case", ["recommender", "retraining", "weekly retraining", "starting"])
def test_a_recommender_killed_at_any_call_and_then_failed_is_done_or_as_before(bench: Bench, case: str) -> None:
    arn, prepare, end, expected = CASES[case]
    failed = {"recommender": "CREATE FAILED", "starting": "INACTIVE"}.get(case, "ACTIVE")
    prepared: list[Resource] = []

    def prepare_and_look(bench: Bench) -> None:
        prepare(bench)
        prepared.append(recommender_of(bench))

    for execution in kills(bench, arn, prepare_and_look):
        (before,) = prepared
        bench.step("fail", arn, execution, error={})
        after = recommender_of(bench)
        if end_of(after, case):
            assert end(bench) == expected
        else:
            kept = ("serving", "model", "columns")
            assert [after.inner.get(name) for name in kept] == [before.inner.get(name) for name in kept]
            assert after.status in (before.status, failed)


def test_a_retraining_killed_at_any_call_gives_way_to_a_stop_and_a_start_serves_a_whole_model(bench: Bench) -> None:
    arn, prepare, *_ = CASES["weekly retraining"]
    served: set[bool] = set()
    for number, execution in enumerate(kills(bench, arn, prepare)):
        old = recommender_of(bench).inner
        kept = old["model"]
        done = old["retraining"]["status"] == "ACTIVE"
        bench.machine = bench.make_machine(f"gives-way-{number}")
        bench.now += 1
        ask(bench, "StopRecommender")
        stopped = recommender_of(bench)
        assert (stopped.status, stopped.inner["model"], "serving" in stopped.inner) == ("INACTIVE", kept, False)
        # Whatever of the execution is on its way still comes too late.
        assert bench.run(arn, execution) == "idle"
        assert recommender_of(bench) == stopped
        bench.now += 100
        ask(bench, "StartRecommender")
        assert bench.run(arn, bench.start()) == "done"
        assert recommender_of(bench).inner["serving"] == {name: kept[name] for name in ("uri", "digest")}
        served.add(done)
    assert served == {False, True}


def end_of(recommender: Resource, case: str) -> bool:
    """Whether what was to be done is done."""
    record = {"retraining": "update", "weekly retraining": "retraining"}.get(case)
    if record:
        return bool(recommender.inner[record]["status"] == "ACTIVE")
    return recommender.status == "ACTIVE"


def test_a_fail_step_killed_anywhere_and_repeated_fails_the_job(bench: Bench) -> None:
    for number in count(1):
        execution, attempt = bench.reset().begin(IMPORT)
        with bench.killed_at(number) as calls, suppress(Killed):
            bench.step("fail", IMPORT, execution, attempt=attempt, error={})
        bench.step("fail", IMPORT, execution, attempt=attempt, error={})
        assert bench.job.status == "CREATE FAILED"
        assert bench.dataset.inner == {}
        if calls() < number:
            return


def test_an_import_that_switched_its_pointer_cannot_be_marked_failed(bench: Bench) -> None:
    execution, attempt = bench.begin(IMPORT)
    bench.run_container(bench.step("plan", IMPORT, execution, attempt=attempt))
    for number in count(1):
        if "snapshot" in bench.dataset.inner:
            break
        with bench.killed_at(number), suppress(Killed):
            bench.step("commit", IMPORT, execution, attempt=attempt)
    assert bench.job.status == "CREATE IN_PROGRESS"
    assert bench.step("fail", IMPORT, execution, attempt=attempt, error={}) == {"status": "ACTIVE"}
    assert bench.job.status == "ACTIVE"
