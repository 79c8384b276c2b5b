"""Stopping a recommender and starting it again: every status on the way, and what must wait."""

from __future__ import annotations

from typing import Any

import pytest

from reco.arns import Kind
from reco.control.lifecycle import RESTART_AFTER_S
from reco.jobs.status import (
    ACTIVE,
    INACTIVE,
    START_IN_PROGRESS,
    START_PENDING,
    STOP_IN_PROGRESS,
    STOP_PENDING,
)
from tests.control.conftest import POINTER_CACHE_S, TRANSITION_S, Bench, refused
from tests.control.domain_shop import (
    METRICS,
    MODEL,
    SERVING,
    DomainShop,
)


@pytest.fixture
def shop(bench: Bench) -> DomainShop:
    return DomainShop(bench)


def test_a_stop_passes_through_its_statuses_and_takes_the_pointer_away_at_once(shop: DomainShop, bench: Bench) -> None:
    arn = shop.active()
    bench.pass_time(100)
    shop.client.stop_recommender(recommenderArn=arn)
    stored = bench.stored(Kind.RECOMMENDER, "r")
    assert "serving" not in stored.inner
    assert stored.inner["model"] == MODEL
    seen = []
    for _ in range(8):
        shown = shop.shown(arn)
        seen.append((shown["status"], shown["lastUpdatedDateTime"].timestamp() - bench.now))
        assert shown["modelMetrics"] == METRICS
        bench.pass_time(POINTER_CACHE_S / 5)
    assert seen == [
        (STOP_PENDING, 0),
        (STOP_PENDING, -5),
        (STOP_IN_PROGRESS, 0),
        (STOP_IN_PROGRESS, -5),
        (STOP_IN_PROGRESS, -10),
        (INACTIVE, 0),
        (INACTIVE, -5),
        (INACTIVE, -10),
    ]


def test_a_start_has_the_machine_serve_the_kept_model(shop: DomainShop, bench: Bench) -> None:
    arn = shop.active()
    shop.client.stop_recommender(recommenderArn=arn)
    bench.settle()
    shop.client.start_recommender(recommenderArn=arn)
    assert shop.status(arn) == START_PENDING
    assert bench.machines.started[-1] == (arn, f"{bench.stored(Kind.RECOMMENDER, 'r').incarnation}-1", "recommender")
    bench.end_job(arn, START_IN_PROGRESS)
    assert shop.status(arn) == START_IN_PROGRESS
    bench.end_job(arn, ACTIVE, serving=SERVING)
    assert shop.status(arn) == ACTIVE


def test_a_start_that_failed_leaves_it_stopped_with_the_reason_and_may_be_repeated(
    shop: DomainShop, bench: Bench
) -> None:
    arn = shop.active()
    shop.client.stop_recommender(recommenderArn=arn)
    bench.settle()
    shop.client.start_recommender(recommenderArn=arn)
    bench.end_job(arn, INACTIVE, "The model is gone.")
    shown = shop.shown(arn)
    assert (shown["status"], shown["failureReason"]) == (INACTIVE, "The model is gone.")
    assert shown["lastUpdatedDateTime"].timestamp() == bench.now
    shop.client.start_recommender(recommenderArn=arn)
    shown = shop.shown(arn)
    assert shown["status"] == START_PENDING and "failureReason" not in shown
    assert bench.machines.started[-1][1].endswith("-2")


def test_a_start_whose_machine_did_not_start_is_started_by_a_reader(shop: DomainShop, bench: Bench) -> None:
    arn = shop.active()
    shop.client.stop_recommender(recommenderArn=arn)
    bench.settle()
    bench.machines.broken = True
    shop.client.start_recommender(recommenderArn=arn)
    bench.machines.broken = False
    bench.pass_time(RESTART_AFTER_S + 1)
    shop.shown(arn)
    assert bench.machines.started[-1][1].endswith("-1")


def test_only_what_is_active_stops_only_what_is_inactive_starts_and_neither_changes_meanwhile(
    shop: DomainShop, bench: Bench
) -> None:
    client = shop.client
    config = {"minRecommendationRequestsPerSecond": 2}

    def all_refused(arn: str, *calls: Any) -> None:
        for call in calls:
            more = {"recommenderConfig": config} if call == client.update_recommender else {}
            refused("ResourceInUseException", call, recommenderArn=arn, **more)

    stop, start = client.stop_recommender, client.start_recommender
    update, delete = client.update_recommender, client.delete_recommender
    arn = shop.create()
    all_refused(arn, stop, start, update, delete)
    bench.end_job(arn, model=MODEL, serving=SERVING)
    all_refused(arn, start)
    stop(recommenderArn=arn)
    all_refused(arn, stop, start, update, delete)
    bench.pass_time(TRANSITION_S)
    all_refused(arn, stop, start, update, delete)
    bench.settle()
    all_refused(arn, stop, update)
    start(recommenderArn=arn)
    all_refused(arn, stop, start, update, delete)
    bench.end_job(arn, START_IN_PROGRESS)
    all_refused(arn, stop, start, update, delete)
    bench.end_job(arn, serving=SERVING)
    delete(recommenderArn=arn)
    all_refused(arn, stop, start, update, delete)
