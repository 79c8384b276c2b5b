"""Automatic training: the schedule a solution wants, who makes it good, and what a call of it comes to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reco.arns import Kind, Owner
from reco.control.automatic_training import FIRST_RUN_S, Arrangement
from reco.control.lifecycle import RESTART_AFTER_S
from reco.control.notices import take_notice
from reco.jobs.schedules import DAY_S
from reco.jobs.status import ACTIVE, CREATE_FAILED, CREATE_STOPPED
from reco.storage.resources import ResourceTable
from tests.control.conftest import RECIPE, Bench, refused
from tests.control.interleaving import Stage
from tests.faults import Killed
from tests.wire.clients import ACCOUNT, REGION

OWNER = Owner(ACCOUNT, REGION)


@dataclass
class Events:
    """When events were streamed, seconds since the epoch."""

    times: list[float] = field(default_factory=list)

    def arrived_since(self, group: str, epoch_s: float) -> bool:
        assert len(group) == 16, "asked by the group's incarnation"
        return any(time >= epoch_s for time in self.times)


@dataclass
class Shop:
    """A solution that is trained by itself, over data that were imported."""

    bench: Bench
    solution: str
    dataset: str
    events: Events

    @property
    def incarnation(self) -> str:
        return self.bench.stored(Kind.SOLUTION, "sol").incarnation

    @property
    def schedule(self) -> tuple[float, int, dict[str, Any]] | None:
        return self.bench.schedules.standing.get(self.incarnation)

    def described(self) -> dict[str, Any]:
        return dict(self.bench.client.describe_solution(solutionArn=self.solution)["solution"])

    def described_group(self) -> str:
        return self.dataset.replace(":dataset/", ":dataset-group/").rpartition("/")[0]

    def versions(self) -> list[dict[str, Any]]:
        return list(self.bench.client.list_solution_versions(solutionArn=self.solution)["solutionVersions"])

    def import_data(self, name: str) -> None:
        self.bench.end_job(self.bench.import_job(self.dataset, name))

    def due(self, number: int = 0, event: dict[str, Any] | None = None, table: ResourceTable | None = None) -> str:
        """Scheduler's call for the first time, or a later one, made then."""
        schedule = self.schedule
        assert schedule
        first, days, given_event = schedule
        at = first + number * days * DAY_S
        self.bench.now = max(self.bench.now, at)
        due_at = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        registry = self.bench.registries_over(table or self.bench.table)(self.bench.now, OWNER)
        return str(take_notice(registry, self.events, {**(event or given_event), "due_at": due_at})["said"])  # type: ignore[arg-type]

    def told(self, task: str) -> str:
        """What is said to all schedules at once."""
        registry = self.bench.registry_at(self.bench.now, OWNER)
        return str(take_notice(registry, self.events, {"automatic_training": task})["said"])  # type: ignore[arg-type]

    def end(self, arn: str, status: str = ACTIVE) -> None:
        self.bench.end_job(arn, status)


@pytest.fixture
def shop(bench: Bench) -> Shop:
    group = bench.group()
    dataset = bench.dataset(group, bench.schema())
    made = Shop(bench, "", dataset, Events())
    made.import_data("first")
    bench.pass_time(10)
    made.solution = bench.solution(group)
    return made


def test_a_solution_has_a_schedule_unless_it_says_no(bench: Bench) -> None:
    group = bench.group()
    bench.dataset(group, bench.schema())
    asked_at = bench.now
    for name, more, days in (
        ("default", {}, 7),
        ("daily", {"solutionConfig": {"autoTrainingConfig": {"schedulingExpression": "rate(1 day)"}}}, 1),
        ("by-hand", {"performAutoTraining": False}, None),
    ):
        asked = {"name": name, "datasetGroupArn": group, "recipeArn": RECIPE, **more}
        arn = bench.client.create_solution(**asked)["solutionArn"]
        stored = bench.stored(Kind.SOLUTION, name)
        expected = days and (
            asked_at + FIRST_RUN_S,
            days,
            {
                "automatic_training": {
                    "solution": arn,
                    "incarnation": stored.incarnation,
                    "since": asked_at,
                    "first": asked_at + FIRST_RUN_S,
                }
            },
        )
        assert bench.schedules.standing.get(stored.incarnation) == expected


def test_the_first_training_starts_within_the_hour_and_the_next_ones_as_often_as_wished(shop: Shop) -> None:
    began = shop.bench.stored(Kind.SOLUTION, "sol").created_at
    assert shop.due().startswith("started")
    (version,) = shop.versions()
    assert (version["trainingType"], version["trainingMode"], version["status"]) == (
        "AUTOMATIC",
        "FULL",
        "CREATE PENDING",
    )
    assert 0 < version["creationDateTime"].timestamp() - began <= 3600
    assert shop.bench.machines.started[-1][::2] == (version["solutionVersionArn"], "train")
    shop.end(version["solutionVersionArn"])

    shop.bench.pass_time(60)
    shop.import_data("second")
    assert shop.due(1).startswith("started")
    assert len(shop.versions()) == 2


