"""Two works timed turn by turn, so that both meet the same weather of a shared machine."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Work = Callable[[], Any]


@dataclass(frozen=True)
class Pairs:
    """Timings of our work and the peer's, one a turn, in seconds."""

    ours: list[float]
    peer: list[float]
    ours_cpu: list[float]
    peer_cpu: list[float]
    """CPU seconds of all threads and processes."""

    @property
    def ratio(self) -> float:
        """Peer seconds / our seconds: the median over the turns."""
        return statistics.median(peer / ours for ours, peer in zip(self.ours, self.peer, strict=True))

    @property
    def cpu_ratio(self) -> float:
        """The same of CPU seconds, which other work on the machine disturbs less."""
        return statistics.median(peer / ours for ours, peer in zip(self.ours_cpu, self.peer_cpu, strict=True))

    def each(self, count: int) -> Pairs:
        """The timings of one of `count` equal parts that a work has."""
        return Pairs(*([value / count for value in values] for values in vars(self).values()))


def alternate(ours: Work, peer: Work, runs: int) -> Pairs:
    """Times both `runs` times, turn by turn, the first of a turn being now the one and now the other."""
    timings: dict[Work, list[tuple[float, float]]] = {ours: [], peer: []}
    for turn in range(runs):
        for work in (ours, peer) if turn % 2 == 0 else (peer, ours):
            timings[work].append(timed(work))
    (ours_s, ours_cpu), (peer_s, peer_cpu) = (
        ([seconds for seconds, _ in timings[work]], [cpu for _, cpu in timings[work]]) for work in (ours, peer)
    )
    return Pairs(ours_s, peer_s, ours_cpu, peer_cpu)


def timed(work: Work) -> tuple[float, float]:
    """Seconds and CPU seconds of one call."""
    begun, begun_cpu = time.perf_counter(), cpu_seconds()
    work()
    return time.perf_counter() - begun, cpu_seconds() - begun_cpu


def cpu_seconds() -> float:
    """Of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def load() -> float:
    """How many processes wanted to run in the last minute, on average."""
    return round(os.getloadavg()[0], 1)
