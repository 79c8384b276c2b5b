"""The workers of a factorisation: every task once, whoever does it; what is lost is noticed; nobody is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from reco.models.als_crew import MOST_TASKS, Crew, Order, WorkerLost, crew_size, shared_zeros

FILL: Order = (7, 1, 2, 3)


def filling(table: NDArray[Any]) -> Callable[[Order, int, list[int]], None]:
    """Counts how often each task is done."""

    def perform(order: Order, task: int, done: list[int]) -> None:
        assert order == FILL
        done.append(task)
        table[task] += 1

    return perform


@pytest.mark.parametrize("size", [1, 2, 4])
@pytest.mark.parametrize("count", [0, 1, 3, 2 * MOST_TASKS + 17])
def test_every_task_is_done_once_in_each_of_several_orders(size: int, count: int) -> None:
    table = shared_zeros(max(count, 1), dtype=np.int64)
    with Crew(size, filling(table), list) as crew:
        for _ in range(3):
            crew.each(FILL, count)
    assert (table[:count] == 3).all()
    assert not table[count:].any()


def test_a_worker_that_fails_is_noticed_and_the_others_end(capfd: pytest.CaptureFixture[str]) -> None:
    me = os.getpid()

    def perform(order: Order, task: int, equipment: object) -> None:
        if os.getpid() != me:
            raise MemoryError("no room for this")

    crew = Crew(3, perform, object)
    with pytest.raises(WorkerLost), crew:
        # A worker that comes late finds no task; some round has one.
        for _ in range(200):
            crew.each(FILL, 64)
    assert "no room for this" in capfd.readouterr().err
    assert all(_is_gone(worker) for worker in crew._workers)


def test_a_worker_that_is_killed_is_noticed() -> None:
    crew = Crew(2, lambda order, task, equipment: None, object)
    with pytest.raises(WorkerLost), crew:
        os.kill(crew._workers[0], signal.SIGKILL)
        os.waitid(os.P_PID, crew._workers[0], os.WEXITED | os.WNOWAIT)
        crew.each(FILL, 5)


def test_workers_end_when_their_parent_is_killed() -> None:
    program = (
        "import os, signal\n"
        "from reco.models.als_crew import Crew\n"
        "with Crew(3, lambda *_: None, object) as crew:\n"
        "    print(*crew._workers, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    # The pipe of what they print ends when the last of them does, so they are gone by now.
    assert found.returncode == -signal.SIGKILL
    assert len(found.stdout.split()) == 2


def test_only_where_a_fork_is_safe_is_there_more_than_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert crew_size(0) == 1
    monkeypatch.setattr(sys, "platform", "linux")
    assert crew_size(4) == 4
    monkeypatch.setattr(sys, "platform", "darwin")
    assert crew_size(4) == 1


def _is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False
