"""A recommender from its training to its answers: retrained, stopped, started, and left as it was when that fails."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from reco.arns import Kind
from reco.errors import AlgorithmFault, StaleAttempt, UserFault
from reco.jobs.specification import JobFailure, TrainSpecification, specification_from_json, to_json
from reco.jobs.target import target_of
from reco.jobs.workflow import take_step
from tests.jobs.bench import IMPORT, Bench
from tests.jobs.recommenders import (
    NARROW,
    RECOMMENDER,
    USE_CASE,
    WIDE,
    ask,
    put_recommender,
    recommender_of,
    retrain,
    start,
    stop,
    update,
)


@pytest.fixture
def shop(bench: Bench) -> Bench:
    """With imported data, and a recommender to be trained."""
    bench.run(IMPORT, bench.start())
    put_recommender(bench)
    bench.containers.clear()
    return bench


@pytest.fixture
def serving(shop: Bench) -> Bench:
    """With a recommender that is ACTIVE."""
    shop.run(RECOMMENDER, shop.start())
    shop.containers.clear()
    return shop


def uri_served(bench: Bench) -> str | None:
    pointer = recommender_of(bench).inner.get("serving")
    return pointer and str(pointer["uri"])


def latest(bench: Bench) -> dict[str, Any]:
    return dict(recommender_of(bench).inner["update"])


def test_a_creation_trains_on_the_groups_data_with_the_columns_that_were_chosen(shop: Bench) -> None:
    execution, attempt = shop.begin(RECOMMENDER)
    assert recommender_of(shop).status == "CREATE IN_PROGRESS"
    plan = shop.step("plan", RECOMMENDER, execution, attempt=attempt)
    specification = specification_from_json(shop.context.home.read_text(plan["specification"]) or "")
    assert isinstance(specification, TrainSpecification)
    assert (specification.arn, specification.recipe_arn) == (RECOMMENDER, USE_CASE)
    assert specification.snapshots["INTERACTIONS"].rows == 1000
    assert specification.events.group == "dataset-group-shop"
    assert specification.included_columns == WIDE
    assert specification.minimum_interactions == 1000
    assert shop.step("plan", RECOMMENDER, execution, attempt=attempt) == plan


def test_what_was_trained_serves_only_once_it_was_tried(shop: Bench) -> None:
    execution, attempt = shop.begin(RECOMMENDER)
    shop.run_container(shop.step("plan", RECOMMENDER, execution, attempt=attempt))
    adopted = shop.step("adopt", RECOMMENDER, execution, attempt=attempt)
    assert adopted["summary"]["interactions"] == 1000
    assert (uri_served(shop), recommender_of(shop).inner.get("model")) == (None, None)
    target = target_of(shop.context.table, Kind.RECOMMENDER, "home", attempt)
    assert (target.uri, target.version_arn) == (adopted["summary"]["artefact"], None)
    answer = shop.step("commit", RECOMMENDER, execution, attempt=attempt)
    assert answer == {"settle_s": 0, "summary": {"artefact": target.uri}}
    recommender = recommender_of(shop)
    assert recommender.status == "ACTIVE"
    assert recommender.inner["serving"] == {"uri": target.uri, "digest": "digest"}
    assert recommender.inner["model"]["result"]["metrics"] == {"coverage": 0.5}
    shop.step("settle", RECOMMENDER, execution, attempt=attempt)
    assert recommender_of(shop) == recommender


def test_a_container_that_left_nothing_is_no_model(shop: Bench) -> None:
    execution, attempt = shop.begin(RECOMMENDER)
    shop.step("plan", RECOMMENDER, execution, attempt=attempt)
    with pytest.raises(AlgorithmFault):
        shop.step("adopt", RECOMMENDER, execution, attempt=attempt)
    with pytest.raises(UserFault, match="no trained model"):
        shop.step("commit", RECOMMENDER, execution, attempt=attempt)


def test_too_few_events_of_the_use_case_fail_the_creation_in_personalizes_words(shop: Bench) -> None:
    execution, attempt = shop.begin(RECOMMENDER)
    plan = shop.step("plan", RECOMMENDER, execution, attempt=attempt)
    words = "Dataset has fewer than 1000 interactions after filtering by event type: View"
    failure = plan["specification"].replace("specification.json", "failure.json")
    shop.context.home.write_text(failure, to_json(JobFailure("user", f"Create failed. {words}.")))
    error = {"Error": "UserFault", "Cause": ""}
    assert shop.step("fail", RECOMMENDER, execution, attempt=attempt, error=error) == {"status": "CREATE FAILED"}
    assert words in str(recommender_of(shop).failure_reason)


def test_an_update_of_columns_trains_anew_while_the_old_model_serves(serving: Bench) -> None:
    before = uri_served(serving)
    update(serving, columns=NARROW, config={"min_recommendation_requests_per_second": 2})
    execution, attempt = serving.begin(RECOMMENDER)
    assert (recommender_of(serving).status, latest(serving)["status"]) == ("ACTIVE", "CREATE IN_PROGRESS")
    plan = serving.step("plan", RECOMMENDER, execution, attempt=attempt)
    specification = specification_from_json(serving.context.home.read_text(plan["specification"]) or "")
    assert isinstance(specification, TrainSpecification) and specification.included_columns == NARROW
    serving.run_container(plan)
    serving.step("adopt", RECOMMENDER, execution, attempt=attempt)
    assert uri_served(serving) == before
    assert serving.step("commit", RECOMMENDER, execution, attempt=attempt)["settle_s"] == 11
    switched = recommender_of(serving)
    assert uri_served(serving) != before
    assert (switched.inner["model"]["uri"], switched.inner["columns"]) == (before, WIDE), "until it is settled"
    assert latest(serving)["status"] == "CREATE IN_PROGRESS"
    serving.now += 11
    serving.step("settle", RECOMMENDER, execution, attempt=attempt)
    settled = recommender_of(serving)
    assert (settled.inner["model"]["uri"], settled.inner["columns"]) == (uri_served(serving), NARROW)
    assert settled.body["recommender_config"] == {"min_recommendation_requests_per_second": 2}
    assert (latest(serving)["status"], latest(serving)["updated_at"]) == ("ACTIVE", serving.now)


def test_an_update_of_other_settings_trains_nothing(serving: Bench) -> None:
    before = uri_served(serving)
    update(serving, config={"item_exploration_config": {"explorationWeight": "0"}})
    assert serving.run(RECOMMENDER, serving.start()) == "done"
    assert serving.containers == []
    assert (uri_served(serving), latest(serving)["status"]) == (before, "ACTIVE")
    assert recommender_of(serving).body["recommender_config"] == {"item_exploration_config": {"explorationWeight": "0"}}


@pytest.mark.parametrize("step", ["plan", "adopt", "commit"])
def test_a_failed_update_leaves_the_old_model_and_settings(serving: Bench, step: str) -> None:
    before = recommender_of(serving)
    update(serving, columns=NARROW)
    execution, attempt = serving.begin(RECOMMENDER)
    plan = serving.step("plan", RECOMMENDER, execution, attempt=attempt)
    if step != "plan":
        serving.run_container(plan)
        serving.step("adopt", RECOMMENDER, execution, attempt=attempt)
    if step == "commit":
        serving.step("commit", RECOMMENDER, execution, attempt=attempt)
    error = {"Error": "Lambda.Unknown", "Cause": ""}
    assert serving.step("fail", RECOMMENDER, execution, attempt=attempt, error=error) == {"status": "CREATE FAILED"}
    after = recommender_of(serving)
    kept = ("serving", "model", "columns")
    assert [after.inner[name] for name in kept] == [before.inner[name] for name in kept]
    assert (after.status, after.body, after.failure_reason) == ("ACTIVE", before.body, None)
    assert latest(serving)["failure_reason"].startswith("Create failed.")


def test_going_back_reaches_past_an_attempt_that_was_cut_off_after_its_switch(serving: Bench) -> None:
    before = uri_served(serving)
    update(serving, columns=NARROW)
    first, attempt = serving.begin(RECOMMENDER)
    serving.run_container(serving.step("plan", RECOMMENDER, first, attempt=attempt))
    serving.step("adopt", RECOMMENDER, first, attempt=attempt)
    serving.step("commit", RECOMMENDER, first, attempt=attempt)
    serving.stop(first)
    second, attempt = serving.begin(RECOMMENDER)
    serving.step("fail", RECOMMENDER, second, attempt=attempt, error={})
    assert uri_served(serving) == before


def test_an_update_mends_a_recommender_whose_creation_failed(shop: Bench) -> None:
    execution, attempt = shop.begin(RECOMMENDER)
    shop.step("fail", RECOMMENDER, execution, attempt=attempt, error={})
    assert recommender_of(shop).status == "CREATE FAILED"
    update(shop)
    assert shop.run(RECOMMENDER, shop.start()) == "done"
    assert len(shop.containers) == 1, "there was no model to go on with"
    assert (recommender_of(shop).status, recommender_of(shop).failure_reason) == ("ACTIVE", None)


def retraining_of(bench: Bench) -> dict[str, Any]:
    return dict(recommender_of(bench).inner["retraining"])


def test_a_retraining_learns_anew_from_the_same_columns_while_the_old_model_serves(serving: Bench) -> None:
    before = recommender_of(serving)
    serving.now += 7 * 86_400
    retrain(serving)
    execution, attempt = serving.begin(RECOMMENDER)
    begun = recommender_of(serving)
    assert (begun.status, retraining_of(serving)["status"]) == ("ACTIVE", "CREATE IN_PROGRESS")
    assert begun.updated_at == before.updated_at, "nothing of it has changed"
    plan = serving.step("plan", RECOMMENDER, execution, attempt=attempt)
    specification = specification_from_json(serving.context.home.read_text(plan["specification"]) or "")
    assert isinstance(specification, TrainSpecification) and specification.included_columns == WIDE
    serving.run_container(plan)
    serving.now += 100
    serving.step("adopt", RECOMMENDER, execution, attempt=attempt)
    assert recommender_of(serving).inner["serving"] == before.inner["serving"]
    serving.step("commit", RECOMMENDER, execution, attempt=attempt)
    switched = recommender_of(serving)
    assert (switched.inner["model"], switched.updated_at) == (before.inner["model"], before.updated_at)
    serving.now += 11
    serving.step("settle", RECOMMENDER, execution, attempt=attempt)
    after = recommender_of(serving)
    assert after.inner["model"]["uri"] == uri_served(serving) != before.inner["model"]["uri"]
    assert after.inner["model"]["began_at"] == serving.now - 111 == before.inner["model"]["began_at"] + 7 * 86_400
    assert (after.updated_at, after.body, after.inner["columns"]) == (serving.now, before.body, WIDE)
    assert (retraining_of(serving)["status"], after.inner.get("update")) == ("ACTIVE", None)
    assert serving.run(RECOMMENDER, serving.start()) == "idle"


@pytest.mark.parametrize("step", ["plan", "commit"])
def test_a_retraining_that_fails_leaves_all_as_it_was_but_its_reason(serving: Bench, step: str) -> None:
    before = recommender_of(serving)
    serving.now += 1
    retrain(serving)
    execution, attempt = serving.begin(RECOMMENDER)
    plan = serving.step("plan", RECOMMENDER, execution, attempt=attempt)
    if step == "commit":
        serving.run_container(plan)
        serving.step("adopt", RECOMMENDER, execution, attempt=attempt)
        serving.step("commit", RECOMMENDER, execution, attempt=attempt)
    for _ in range(2):
        answer = serving.step("fail", RECOMMENDER, execution, attempt=attempt, error={"Error": "Lambda.Unknown"})
        assert answer == {"status": "CREATE FAILED"}
    after = recommender_of(serving)
    kept = ("serving", "model", "columns", "update")
    assert [after.inner.get(name) for name in kept] == [before.inner.get(name) for name in kept]
    assert (after.status, after.updated_at, after.failure_reason) == ("ACTIVE", before.updated_at, None)
    assert retraining_of(serving)["failure_reason"].startswith("Create failed.")


def test_a_retraining_leaves_an_update_that_failed_before_as_it_is(serving: Bench) -> None:
    update(serving, columns=NARROW)
    execution, attempt = serving.begin(RECOMMENDER)
    serving.step("fail", RECOMMENDER, execution, attempt=attempt, error={})
    failed = latest(serving)
    retrain(serving)
    assert serving.run(RECOMMENDER, serving.start()) == "done"
    assert latest(serving) == failed
    assert recommender_of(serving).inner["columns"] == WIDE
    assert len(serving.containers) == 1


def test_an_update_in_the_place_of_a_retraining_trains_whatever_its_columns_are(serving: Bench) -> None:
    update(serving, trains=True)
    assert serving.run(RECOMMENDER, serving.start()) == "done"
    assert (len(serving.containers), latest(serving)["status"]) == (1, "ACTIVE")


@pytest.mark.parametrize("switched", [False, True])
def test_a_retraining_that_a_stop_has_closed_writes_nothing_more_and_the_kept_model_starts_again(
    serving: Bench, switched: bool
) -> None:
    before = uri_served(serving)
    serving.machine = serving.make_machine(f"stops-{switched}")
    retrain(serving)
    execution, attempt = serving.begin(RECOMMENDER)
    serving.run_container(serving.step("plan", RECOMMENDER, execution, attempt=attempt))
    if switched:
        serving.step("adopt", RECOMMENDER, execution, attempt=attempt)
        serving.step("commit", RECOMMENDER, execution, attempt=attempt)
    serving.now += 1
    ask(serving, "StopRecommender")
    assert serving.context.executions.describe_execution(executionArn=execution)["status"] == "ABORTED"
    stopped = recommender_of(serving)
    for step in ("adopt", "commit", "settle"):
        with pytest.raises(StaleAttempt):
            serving.step(step, RECOMMENDER, execution, attempt=attempt)
    serving.step("fail", RECOMMENDER, execution, attempt=attempt, error={})
    notice(serving, execution)
    assert recommender_of(serving) == stopped
    assert (uri_served(serving), retraining_of(serving)["status"]) == (None, "CREATE STOPPED")
    serving.now += 100
    containers = list(serving.containers)
    ask(serving, "StartRecommender")
    assert serving.run(RECOMMENDER, serving.start()) == "done"
    assert (uri_served(serving), serving.containers) == (before, containers)


def test_a_start_serves_the_kept_model_again_without_a_training(serving: Bench) -> None:
    before = uri_served(serving)
    stop(serving)
    assert serving.run(RECOMMENDER, serving.start()) == "idle", "a stopped one is left alone"
    start(serving)
    execution, attempt = serving.begin(RECOMMENDER)
    assert recommender_of(serving).status == "START IN_PROGRESS"
    assert serving.step("plan", RECOMMENDER, execution, attempt=attempt)["tier"] == "none"
    assert target_of(serving.context.table, Kind.RECOMMENDER, "home", attempt).uri == before
    assert serving.step("commit", RECOMMENDER, execution, attempt=attempt)["settle_s"] == 0
    assert (recommender_of(serving).status, uri_served(serving)) == ("ACTIVE", before)
    assert serving.containers == []


def test_a_start_that_fails_leaves_it_stopped_with_the_reason(serving: Bench) -> None:
    stop(serving)
    start(serving)
    execution, attempt = serving.begin(RECOMMENDER)
    error = {"Error": "PlatformFault", "Cause": json.dumps({"errorMessage": "The trained model is not there."})}
    assert serving.step("fail", RECOMMENDER, execution, attempt=attempt, error=error) == {"status": "INACTIVE"}
    recommender = recommender_of(serving)
    assert (recommender.status, uri_served(serving)) == ("INACTIVE", None)
    assert "The trained model is not there." in str(recommender.failure_reason)
    start(serving)
    assert serving.run(RECOMMENDER, serving.start()) == "done"
    assert recommender_of(serving).failure_reason is None


def test_a_start_leaves_an_update_that_failed_before_as_it_is(serving: Bench) -> None:
    update(serving, columns=NARROW)
    execution, attempt = serving.begin(RECOMMENDER)
    serving.step("fail", RECOMMENDER, execution, attempt=attempt, error={})
    failed = latest(serving)
    stop(serving)
    start(serving)
    assert serving.run(RECOMMENDER, serving.start()) == "done"
    assert serving.containers == []
    assert latest(serving) == failed
    assert recommender_of(serving).inner["columns"] == WIDE


def test_a_stopped_attempt_that_comes_late_writes_nothing(serving: Bench) -> None:
    update(serving, columns=NARROW)
    first, old = serving.begin(RECOMMENDER)
    serving.run_container(serving.step("plan", RECOMMENDER, first, attempt=old))
    serving.stop(first)
    serving.run(RECOMMENDER, serving.start())
    after = recommender_of(serving)
    for step in ("adopt", "commit", "settle"):
        with pytest.raises(StaleAttempt):
            serving.step(step, RECOMMENDER, first, attempt=old)
    assert serving.step("fail", RECOMMENDER, first, attempt=old, error={}) == {"status": "STALE"}
    assert recommender_of(serving) == after


def test_one_that_is_being_deleted_is_left_alone(shop: Bench) -> None:
    execution, attempt = shop.begin(RECOMMENDER)
    shop.run_container(shop.step("plan", RECOMMENDER, execution, attempt=attempt))
    shop.context.table.update(Kind.RECOMMENDER, "home", lambda current: replace(current, deleting_since=shop.now))
    with pytest.raises(StaleAttempt):
        shop.step("adopt", RECOMMENDER, execution, attempt=attempt)
    shop.stop(execution)
    assert shop.step("begin", RECOMMENDER, shop.start())["proceed"] is False


def notice(bench: Bench, execution: str) -> dict[str, str]:
    detail = {"executionArn": execution, "status": "ABORTED", "input": json.dumps({"arn": RECOMMENDER})}
    return take_step(bench.context, {"detail-type": "Step Functions Execution Status Change", "detail": detail})


@pytest.mark.parametrize("work", ["creation", "update", "retraining", "start"])
def test_an_execution_stopped_before_it_began_fails_its_work(shop: Bench, work: str) -> None:
    if work != "creation":
        shop.run(RECOMMENDER, shop.start())
    if work == "update":
        update(shop, columns=NARROW)
    if work == "retraining":
        retrain(shop)
    if work == "start":
        stop(shop)
        start(shop)
    # Of its own: the benches of a module are one, and a machine gives no name of an execution twice.
    shop.machine = shop.make_machine(f"closes-{work}")
    recommender = recommender_of(shop)
    name = f"{recommender.incarnation}-{recommender.inner.get('sequence', 0)}"
    execution = shop.context.executions.start_execution(stateMachineArn=shop.machine, name=name)["executionArn"]
    shop.stop(execution)
    expected = "INACTIVE" if work == "start" else "CREATE FAILED"
    assert notice(shop, execution) == {"status": expected}
    assert notice(shop, execution) == {"status": expected}, "a notice may come twice"