def test_nothing_is_trained_twice_on_the_same_data(shop: Shop) -> None:
    shop.due()
    shop.end(shop.versions()[0]["solutionVersionArn"])
    assert "no interactions arrived" in shop.due(1)
    assert "no interactions arrived" in shop.due(2)
    shop.events.times.append(shop.bench.now + 5)
    assert shop.due(3).startswith("started"), "streamed events count as well"
    assert len(shop.versions()) == 2


@pytest.mark.parametrize("status", [CREATE_FAILED, CREATE_STOPPED])
def test_a_training_that_came_to_nothing_has_learned_nothing(shop: Shop, status: str) -> None:
    shop.due()
    shop.end(shop.versions()[0]["solutionVersionArn"], status)
    assert shop.due(1).startswith("started")


def test_a_training_by_hand_in_the_first_hour_spares_the_first_one_only(shop: Shop) -> None:
    shop.bench.version(shop.solution)
    shop.bench.pass_time(1)
    shop.import_data("after")
    assert "by hand" in shop.due()
    assert shop.due(1).startswith("started")


def test_without_any_data_nothing_is_trained(bench: Bench) -> None:
    group = bench.group()
    dataset = bench.dataset(group, bench.schema())
    shop = Shop(bench, bench.solution(group), dataset, Events())
    assert "no interactions arrived" in shop.due()
    shop.import_data("first")
    assert shop.due(1).startswith("started")


def test_a_call_that_comes_twice_trains_once(shop: Shop) -> None:
    assert shop.due().startswith("started")
    assert "before" in shop.due()
    shop.end(shop.versions()[0]["solutionVersionArn"])
    shop.import_data("later")
    assert "before" in shop.due(), "not even when there is something new"
    assert len(shop.versions()) == 1


def test_a_call_that_dies_anywhere_and_comes_again_trains_once(shop: Shop) -> None:
    """Kills it before each of its calls to DynamoDB in turn, each time for another time it is due."""
    for number in range(40):
        stage = Stage(shop.bench.table.client)
        table = ResourceTable(stage, shop.bench.table.name)
        caller = stage.enter(lambda number=number, table=table: shop.due(number, table=table))
        for _ in range(number):
            caller.step()
        caller.kill()
        shop.due(number)
        versions = shop.versions()
        assert [version["trainingType"] for version in versions] == ["AUTOMATIC"] * (number + 1)
        shop.end(versions[-1]["solutionVersionArn"])
        if not isinstance(caller.outcome, Killed):
            break
        shop.bench.pass_time(1)
        shop.import_data(f"round-{number}")
    else:
        pytest.fail("a call has fewer steps than this")
    assert number > 8


def test_a_machine_that_was_not_started_is_started_by_the_next_call_or_the_daily_look(shop: Shop) -> None:
    """Nobody describes what nobody asked for: without this the time is lost, and the quota counts it for ever."""
    machines = shop.bench.machines
    machines.broken = True
    assert shop.due().startswith("started")
    machines.broken = False
    (version,) = shop.versions()
    begun = (version["solutionVersionArn"], "train")
    machines.started.clear()
    assert "before" in shop.due()
    assert [each[::2] for each in machines.started] == [begun]

    machines.started.clear()
    shop.told("mend")
    assert machines.started == [], "it may be on its way"
    shop.bench.pass_time(RESTART_AFTER_S + 1)
    shop.told("mend")
    assert [each[::2] for each in machines.started] == [begun]

    shop.end(version["solutionVersionArn"])
    machines.started.clear()
    assert "before" in shop.due()
    shop.told("mend")
    assert machines.started == []


def test_a_call_that_dies_before_it_starts_the_machine_and_comes_again_starts_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: str) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(shop.bench.machines, "start", die)
        with pytest.raises(Killed):
            shop.due()
    assert "before" in shop.due()
    (version,) = shop.versions()
    assert shop.bench.machines.started[-1][::2] == (version["solutionVersionArn"], "train")


def test_the_schedule_of_a_solution_that_is_gone_goes_when_it_is_due(shop: Shop) -> None:
    shop.bench.schedules.broken = True
    schedule = shop.schedule
    incarnation = shop.incarnation
    shop.bench.client.delete_solution(solutionArn=shop.solution)
    shop.bench.schedules.broken = False
    assert incarnation in shop.bench.schedules.standing
    assert schedule
    assert "gone" in shop.due()
    assert incarnation not in shop.bench.schedules.standing
    shop.bench.settle()
    refused("ResourceNotFoundException", shop.bench.client.describe_solution, solutionArn=shop.solution)


def test_a_deleted_solution_has_no_schedule_and_its_namesake_one_of_its_own(shop: Shop) -> None:
    first, event = shop.incarnation, shop.schedule
    assert event
    shop.bench.client.delete_solution(solutionArn=shop.solution)
    assert shop.bench.schedules.standing == {}
    shop.bench.settle()
    shop.bench.solution(shop.described_group())
    assert list(shop.bench.schedules.standing) == [shop.incarnation] != [first]
    assert "gone" in shop.due(0, event[2])
    assert shop.versions() == []


