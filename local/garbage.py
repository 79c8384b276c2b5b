"""Garbage of a stack is collected while nobody waits for an answer.

moto keeps everything as Python objects, and Python's full collections look at each of them: a quarter of a second with
five thousand resources, in the middle of whatever request has made the last few hundred objects. Hardly anything is
found: what a request leaves is freed at once, or by the collections of young objects, which go on as ever. So full
ones are made after a moment in which nothing was asked, or after five minutes in which something always was.
"""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from local.front import Application, Environ, StartResponse

IDLE_S = 1.0
"""Without a request for so long, nobody is likely to ask in the next quarter of a second either."""
LONGEST_S = 300.0
"""Between two full collections of a stack that is always asked."""
_LOOK_S = 0.5
_NEVER = 1_000_000
"""Collections of the second generation before a full one: more than there will be."""


@dataclass
class Collector:
    """Knows when requests are served, and when it is time for a full collection."""

    clock: Callable[[], float] = time.monotonic
    collect: Callable[[], Any] = gc.collect
    _waiting: int = 0
    _last_served: float = field(init=False)
    _last_collected: float = field(init=False)
    _served_since: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        self._last_served = self._last_collected = self.clock()

    def watching(self, application: Application) -> Application:
        """The application, whose requests are noted."""

        def watched(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
            with self._lock:
                self._waiting += 1
            try:
                return application(environ, start_response)
            finally:
                with self._lock:
                    self._waiting -= 1
                    self._last_served, self._served_since = self.clock(), True

        return watched

    def look(self) -> bool:
        """Collects if it is time to; says whether it did. Without a request since the last time it never is."""
        with self._lock:
            now = self.clock()
            idle = self._waiting == 0 and now - self._last_served >= IDLE_S
            due = self._served_since and (idle or now - self._last_collected >= LONGEST_S)
            if due:
                self._last_collected, self._served_since = now, False
        if due:
            self.collect()
        return due


@contextmanager
def collecting_when_idle(collector: Collector) -> Iterator[Collector]:
    """Leaves full collections to the collector, which it yields, while the block runs.

    What is there at the beginning, moto's own code above all, is looked at no more: it lasts as long as the stack.
    """
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*thresholds[:2], _NEVER)
    ended = threading.Event()

    def look_now_and_then() -> None:
        while not ended.wait(_LOOK_S):
            collector.look()

    thread = threading.Thread(target=look_now_and_then, name="garbage", daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        ended.set()
        thread.join()
        gc.set_threshold(*thresholds)
        gc.unfreeze()
