"""Recommenders trained anew every week: their schedule, what a call of it comes to, and what it gives way to."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reco.arns import Kind, Owner
from reco.control.lifecycle import RESTART_AFTER_S
from reco.control.notices import take_notice
from reco.errors import ResourceInUse
from reco.jobs.attempt import Attempt, attempt_of, with_attempt
from reco.jobs.executions import EXECUTION_CHANGED
from reco.jobs.schedules import DAY_S
from reco.jobs.status import ACTIVE, CREATE_FAILED, CREATE_PENDING, CREATE_STOPPED, START_PENDING
from reco.storage.resources import Resource, ResourceTable
from tests.control.conftest import Bench, Cloud, Schedules, refused
from tests.control.domain_shop import METRICS, SERVING, DomainShop
from tests.control.interleaving import Stage
from tests.control.test_automatic_training import Events
from tests.faults import Killed
from tests.wire.clients import ACCOUNT, REGION

OWNER = Owner(ACCOUNT, REGION)
EXECUTION = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:Recommender:at-work"
OTHER = {"uri": "s3://b/models/2/", "digest": "1" * 64}
MORE = {"minRecommendationRequestsPerSecond": 2}


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
        model = {"uri": "s3://b/models/1/", "digest": "0" * 64, "result": {"metrics": METRICS}}
        kept = {"model": {**model, "began_at": self.bench.now}, "serving": SERVING} if status == ACTIVE else {}
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


@pytest.fixture
def shop(bench: Bench) -> Shop:
    made = make_shop(bench)
    bench.pass_time(60)
    made.ends()
    bench.pass_time(60)
    return made


def test_a_recommender_has_a_schedule_once_it_is_active_for_every_week_since_its_creation(bench: Bench) -> None:
    shop = make_shop(bench)
    created = bench.now
    shop.shown()
    assert bench.schedules.standing == {}
    bench.pass_time(60)
    assert "looked at the schedule" in shop.ends()
    incarnation = shop.stored.incarnation
    event = {
        "recommender": shop.arn,
        "incarnation": incarnation,
        "since": created,
        "first": created + 7 * DAY_S,
    }
    assert bench.schedules.standing == {incarnation: (created + 7 * DAY_S, 7, {"automatic_training": event})}
    before = shop.stored
    bench.schedules.broken = True
    shop.told_of_the_end()
    shop.shown()
    assert shop.stored == before, "who finds it arranged calls nobody"


@pytest.mark.parametrize("by", ["describe", "arrange", "the next notice"])
def test_a_schedule_that_was_not_made_is_made_by_a_later_reader(bench: Bench, by: str) -> None:
    shop = make_shop(bench)
    bench.schedules.broken = True
    shop.ends()
    bench.schedules.broken = False
    assert shop.schedule is None
    if by == "describe":
        shop.shown()
    elif by == "arrange":
        shop.told({"automatic_training": "arrange"})
    else:
        shop.told_of_the_end()
    assert shop.schedule and shop.schedule[1] == 7


def test_one_whose_creation_failed_has_none_until_an_update_mends_it(bench: Bench) -> None:
    shop = make_shop(bench)
    shop.ends(CREATE_FAILED)
    assert bench.schedules.standing == {}
    bench.client.update_recommender(recommenderArn=shop.arn, recommenderConfig=MORE)
    shop.ends(update={**shop.stored.inner["update"], "status": ACTIVE})
    assert shop.schedule


@pytest.mark.parametrize("what", ["interactions", "items", "events"])
def test_a_week_later_it_is_trained_anew_on_what_arrived_and_its_client_sees_nothing_of_that(
    shop: Shop, what: str
) -> None:
    bench = shop.bench
    bench.pass_time(DAY_S)
    if what == "events":
        shop.events.times.append(bench.now)
    else:
        shop.import_data("new", what.capitalize())
    before, started = shop.shown(), len(bench.machines.started)
    assert shop.due() == f"began to train {shop.arn} anew"
    assert bench.machines.started[started:] == [(shop.arn, f"{shop.stored.incarnation}-1", "recommender")]
    assert (shop.retraining["status"], shop.retraining["trains"]) == (CREATE_PENDING, True)
    assert shop.shown() == before
    (listed,) = bench.client.list_recommenders()["recommenders"]
    assert listed["lastUpdatedDateTime"] == before["lastUpdatedDateTime"]

    bench.pass_time(100)
    shop.retraining_ends()
    after = shop.shown()
    assert after.pop("lastUpdatedDateTime").timestamp() == bench.now, "a new model serves"
    before.pop("lastUpdatedDateTime")
    assert after == before
    assert "no data arrived" in shop.due(1)


def test_nothing_is_trained_twice_on_the_same_data_and_a_failure_has_learned_nothing(shop: Shop) -> None:
    assert "no data arrived" in shop.due()
    shop.import_data("new")
    assert shop.due(1).startswith("began")
    shop.retraining_ends(CREATE_FAILED)
    assert shop.due(2).startswith("began")
    shop.retraining_ends()
    assert "no data arrived" in shop.due(3)


def test_a_call_that_comes_twice_trains_once(shop: Shop) -> None:
    shop.import_data("new")
    assert shop.due().startswith("began")
    record, started = shop.retraining, list(shop.bench.machines.started)
    assert "before" in shop.due()
    assert (shop.retraining, set(shop.bench.machines.started)) == (record, set(started))
    shop.retraining_ends()
    shop.import_data("newer")
    assert "before" in shop.due(), "not even when there is something new"
    assert shop.retraining["status"] == ACTIVE


def test_a_call_that_dies_anywhere_and_comes_again_trains_once(shop: Shop) -> None:
    """Kills it before each of its calls to DynamoDB in turn, each time for another week."""
    for number in range(40):
        shop.bench.pass_time(1)
        shop.import_data(f"round-{number}")
        stage = Stage(shop.bench.table.client)
        table = ResourceTable(stage, shop.bench.table.name)
        caller = stage.enter(lambda number=number, table=table: shop.due(number, table=table))
        for _ in range(number):
            caller.step()
        caller.kill()
        shop.due(number)
        stored = shop.stored
        assert (shop.retraining["status"], stored.inner["sequence"]) == (CREATE_PENDING, number + 1)
        assert shop.bench.machines.started[-1][1] == f"{stored.incarnation}-{number + 1}"
        shop.retraining_ends()
        if not isinstance(caller.outcome, Killed):
            break
    else:
        pytest.fail("a call has fewer steps than this")
    assert number > 5


def test_a_machine_that_was_not_started_is_started_by_the_next_call_a_reader_or_the_daily_look(shop: Shop) -> None:
    machines = shop.bench.machines
    shop.import_data("new")
    machines.broken = True
    shop.due()
    machines.broken = False
    machines.started.clear()
    assert "before" in shop.due()
    assert [name for _, name, _ in machines.started] == [f"{shop.stored.incarnation}-1"]
    machines.started.clear()
    shop.shown()
    assert machines.started == []
    shop.bench.pass_time(RESTART_AFTER_S + 1)
    for reader in (shop.shown, lambda: shop.told({"automatic_training": "mend"})):
        machines.started.clear()
        reader()
        assert [name for _, name, _ in machines.started] == [f"{shop.stored.incarnation}-1"]


def test_a_retraining_that_never_ended_gives_its_place_to_the_next_one(shop: Shop) -> None:
    shop.begin_retraining()
    assert shop.due(1).startswith("began")
    assert (shop.retraining["status"], shop.stored.inner["sequence"]) == (CREATE_PENDING, 2)


def test_while_an_update_is_at_work_the_call_is_refused_and_comes_again(shop: Shop) -> None:
    shop.import_data("new")
    shop.bench.client.update_recommender(recommenderArn=shop.arn, recommenderConfig=MORE)
    with pytest.raises(ResourceInUse, match="is being updated"):
        shop.due()
    shop.domain.end_update(shop.arn)
    assert shop.due().startswith("began")


def test_stopped_it_has_no_schedule_and_started_it_has_the_same_times_again(shop: Shop) -> None:
    client, bench, schedule = shop.bench.client, shop.bench, shop.schedule
    assert schedule
    client.stop_recommender(recommenderArn=shop.arn)
    assert bench.schedules.standing == {}
    shop.import_data("new")
    assert "another arrangement" in shop.due(0, schedule[2])
    assert (shop.retraining, bench.schedules.standing) == ({}, {})
    bench.settle()
    client.start_recommender(recommenderArn=shop.arn)
    assert shop.stored.status == START_PENDING
    shop.shown()
    assert bench.schedules.standing == {}
    model = shop.stored.inner["model"]
    shop.ends(model=model)
    assert shop.schedule == (schedule[0] + 7 * DAY_S, *schedule[1:]), "the first time is past"
    assert shop.due(1).startswith("began")


def test_deleted_it_has_no_schedule_and_one_that_stayed_goes_when_it_is_due(shop: Shop) -> None:
    bench, schedule = shop.bench, shop.schedule
    assert schedule
    bench.schedules.broken = True
    bench.client.delete_recommender(recommenderArn=shop.arn)
    bench.schedules.broken = False
    assert shop.schedule == schedule
    assert "gone" in shop.due(0, schedule[2]), "being deleted is as good as gone"
    assert bench.schedules.standing == {}
    bench.settle()
    refused("ResourceNotFoundException", bench.client.describe_recommender, recommenderArn=shop.arn)
    shop.arn = shop.domain.create()
    shop.ends()
    bench.client.delete_recommender(recommenderArn=shop.arn)
    assert bench.schedules.standing == {}


def test_a_dataset_that_went_spares_the_training(shop: Shop) -> None:
    shop.bench.client.delete_dataset(datasetArn=shop.domain.datasets["Interactions"])
    shop.events.times.append(shop.bench.now + DAY_S)
    assert "needs a dataset of type INTERACTIONS" in shop.due()
    assert shop.retraining == {}


@pytest.mark.parametrize("switched", [False, True])
@pytest.mark.parametrize("asked", ["stop", "update", "delete"])
def test_a_retraining_gives_way_to_what_a_client_asks_for(shop: Shop, asked: str, switched: bool) -> None:
    bench, client = shop.bench, shop.bench.client
    shop.begin_retraining(switched=switched)
    started = len(bench.machines.started)
    {
        "stop": lambda: client.stop_recommender(recommenderArn=shop.arn),
        "update": lambda: client.update_recommender(recommenderArn=shop.arn, recommenderConfig=MORE),
        "delete": lambda: client.delete_recommender(recommenderArn=shop.arn),
    }[asked]()
    assert bench.machines.stopped == [EXECUTION]
    stored, attempt = shop.stored, attempt_of(shop.stored)
    assert stored.inner.get("serving") == (SERVING if asked == "update" else None)
    if asked == "delete":
        return
    assert attempt and attempt.outcome == "failed", "nothing it still does is taken"
    assert shop.retraining["status"] == CREATE_STOPPED
    if asked == "update":
        assert bench.machines.started[started:] == [(shop.arn, f"{stored.incarnation}-2", "recommender")]
        assert stored.inner["update"]["trains"], "in the place of what it ended"
        shop.domain.end_update(shop.arn)
        bench.pass_time(1)
        client.update_recommender(recommenderArn=shop.arn, recommenderConfig={"itemExplorationConfig": {}})
        assert not shop.stored.inner["update"]["trains"]
    assert bench.machines.stopped == [EXECUTION]


def test_an_execution_that_could_not_be_ended_hinders_nobody(shop: Shop) -> None:
    shop.begin_retraining()
    shop.bench.machines.broken = True
    shop.bench.client.stop_recommender(recommenderArn=shop.arn)
    shop.bench.settle()
    assert shop.domain.status(shop.arn) == "INACTIVE"


def test_an_update_that_asks_for_what_is_there_leaves_the_retraining_alone(shop: Shop) -> None:
    shop.begin_retraining()
    before = shop.stored
    shop.bench.client.update_recommender(recommenderArn=shop.arn, recommenderConfig={})
    assert (shop.stored.inner, shop.bench.machines.stopped) == (before.inner, [])


@dataclass
class Late(Schedules):
    """Schedules whose first removal takes so long that others come between."""

    meanwhile: Callable[[], object] | None = None

    def remove(self, name: str) -> None:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            meanwhile()
        super().remove(name)


def test_a_removal_that_comes_late_does_not_take_the_schedule_of_a_later_start(bench: Bench) -> None:
    shop = make_shop(bench)
    bench.schedules = Late()
    shop.ends()
    schedule = shop.schedule
    assert schedule

    def started() -> None:
        bench.settle()
        bench.client.start_recommender(recommenderArn=shop.arn)
        shop.ends()

    bench.schedules.meanwhile = started
    bench.client.stop_recommender(recommenderArn=shop.arn)
    assert shop.schedule == schedule


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


def test_one_that_knows_nothing_of_when_its_model_was_trained_goes_by_its_creation(shop: Shop) -> None:
    model = {name: value for name, value in shop.stored.inner["model"].items() if name != "began_at"}
    shop.bench.table.update(Kind.RECOMMENDER, "r", lambda now: replace(now, inner={**now.inner, "model": model}))
    assert "no data arrived" in shop.due()
    shop.import_data("new")
    assert shop.due(1).startswith("began")
