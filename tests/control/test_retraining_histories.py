"""Recommenders trained anew every week: drawn histories of what clients, machines and schedules do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reco.errors import ResourceInUse
from reco.jobs.schedules import DAY_S
from reco.jobs.status import ACTIVE, CREATE_FAILED, CREATE_PENDING, START_PENDING
from tests.control.conftest import Cloud
from tests.control.retrained_shop import Shop, make_shop

STEPS = st.sampled_from(
    ["stop", "start", "end", "fail", "describe", "notice", "break", "mend", "due", "update", "wait"]
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=12))
def test_whatever_happens_a_reader_leaves_a_schedule_just_where_one_is_wanted(cloud: Cloud, steps: list[str]) -> None:
    bench = cloud.bench()
    try:
        shop = make_shop(bench)
        shop.ends()
        event = shop.schedule
        assert event
        for number, step in enumerate(steps):
            take(shop, step, number, event[2])
        bench.schedules.broken = False
        shop.shown()
        serves = shop.stored.status == ACTIVE
        assert set(bench.schedules.standing) == ({shop.stored.incarnation} if serves else set())
        beside = [shop.stored.inner.get(name, {}).get("status") for name in ("update", "retraining")]
        assert beside != [CREATE_PENDING, CREATE_PENDING], "one piece of work at a time"
        assert serves or beside[1] != CREATE_PENDING
    finally:
        cloud.forget(bench)


def take(shop: Shop, step: str, number: int, event: dict[str, Any]) -> None:
    """One step of a history; what is refused is no step."""
    client, bench = shop.bench.client, shop.bench
    refusals = (client.exceptions.ResourceInUseException, ResourceInUse)
    if step in ("break", "mend"):
        bench.schedules.broken = step == "break"
    elif step == "wait":
        bench.settle()
    elif step == "describe":
        shop.shown()
    elif step == "notice":
        shop.told_of_the_end()
    elif step in ("end", "fail"):
        end_work(shop, ACTIVE if step == "end" else CREATE_FAILED)
    else:
        asked: dict[str, Callable[[], object]] = {
            "stop": lambda: client.stop_recommender(recommenderArn=shop.arn),
            "start": lambda: client.start_recommender(recommenderArn=shop.arn),
            "update": lambda: client.update_recommender(
                recommenderArn=shop.arn, recommenderConfig={"minRecommendationRequestsPerSecond": number + 1}
            ),
            "due": lambda: (shop.events.times.append(bench.now + 14 * DAY_S), shop.due(number, event)),
        }
        try:
            asked[step]()
        except refusals:
            return
        except ConnectionError:
            assert bench.schedules.broken


def end_work(shop: Shop, status: str) -> None:
    """What the machine writes about whatever it is at, if it is at anything; nobody is told."""
    inner = shop.stored.inner
    for name in ("retraining", "update"):
        if inner.get(name, {}).get("status") == CREATE_PENDING:
            shop.bench.end_job(shop.arn, **{name: {**inner[name], "status": status}})
            return
    if shop.stored.status == START_PENDING:
        shop.bench.end_job(shop.arn, ACTIVE if status == ACTIVE else "INACTIVE")
