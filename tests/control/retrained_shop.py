"""A recommender that is trained anew every week, for whatever tests that."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from reco.arns import Kind, Owner
from reco.control.notices import take_notice
from reco.jobs.attempt import Attempt, with_attempt
from reco.jobs.executions import EXECUTION_CHANGED
from reco.jobs.schedules import DAY_S
from reco.jobs.status import ACTIVE
from reco.storage.resources import Resource, ResourceTable
from tests.control.conftest import Bench
from tests.control.domain_shop import MODEL, SERVING, DomainShop
from tests.control.test_automatic_training import Events
from tests.wire.clients import ACCOUNT, REGION

OWNER = Owner(ACCOUNT, REGION)
EXECUTION = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:Recommender:at-work"
OTHER = {"uri": "s3://b/models/2/", "digest": "1" * 64}


@dataclass
class Shop:
    """A recommender that is ACTIVE, over data that were imported before its training began."""

    bench: Bench
    domain: DomainShop
    events: Events = field(default_factory=Events)
    arn: str = ""

    @property
    def stored(self) -> Resource:
        return self.bench.stored(Kind.RECOMMENDER, "r")

    @property
    def schedule(self) -> tuple[float, int, dict[str, Any]] | None:
        return self.bench.schedules.standing.get(self.stored.incarnation)

    @property
    def retraining(self) -> dict[str, Any]:
        return dict(self.stored.inner.get("retraining", {}))

    def shown(self) -> dict[str, Any]:
        return self.domain.shown(self.arn)

    def import_data(self, name: str, dataset: str = "Interactions") -> None:
        self.bench.end_job(self.bench.import_job(self.domain.datasets[dataset], name))

    def ends(self, status: str = ACTIVE, **inner: Any) -> str:
        """What the machine writes at its end, and what AWS tells of that."""
        kept = {"model": {**MODEL, "began_at": self.bench.now}, "serving": SERVING} if status == ACTIVE else {}
        self.bench.end_job(self.arn, status, **{**kept, **inner})
        return self.told_of_the_end()

    def told_of_the_end(self) -> str:
        detail = {"status": "SUCCEEDED", "input": json.dumps({"arn": self.arn})}
        return self.told({"detail-type": EXECUTION_CHANGED, "detail": detail})

    def told(self, event: dict[str, Any], table: ResourceTable | None = None) -> str:
        registry = self.bench.registries_over(table or self.bench.table)(self.bench.now, OWNER)
        return str(take_notice(registry, self.events, event)["said"])  # type: ignore[arg-type]

    def due(self, number: int = 0, event: dict[str, Any] | None = None, table: ResourceTable | None = None) -> str:
        """Scheduler's call for the first time, or a later one, made then."""
        at = self.stored.created_at + (number + 1) * 7 * DAY_S
        schedule = self.schedule
        event = event or (schedule and schedule[2])
        assert event
        self.bench.now = max(self.bench.now, at)
        due_at = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return self.told({**event, "due_at": due_at}, table)

    def retraining_ends(self, status: str = ACTIVE) -> None:
        record = {**self.retraining, "status": status}
        self.ends(retraining=record, **({} if status == ACTIVE else {"model": self.stored.inner["model"]}))

    def begin_retraining(self, *, switched: bool = False) -> None:
        """A call of the schedule, and what the machine writes at its begin, and at its switch."""
        self.import_data("new")
        self.due()
        attempt = Attempt("a" * 16, EXECUTION, self.bench.now)
        record = {**self.retraining, "status": "CREATE IN_PROGRESS"}
        self.bench.end_job(self.arn, retraining=record)
        if switched:
            attempt = attempt.with_fact("replaced", SERVING)
            self.bench.end_job(self.arn, serving=OTHER)
        self.bench.table.update(Kind.RECOMMENDER, "r", lambda now: with_attempt(now, attempt))
        self.bench.pass_time(1)


def make_shop(bench: Bench) -> Shop:
    made = Shop(bench, DomainShop(bench))
    made.import_data("first")
    bench.pass_time(10)
    made.arn = made.domain.create()
    return made
