"""A training from begin to commit, stopped, and closed from outside."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from reco.arns import Kind
from reco.errors import StaleAttempt
from reco.jobs.specification import SnapshotReference, TrainSpecification, specification_from_json
from reco.jobs.workflow import take_step
from tests.jobs.bench import IMPORT, RECIPE, VERSION, Bench


def test_a_training_commits_artefact_metrics_and_hours(bench: Bench) -> None:
    bench.run(IMPORT, bench.start())
    execution, attempt = bench.begin(VERSION)
    plan = bench.step("plan", VERSION, execution, attempt=attempt)
    specification = specification_from_json(bench.context.home.read_text(plan["specification"]) or "")
    assert isinstance(specification, TrainSpecification)
    assert specification.snapshots["INTERACTIONS"].rows == 1000
    assert specification.hyperparameters == {"hidden_dimension": "16"}
    assert specification.events.group == "dataset-group-shop"
    bench.run_container(plan)
    answer = bench.step("commit", VERSION, execution, attempt=attempt)
    assert answer["summary"] == {
        "artefact": specification.artefact_uri,
        "users": 50,
        "items": 100,
        "interactions": 1000,
    }
    assert bench.step("commit", VERSION, execution, attempt=attempt) == answer
    version = bench.version
    assert version.status == "ACTIVE"
    assert version.body["training_hours"] == 0.01
    assert version.inner["artefact"] == {"uri": specification.artefact_uri, "digest": "digest"}
    assert version.inner["metrics"] == {"coverage": 0.5}


def test_a_training_without_imported_data_is_planned_for_what_was_streamed(bench: Bench) -> None:
    execution, attempt = bench.begin(VERSION)
    plan = bench.step("plan", VERSION, execution, attempt=attempt)
    assert plan["tier"] == "function"


def test_the_plan_counts_the_items_of_what_was_imported(bench: Bench) -> None:
    bench.run(IMPORT, bench.start())
    bench.context.table.update(
        Kind.DATASET,
        "shop/INTERACTIONS",
        lambda dataset: replace(
            dataset, inner={"snapshot": {**dataset.inner["snapshot"], "rows": 4_000_000, "items": 400}}
        ),
    )
    execution, attempt = bench.begin(VERSION)
    plan = bench.step("plan", VERSION, execution, attempt=attempt)
    assert plan["tier"] == "function"
    assert "4,000,000 interactions with 400 items" in plan["reason"]


@pytest.mark.parametrize(
    ("recipe", "tier"), [(RECIPE, "instance"), ("arn:aws:personalize:::recipe/aws-sims", "function")]
)
def test_items_that_nobody_counted_are_many_to_a_blend_only(bench: Bench, recipe: str, tier: str) -> None:
    bench.run(IMPORT, bench.start())
    bench.context.table.update(
        Kind.DATASET,
        "shop/INTERACTIONS",
        lambda dataset: replace(dataset, inner={"snapshot": {**dataset.inner["snapshot"], "rows": 4_000_000}}),
    )
    bench.change_version(recipe_arn=recipe)
    execution, attempt = bench.begin(VERSION)
    assert bench.step("plan", VERSION, execution, attempt=attempt)["tier"] == tier


def test_the_specification_carries_the_choice_of_events_and_columns_and_what_an_update_begins_with(
    bench: Bench,
) -> None:
    bench.run(IMPORT, bench.start())
    events = {"event_parameters_list": [{"event_type": "Purchase", "event_value_threshold": 2.0, "weight": 0.9}]}
    columns = {
        "excluded_dataset_columns": {"Items": ["PRICE"]},
        "included_dataset_columns": {"Interactions": ["EVENT_TYPE"]},
    }
    objective = {"item_attribute": "PRICE", "objective_sensitivity": "HIGH"}
    bench.change_version(
        training_mode="UPDATE",
        solution_config={
            "events_config": events,
            "training_data_config": columns,
            "optimization_objective": objective,
        },
    )
    earlier = {"uri": "s3://home/models/earlier/", "digest": "earlier"}
    bench.context.table.update(
        Kind.SOLUTION_VERSION, "als/0a1b2c3d", lambda version: replace(version, inner={"previous": earlier})
    )
    execution, attempt = bench.begin(VERSION)
    plan = bench.step("plan", VERSION, execution, attempt=attempt)
    specification = specification_from_json(bench.context.home.read_text(plan["specification"]) or "")
    assert isinstance(specification, TrainSpecification)
    assert specification.events_config == events
    assert specification.optimization_objective == objective
    assert specification.excluded_columns == {"ITEMS": ["PRICE"]}
    assert specification.included_columns == {"INTERACTIONS": ["EVENT_TYPE"]}
    assert specification.previous == SnapshotReference(earlier["uri"], earlier["digest"], 0)


def test_without_them_the_specification_takes_all_columns_and_trains_afresh(bench: Bench) -> None:
    execution, attempt = bench.begin(VERSION)
    plan = bench.step("plan", VERSION, execution, attempt=attempt)
    specification = specification_from_json(bench.context.home.read_text(plan["specification"]) or "")
    assert isinstance(specification, TrainSpecification)
    assert specification.events_config is None
    assert (specification.excluded_columns, specification.included_columns) == ({}, None)
    assert specification.previous is None


def test_columns_that_a_dataset_got_after_the_solution_are_left_out(bench: Bench) -> None:
    bench.run(IMPORT, bench.start())
    solution = bench.context.table.get(Kind.SOLUTION, "als")
    assert solution is not None
    added = {"BEFORE": solution.created_at - 1, "WITH": solution.created_at, "AFTER": solution.created_at + 1}
    bench.context.table.update(
        Kind.DATASET,
        "shop/INTERACTIONS",
        lambda dataset: replace(dataset, inner={**dataset.inner, "added_columns": {**added, "PRICE": 9e9}}),
    )
    columns = {"excluded_dataset_columns": {"Interactions": ["PRICE"], "Items": ["COLOUR"]}}
    bench.change_version(solution_config={"training_data_config": columns})
    execution, attempt = bench.begin(VERSION)
    plan = bench.step("plan", VERSION, execution, attempt=attempt)
    specification = specification_from_json(bench.context.home.read_text(plan["specification"]) or "")
    assert isinstance(specification, TrainSpecification)
    assert specification.excluded_columns == {"INTERACTIONS": ["PRICE", "AFTER"], "ITEMS": ["COLOUR"]}


def test_a_training_that_is_being_stopped_ends_stopped(bench: Bench) -> None:
    execution, attempt = bench.begin(VERSION)
    bench.run_container(bench.step("plan", VERSION, execution, attempt=attempt))
    bench.context.table.update(
        Kind.SOLUTION_VERSION, "als/0a1b2c3d", lambda version: replace(version, status="CREATE STOPPING")
    )
    with pytest.raises(StaleAttempt):
        bench.step("commit", VERSION, execution, attempt=attempt)
    assert bench.step("fail", VERSION, execution, attempt=attempt, error={}) == {"status": "CREATE STOPPED"}
    bench.stop(execution)
    assert bench.step("begin", VERSION, bench.start())["proceed"] is False


def notice(bench: Bench, execution: str, status: str) -> dict[str, str]:
    detail = {"executionArn": execution, "status": status, "input": json.dumps({"arn": VERSION})}
    return take_step(bench.context, {"detail-type": "Step Functions Execution Status Change", "detail": detail})


def test_an_execution_stopped_by_hand_leaves_no_job_in_progress(bench: Bench) -> None:
    execution, _ = bench.begin(VERSION)
    bench.stop(execution)
    assert notice(bench, execution, "ABORTED") == {"status": "CREATE FAILED"}
    assert "stopped" in str(bench.version.failure_reason)


def test_a_notice_about_another_execution_changes_nothing(bench: Bench) -> None:
    bench.begin(VERSION)
    other = bench.start()
    before = bench.version
    assert notice(bench, other, "ABORTED") == {"status": "STALE"}
    assert bench.version == before


def test_an_execution_stopped_before_it_began_fails_its_job(bench: Bench) -> None:
    name = f"{bench.version.incarnation}-0"
    execution = bench.context.executions.start_execution(stateMachineArn=bench.machine, name=name)["executionArn"]
    bench.stop(execution)
    assert notice(bench, execution, "ABORTED") == {"status": "CREATE FAILED"}
    assert bench.version.status == "CREATE FAILED"


def test_a_notice_of_success_is_no_failure(bench: Bench) -> None:
    execution, _ = bench.begin(VERSION)
    assert notice(bench, execution, "SUCCEEDED") == {"status": "STALE"}
    assert bench.version.status == "CREATE IN_PROGRESS"
