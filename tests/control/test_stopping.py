"""Stopping a training: from each status, twice, under kills, and beside a training that is about to end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reco.arns import Kind
from reco.control.lifecycle import RESTART_AFTER_S
from reco.jobs.attempt import Attempt, attempt_of, with_attempt
from reco.jobs.status import (
    ACTIVE,
    CREATE_FAILED,
    CREATE_IN_PROGRESS,
    CREATE_PENDING,
    CREATE_STOPPED,
    CREATE_STOPPING,
)
from tests.control.conftest import Bench, Shop, refused

EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:Train:e-0"


@pytest.fixture
def shop(bench: Bench) -> Shop:
    return bench.shop()


def pending(bench: Bench, shop: Shop) -> str:
    bench.pass_time(1)
    return str(bench.client.create_solution_version(solutionArn=shop.solution)["solutionVersionArn"])


def at_work(bench: Bench, shop: Shop) -> str:
    """A version whose machine has begun."""
    arn = pending(bench, shop)
    bench.table.update(
        Kind.SOLUTION_VERSION,
        arn.partition("solution/")[2],
        lambda version: with_attempt(
            replace(version, status=CREATE_IN_PROGRESS, updated_at=bench.now), Attempt("a" * 16, EXECUTION, bench.now)
        ),
    )
    return arn


def described(bench: Bench, arn: str) -> dict[str, Any]:
    return dict(bench.client.describe_solution_version(solutionVersionArn=arn)["solutionVersion"])


def stop(bench: Bench, arn: str) -> None:
    bench.client.stop_solution_version_creation(solutionVersionArn=arn)


def test_a_version_that_no_machine_has_taken_up_is_stopped_at_once_and_stays_visible(bench: Bench, shop: Shop) -> None:
    arn = pending(bench, shop)
    bench.pass_time(3)
    stop(bench, arn)

    shown = described(bench, arn)
    assert shown["status"] == CREATE_STOPPED
    assert "failureReason" not in shown
    assert shown["lastUpdatedDateTime"].timestamp() == bench.now
    listed = bench.client.list_solution_versions(solutionArn=shop.solution)["solutionVersions"]
    assert [each["status"] for each in listed] == [ACTIVE, CREATE_STOPPED]
    bench.pass_time(2 * RESTART_AFTER_S)
    before = len(bench.machines.started)
    assert described(bench, arn)["status"] == CREATE_STOPPED
    assert len(bench.machines.started) == before, "nobody starts its machine again"


def test_a_training_is_stopping_until_its_machine_says_that_it_has_ended(bench: Bench, shop: Shop) -> None:
    arn = at_work(bench, shop)
    stop(bench, arn)

    assert bench.machines.stopped == [EXECUTION]
    assert described(bench, arn)["status"] == CREATE_STOPPING
    refused("ResourceInUseException", bench.client.create_campaign, name="n", solutionVersionArn=arn)
    refused("ResourceInUseException", bench.client.get_solution_metrics, solutionVersionArn=arn)
    bench.client.delete_campaign(campaignArn=shop.campaign)
    bench.settle()
    refused("ResourceInUseException", bench.client.delete_solution, solutionArn=shop.solution)
    bench.end_job(arn, CREATE_STOPPED)
    refused("InvalidInputException", bench.client.create_campaign, name="n", solutionVersionArn=arn)
    refused("InvalidInputException", bench.client.get_solution_metrics, solutionVersionArn=arn)
    bench.client.delete_solution(solutionArn=shop.solution)


@pytest.mark.parametrize("status", [ACTIVE, CREATE_FAILED, CREATE_STOPPING, CREATE_STOPPED])
def test_only_a_training_on_its_way_can_be_stopped(bench: Bench, shop: Shop, status: str) -> None:
    bench.end_job(shop.version, status)
    message = refused(
        "InvalidInputException", bench.client.stop_solution_version_creation, solutionVersionArn=shop.version
    )
    assert status in message
    assert described(bench, shop.version)["status"] == status


def test_stopping_what_is_not_there_is_refused(bench: Bench, shop: Shop) -> None:
    client = bench.client
    refused(
        "ResourceNotFoundException", client.stop_solution_version_creation, solutionVersionArn=f"{shop.solution}/none"
    )
    refused("InvalidInputException", client.stop_solution_version_creation, solutionVersionArn=shop.solution)


def test_a_stop_that_did_not_reach_the_machine_is_made_up_for_by_a_later_look(bench: Bench, shop: Shop) -> None:
    arn = at_work(bench, shop)
    bench.machines.broken = True
    stop(bench, arn)
    bench.pass_time(RESTART_AFTER_S + 1)
    assert described(bench, arn)["status"] == CREATE_STOPPING, "Step Functions is still away"
    bench.machines.broken = False

    assert described(bench, arn)["status"] == CREATE_STOPPED
    assert bench.machines.stopped == [EXECUTION]
    stored = bench.stored(Kind.SOLUTION_VERSION, arn.partition("solution/")[2])
    attempt = attempt_of(stored)
    assert attempt and attempt.outcome == "failed", "a late step finds the job closed"
    assert described(bench, arn)["status"] == CREATE_STOPPED
    assert bench.machines.stopped == [EXECUTION], "once is enough"


def test_the_delete_of_a_solution_makes_up_for_an_unheard_end_too(bench: Bench, shop: Shop) -> None:
    arn = at_work(bench, shop)
    stop(bench, arn)
    bench.client.delete_campaign(campaignArn=shop.campaign)
    bench.pass_time(RESTART_AFTER_S + 1)
    bench.client.delete_solution(solutionArn=shop.solution)
    assert described(bench, arn)["status"] == CREATE_STOPPED


def test_a_machine_that_begins_just_then_is_stopped_or_finds_nothing_to_do(bench: Bench, shop: Shop) -> None:
    arn = pending(bench, shop)
    resource_id = arn.partition("solution/")[2]
    replaced = bench.table.replace

    def begin_first(changed: Any) -> Any:
        """The machine's claim comes between the stop's read and its write."""
        bench.table.replace = replaced  # type: ignore[method-assign]
        began = bench.stored(Kind.SOLUTION_VERSION, resource_id)
        assert began.status == CREATE_PENDING
        replaced(with_attempt(replace(began, status=CREATE_IN_PROGRESS), Attempt("b" * 16, EXECUTION, bench.now)))
        return replaced(changed)

    bench.table.replace = begin_first  # type: ignore[method-assign]
    stop(bench, arn)
    assert described(bench, arn)["status"] == CREATE_STOPPING
    assert bench.machines.stopped == [EXECUTION]
