"""When a stack makes full collections of garbage: never while somebody waits, if it can be helped."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from local.garbage import IDLE_S, LONGEST_S, Collector, collecting_when_idle
from tests.aws import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def collected() -> list[float]:
    """When there was a collection."""
    return []


@pytest.fixture
def collector(clock: Clock, collected: list[float]) -> Collector:
    return Collector(clock, lambda: collected.append(clock.now))


def ask(collector: Collector, work: Any = lambda: None) -> Any:
    def application(environ: Any, start_response: Any) -> list[bytes]:
        work()
        return [b"answer"]

    return collector.watching(application)({}, lambda *_: None)


def test_nothing_is_collected_before_anything_was_asked(collector: Collector, clock: Clock) -> None:
    clock.now += 10 * LONGEST_S
    assert not collector.look()


def test_once_a_moment_after_the_last_request(collector: Collector, clock: Clock, collected: list[float]) -> None:
    assert ask(collector) == [b"answer"]
    clock.now += IDLE_S / 2
    ask(collector)
    clock.now += IDLE_S / 2
    assert not collector.look()
    clock.now += IDLE_S / 2
    assert collector.look() and collected == [clock.now]
    clock.now += 10 * LONGEST_S
    assert not collector.look()


def test_not_while_somebody_waits_except_once_in_a_long_while(collector: Collector, clock: Clock) -> None:
    looked: list[bool] = []

    def wait() -> None:
        for _ in range(4):
            clock.now += LONGEST_S / 4
            looked.append(collector.look())

    ask(collector)
    ask(collector, wait)
    assert looked == [False, False, False, True]


def test_a_request_that_fails_is_over_too(collector: Collector, clock: Clock) -> None:
    with pytest.raises(ZeroDivisionError):
        ask(collector, lambda: 1 / 0)
    clock.now += IDLE_S
    assert collector.look()


def test_afterwards_python_collects_as_before(collector: Collector) -> None:
    before = gc.get_threshold(), gc.get_freeze_count()
    with collecting_when_idle(collector):
        assert gc.get_threshold()[:2] == before[0][:2]
        assert gc.get_threshold()[2] > 1000 * before[0][2]
        assert gc.get_freeze_count() > before[1]
    assert gc.get_threshold() == before[0]
    assert gc.get_freeze_count() == 0
