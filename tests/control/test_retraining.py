"""Recommenders trained anew every week: their schedule, what a call of it comes to, and what it gives way to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from reco.arns import Kind
from reco.control.lifecycle import RESTART_AFTER_S
from reco.errors import ResourceInUse
from reco.jobs.attempt import attempt_of
from reco.jobs.schedules import DAY_S
from reco.jobs.status import ACTIVE, CREATE_FAILED, CREATE_PENDING, CREATE_STOPPED, START_PENDING
from reco.storage.resources import ResourceTable
from tests.control.conftest import Bench, Schedules, refused
from tests.control.domain_shop import SERVING
from tests.control.interleaving import Stage
from tests.control.retrained_shop import EXECUTION, Shop, make_shop
from tests.faults import Killed

MORE = {"minRecommendationRequestsPerSecond": 2}


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


def test_one_that_knows_nothing_of_when_its_model_was_trained_goes_by_its_creation(shop: Shop) -> None:
    model = {name: value for name, value in shop.stored.inner["model"].items() if name != "began_at"}
    shop.bench.table.update(Kind.RECOMMENDER, "r", lambda now: replace(now, inner={**now.inner, "model": model}))
    assert "no data arrived" in shop.due()
    shop.import_data("new")
    assert shop.due(1).startswith("began")
