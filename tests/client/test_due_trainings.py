"""Which time of a schedule is due, whenever the schedule itself was made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reco.client.due_trainings import latest_due
from reco.control.automatic_training import Arrangement
from reco.errors import InvalidInput
from reco.jobs.schedules import DAY_S, FIRST

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def made(arrangement: Arrangement, at: float) -> dict[str, object]:
    """The schedule as Scheduler has it, made then."""
    start = datetime.fromtimestamp(arrangement.next_from(at), UTC)
    return {"Name": "n", "ScheduleExpression": f"rate({24 * arrangement.days} hours)", "StartDate": start}


@given(
    since=st.integers(0, 10**9),
    days=st.integers(1, 30),
    made_after=st.floats(0, 400 * DAY_S),
    asked_after=st.integers(-DAY_S, 400 * DAY_S),
)
def test_it_is_the_latest_of_all_times_since_the_first_whenever_the_schedule_was_made(
    since: int, days: int, made_after: float, asked_after: int
) -> None:
    arrangement = Arrangement(float(since), float(since + 3000), days)
    now = datetime.fromtimestamp(since + asked_after, UTC)
    due = latest_due(made(arrangement, since + made_after), {FIRST: arrangement.first}, now)
    first = datetime.fromtimestamp(arrangement.first, UTC)
    times = [first + timedelta(days=days * number) for number in range(402)]
    assert due == max((each for each in times if each <= now), default=None)


def test_a_schedule_that_does_not_say_its_first_time_begins_with_the_one_it_has() -> None:
    schedule = {"Name": "n", "ScheduleExpression": "rate(24 hours)", "StartDate": NOON}
    assert latest_due(schedule, {}, NOON - timedelta(seconds=1)) is None
    assert latest_due(schedule, {}, NOON + timedelta(hours=47)) == NOON + timedelta(days=1)


def test_a_schedule_that_is_not_ours_is_named() -> None:
    schedule = {"Name": "theirs", "ScheduleExpression": "cron(0 12 * * ? *)", "StartDate": NOON}
    with pytest.raises(InvalidInput, match="theirs is no schedule of automatic training"):
        latest_due(schedule, {}, NOON)
