"""Factorisation of synthetic interactions of growing size, each fit in a fresh process: seconds and peak memory."""

from __future__ import annotations

import functools
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import als_process, synthetic
from benchmarks.speed_rows import Row, Skipped

EPOCHS = 8
FACTORS = 64
THREADS = 2
SHAPES = {"1M": (20_000, 8_000, 1_000_000), "5M": (100_000, 30_000, 5_000_000), "25M": (400_000, 80_000, 25_000_000)}
"""Users, items, events."""
LARGEST = "ALS, 8 epochs, in a process of its own"
GROWTH = "ALS, growth of seconds per interaction"
_GB = 1e9


def largest(data: Path | None, runs: int) -> Iterator[Row | Skipped]:
    """25M interactions: seconds and peak memory. Once, whatever `runs`."""
    found = _measured("25M", 1)
    yield Row(
        LARGEST,
        _shape("25M", found),
        FACTORS,
        ours_s=round(found["seconds"], 2),
        bar="240 s, 3 GB",
        aim="90 s, 1.5 GB",
        quality={
            "cpu_s": round(found["cpu"], 2),
            "peak_GB": round(found["peak"] / _GB, 2),
            "held_before_GB": round(found["before"] / _GB, 2),
        },
    )


def growth(data: Path | None, runs: int) -> Iterator[Row | Skipped]:
    """Seconds per interaction and epoch at 1M, 5M and 25M; the ratio is that of the smaller size to the larger."""
    sizes = {name: _measured(name, 1 if name == "25M" else runs) for name in SHAPES}
    each = {name: found["seconds"] / found["pairs"] for name, found in sizes.items()}
    each_cpu = {name: found["cpu"] / found["pairs"] for name, found in sizes.items()}
    for small, bar in (("5M", "0.77x (within 30%)"), ("1M", "0.5x (at most twice)")):
        yield Row(
            GROWTH,
            f"{small} to 25M",
            FACTORS,
            ours_s=float(f"{each['25M']:.4g}"),
            ratio=round(each[small] / each["25M"], 2),
            cpu_ratio=round(each_cpu[small] / each_cpu["25M"], 2),
            bar=bar,
            aim="1x (flat)",
            quality={
                "ns_a_pair_and_epoch_small": round(1e9 * each[small] / EPOCHS, 1),
                "ns_a_pair_and_epoch_25M": round(1e9 * each["25M"] / EPOCHS, 1),
            },
        )


@functools.cache
def _measured(name: str, runs: int) -> dict[str, Any]:
    """Medians over fresh processes; remembered, so that both rows rest on one run of the largest."""
    with tempfile.TemporaryDirectory() as folder:
        als_process.save(Path(folder), synthetic.pairs(*SHAPES[name]))
        found = [als_process.measure(Path(folder), FACTORS, EPOCHS, THREADS) for _ in range(runs)]
    return {key: statistics.median(each[key] for each in found) for key in found[0]}


def _shape(name: str, found: dict[str, Any]) -> str:
    users, items, _ = SHAPES[name]
    return f"synthetic, {found['pairs'] / 1e6:.1f}M interactions, {users:,} users, {items:,} items"
