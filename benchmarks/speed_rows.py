"""A row of the benchmark of speed, and the machine it was measured on."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.alternated import Pairs, load


@dataclass(frozen=True)
class Row:
    """One work on one data set."""

    work: str
    dataset: str
    k: int | None
    """Factors; None where the work has none."""
    ours_s: float
    """Median seconds."""
    peer_s: float | None = None
    """None where there is no peer."""
    ratio: float | None = None
    """Peer seconds / our seconds, median over alternated turns: above 1 is faster than the peer."""
    cpu_ratio: float | None = None
    """The same of CPU seconds."""
    bar: str = ""
    aim: str = ""
    quality: dict[str, float] = field(default_factory=dict)
    """What both reached, so that speed is not bought with it."""
    load: float = field(default_factory=load)
    """Of the machine, when the row was done."""


@dataclass(frozen=True)
class Skipped:
    """A row that could not be measured."""

    work: str
    dataset: str
    why: str


def of_pairs(work: str, dataset: str, k: int | None, pairs: Pairs, **more: Any) -> Row:
    """A row of alternated timings."""
    return Row(
        work,
        dataset,
        k,
        _digits(statistics.median(pairs.ours)),
        _digits(statistics.median(pairs.peer)),
        round(pairs.ratio, 2),
        round(pairs.cpu_ratio, 2),
        **more,
    )


def as_dicts(rows: list[Row | Skipped]) -> list[dict[str, Any]]:
    """For JSON: each row with its quality and the machine beside its fields."""
    machine = asdict(Machine.this())
    dicts = []
    for row in rows:
        fields = asdict(row)
        quality = fields.pop("quality", {})
        dicts.append({**fields, **quality, **machine})
    return dicts


@dataclass(frozen=True)
class Machine:
    """Where and with what."""

    cpu: str
    cores: int
    blas: str
    commit: str

    @staticmethod
    def this() -> Machine:
        return Machine(_cpu(), len(os.sched_getaffinity(0)), _blas(), _commit())


def _cpu() -> str:
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _blas() -> str:
    """The library, its version, and the processor it takes this one for when threadpoolctl can tell."""
    import numpy as np

    built: Any = np.show_config(mode="dicts")
    name = "{name} {version}".format(**built["Build Dependencies"]["blas"])
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return name
    found = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return f"{name}, {found[0]['architecture']}, {found[0]['num_threads']} thread" if found else name


def _commit() -> str:
    folder = Path(__file__).parent

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=False).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", "../reco", ".")
    return git("rev-parse", "--short", "HEAD") + (" with changes" if changed else "")


def _digits(seconds: float) -> float:
    return float(f"{seconds:.4g}")
