"""How much of a request is AWS: the time its clients take, apart from the time that is our own."""

from __future__ import annotations

import threading
import time
from typing import Any


class Stopwatch:
    """Sums the time that watched clients spend in calls, from parameters to parsed answer, thread by thread."""

    def __init__(self) -> None:
        self._local = threading.local()

    def watch(self, client: Any) -> Any:
        """Counts this client's calls from now on; returns the client."""
        client.meta.events.register_first("provide-client-params", self._begin)
        # First: what else looks at the answer may raise, and the time has passed all the same.
        client.meta.events.register_first("after-call", self._end)
        client.meta.events.register_last("after-call-error", self._end)
        return client

    def take(self) -> float:
        """Seconds counted in this thread since it was last asked; counting starts again at 0."""
        taken: float = getattr(self._local, "sum", 0.0)
        self._local.sum = 0.0
        return taken

    def _begin(self, **_: Any) -> None:
        self._local.began = time.perf_counter()

    def _end(self, **_: Any) -> None:
        began = getattr(self._local, "began", None)
        if began is not None:
            self._local.sum = getattr(self._local, "sum", 0.0) + time.perf_counter() - began
            self._local.began = None