def test_switching_off_removes_the_schedule_and_switching_on_counts_from_then(shop: Shop) -> None:
    client, bench = shop.bench.client, shop.bench
    stale = shop.schedule
    client.update_solution(solutionArn=shop.solution, performAutoTraining=False)
    assert shop.schedule is None
    bench.pass_time(3 * DAY_S)
    on_at = bench.now
    client.update_solution(solutionArn=shop.solution, performAutoTraining=True)
    assert shop.schedule and shop.schedule[:2] == (on_at + FIRST_RUN_S, 7)
    assert stale
    assert "another arrangement" in shop.due(0, stale[2])
    assert shop.versions() == []


def test_another_frequency_begins_anew_and_the_same_one_does_not(shop: Shop) -> None:
    client, bench = shop.bench.client, shop.bench
    before = shop.schedule
    bench.pass_time(DAY_S)
    weekly = {"autoTrainingConfig": {"schedulingExpression": "rate(7 days)"}}
    client.update_solution(solutionArn=shop.solution, solutionUpdateConfig=weekly)
    assert shop.schedule == before, "seven days is what it was"
    bench.settle()
    asked_at = bench.now
    daily = {"autoTrainingConfig": {"schedulingExpression": "rate(1 days)"}}
    client.update_solution(solutionArn=shop.solution, solutionUpdateConfig=daily)
    assert shop.schedule and shop.schedule[:2] == (asked_at + FIRST_RUN_S, 1)


@pytest.mark.parametrize("by", ["describe", "train", "arrange"])
def test_a_schedule_that_was_not_made_is_made_by_a_later_reader(shop: Shop, by: str) -> None:
    bench = shop.bench
    bench.schedules.broken = True
    config = {"autoTrainingConfig": {"schedulingExpression": "rate(2 days)"}}
    bench.client.update_solution(solutionArn=shop.solution, solutionUpdateConfig=config)
    bench.settle()
    assert shop.described()["latestSolutionUpdate"]["status"] == ACTIVE
    bench.schedules.broken = False
    assert shop.schedule and shop.schedule[1] == 7
    if by == "describe":
        shop.described()
    elif by == "train":
        bench.version(shop.solution)
    else:
        bench.schedules.standing.clear()
        shop.told("arrange")
    assert shop.schedule[1] == 2


@pytest.mark.parametrize("by", ["describe", "mend"])
def test_a_stack_made_anew_gets_its_schedules_back_with_their_times(shop: Shop, by: str) -> None:
    bench = shop.bench
    first = shop.schedule
    assert first
    bench.schedules.standing.clear()
    bench.schedules.group = "another"
    bench.pass_time(10 * DAY_S)
    if by == "describe":
        shop.described()
    else:
        shop.told("mend")
    assert shop.schedule == (first[0] + 14 * DAY_S, *first[1:])


def test_mending_each_day_calls_nobody_where_nothing_is_missing(shop: Shop) -> None:
    shop.bench.schedules.broken = True
    stored = shop.bench.stored(Kind.SOLUTION, "sol")
    assert shop.told("mend") == "arranged the schedules of 1 solutions and 0 recommenders"
    assert shop.bench.stored(Kind.SOLUTION, "sol") == stored


def test_a_reader_of_what_is_arranged_calls_nobody(shop: Shop) -> None:
    shop.bench.schedules.broken = True
    stored = shop.bench.stored(Kind.SOLUTION, "sol")
    shop.described()
    assert shop.bench.stored(Kind.SOLUTION, "sol") == stored


def test_a_dataset_that_went_spares_the_training(shop: Shop) -> None:
    shop.bench.client.delete_dataset(datasetArn=shop.dataset)
    shop.events.times.append(shop.bench.now + DAY_S)
    assert "needs a dataset of type INTERACTIONS" in shop.due()
    assert shop.versions() == []


def test_a_version_that_has_the_name_already_is_taken_for_the_one(shop: Shop) -> None:
    schedule = shop.schedule
    assert schedule
    due = float(int(schedule[0]))
    version_id = hashlib.sha256(f"{shop.incarnation} {due}".encode()).hexdigest()[:8]
    shop.due()
    stored = shop.bench.stored(Kind.SOLUTION, "sol")
    shop.bench.table.replace(replace(stored, inner={k: v for k, v in stored.inner.items() if "looked" not in k}))
    shop.end(f"{shop.solution}/{version_id}", CREATE_FAILED)
    assert "before" in shop.due()
    assert len(shop.versions()) == 1


@given(since=st.floats(0, 2e9), days=st.integers(1, 30), now=st.floats(0, 4e9))
def test_the_next_time_is_on_the_grid_not_past_and_less_than_a_period_away(since: float, days: int, now: float) -> None:
    arrangement = Arrangement(since, since + FIRST_RUN_S, days)
    due = arrangement.next_from(now)
    assert due >= max(now, arrangement.first) or due == pytest.approx(max(now, arrangement.first), abs=1e-3)
    assert due - max(now, arrangement.first) <= days * DAY_S
    periods = (due - arrangement.first) / (days * DAY_S)
    assert periods == pytest.approx(round(periods), abs=1e-6)
