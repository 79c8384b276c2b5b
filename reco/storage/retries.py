"""How often a partly refused batch is sent again, and how long it waits in between."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Retries:
    """Waits that double, each drawn between half and whole, so that refused callers do not come back together."""

    attempts: int = 6
    first_wait_s: float = 0.05
    sleep: Callable[[float], None] = time.sleep
    draw: Callable[[], float] = random.random
    """Uniform in 0 to 1."""

    def __iter__(self) -> Iterator[int]:
        """Numbers the attempts from 0; the waiting happens between them. Six attempts wait 1.6 s at most."""
        for attempt in range(self.attempts):
            if attempt:
                self.sleep(self.first_wait_s * 2 ** (attempt - 1) * (0.5 + self.draw() / 2))
            yield attempt
