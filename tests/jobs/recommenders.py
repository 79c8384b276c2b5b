"""A recommender as control leaves it, for the tests of its job."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

from reco.arns import Kind
from reco.control.lifecycle import Timing
from reco.control.operations import METHODS
from reco.control.quotas import quotas_with
from reco.control.registry import Registry
from reco.jobs.start import StepFunctionsStarter
from reco.storage.resources import Resource
from reco.wire.call import Call
from tests.jobs.bench import GROUP, OWNER, Bench

RECOMMENDER = OWNER.arn(Kind.RECOMMENDER, "home")
USE_CASE = "arn:aws:personalize:::recipe/aws-ecomm-recommended-for-you"
WIDE = {"INTERACTIONS": ["USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE"], "ITEMS": ["ITEM_ID", "PRICE", "COLOUR"]}
NARROW = {**WIDE, "ITEMS": ["ITEM_ID", "PRICE"]}


def put_recommender(bench: Bench, recipe_arn: str = USE_CASE) -> None:
    body = {"name": "home", "dataset_group_arn": GROUP, "recipe_arn": recipe_arn}
    bench.put(Kind.RECOMMENDER, "home", body, status="CREATE PENDING", inner={"columns": WIDE})


def recommender_of(bench: Bench) -> Resource:
    return bench.get(Kind.RECOMMENDER, "home")


def update(
    bench: Bench, *, columns: dict[str, list[str]] = WIDE, config: dict[str, Any] | None = None, **more: Any
) -> None:
    record = {**_pending(bench), "recommender_config": config or {}, "columns": columns, **more}
    _change(bench, lambda now: replace(now, inner={**now.inner, "update": record, "sequence": _next(now)}))


def retrain(bench: Bench) -> None:
    """As control leaves a recommender whose week is over."""
    record = {**_pending(bench), "trains": True}
    _change(bench, lambda now: replace(now, inner={**now.inner, "retraining": record, "sequence": _next(now)}))


@dataclass
class NoSchedules:
    """Where nobody looks at them."""

    group: str = "schedules"

    def put(self, *_: Any) -> None:
        """Makes none."""

    def remove(self, _: str) -> None:
        """There is none."""


def ask(bench: Bench, operation: str) -> None:
    """The control plane, over the bench's table and executions."""
    jobs = StepFunctionsStarter(bench.context.executions, {"recommender": bench.machine})
    timing, no_keys = Timing(transition_s=1, pointer_cache_s=10), cast(Any, None)
    registry = Registry(bench.context.table, jobs, timing, bench.now, OWNER, NoSchedules(), quotas_with({}), no_keys)
    call = Call(operation, {"recommender_arn": RECOMMENDER}, OWNER, None, "request", bench.now)
    METHODS[operation](registry, call)


def _pending(bench: Bench) -> dict[str, Any]:
    times = {"created_at": bench.now, "updated_at": bench.now}
    return {"id": "u1", "status": "CREATE PENDING", "failure_reason": None, **times}


def stop(bench: Bench) -> None:
    def stopped(now: Resource) -> Resource:
        inner = {name: value for name, value in now.inner.items() if name != "serving"}
        return replace(now, status="INACTIVE", inner={**inner, "stopping_since": bench.now})

    _change(bench, stopped)


def start(bench: Bench) -> None:
    _change(bench, lambda now: replace(now, status="START PENDING", inner={**now.inner, "sequence": _next(now)}))


def _next(recommender: Resource) -> int:
    return int(recommender.inner.get("sequence", 0)) + 1


def _change(bench: Bench, change: Any) -> None:
    bench.context.table.update(Kind.RECOMMENDER, "home", change)
