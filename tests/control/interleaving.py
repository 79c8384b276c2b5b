"""Two callers at one table, one step at a time: a test says who makes the next step, and who is killed where.

A step is one call to DynamoDB. Between two steps of a caller, any number of the other's may happen, as on AWS.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tests.faults import Killed


class Caller:
    """Work on its own thread that stops before every call to DynamoDB until it is told to go on."""

    def __init__(self, stage: Stage, work: Callable[[], Any]) -> None:
        self._stage = stage
        self._work = work
        self._go = threading.Semaphore(0)
        self._paused = threading.Semaphore(0)
        self._doomed = False
        self.steps = 0
        self.done = False
        self.outcome: Any = None
        """What the work returned, or the exception it ended with."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._await_pause()

    def step(self) -> None:
        """Makes the call it stands before, and goes on to the next one or to the end."""
        if not self.done:
            self.steps += 1
            self._go.release()
            self._await_pause()

    def finish(self) -> Any:
        while not self.done:
            self.step()
        return self.outcome

    def kill(self) -> None:
        """Ends it before the call it stands before."""
        if not self.done:
            self._doomed = True
            self._go.release()
            self._await_pause()

    def pause(self) -> None:
        """Called on the caller's thread before each call."""
        self._paused.release()
        self._go.acquire()
        if self._doomed:
            raise Killed

    def _await_pause(self) -> None:
        assert self._paused.acquire(timeout=300), "the caller neither paused nor ended"

    def _run(self) -> None:
        self._stage.callers[threading.get_ident()] = self
        try:
            self.outcome = self._work()
        except BaseException as error:
            self.outcome = error
        self.done = True
        self._paused.release()


class Stage:
    """A DynamoDB client that lets callers pause; other threads' calls go straight through."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.callers: dict[int, Caller] = {}

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def call(**parameters: Any) -> Any:
            caller = self.callers.get(threading.get_ident())
            if caller:
                caller.pause()
            return method(**parameters)

        return call

    def enter(self, work: Callable[[], Any]) -> Caller:
        return Caller(self, work)


def play(first: Caller, second: Caller, schedule: Iterable[bool]) -> None:
    """Lets `first` step for each True and `second` for each False, then both to their ends, `first` before."""
    for turn in schedule:
        (first if turn else second).step()
    first.finish()
    second.finish()


def one_interruption(first: int, second: int) -> Iterator[list[bool]]:
    """Every order in which one is interrupted once by some steps of the other, and the two in which none is.

    Each order once, for `play`; `first` and `second` are how many steps each makes alone.
    """
    yield [True] * first
    yield [False] * second
    for mine in range(1, first):
        for theirs in range(1, second + 1):
            yield [True] * mine + [False] * theirs
    for theirs in range(1, second):
        for mine in range(1, first + 1):
            yield [False] * theirs + [True] * mine + [False] * second
