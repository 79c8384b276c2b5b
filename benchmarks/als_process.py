"""One factorisation in a process of its own: `python -m benchmarks.als_process FOLDER FACTORS EPOCHS THREADS`.

FOLDER holds offsets.npy and columns.npy. Prints JSON: seconds of the fit, CPU seconds with those of its workers, the
process's peak memory and what it held before the fit, in bytes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.alternated import cpu_seconds
from reco.models import als
from reco.models.als import Objective, Pairs

LOOK_EVERY_S = 0.2
OBJECTIVE = Objective(alpha=4.0, regularisation=5.0, exponent=0.0)


def measure(folder: Path, factors: int, epochs: int, threads: int) -> dict[str, Any]:
    """Runs this module in a fresh process, and watches what it and its workers hold together."""
    command = [sys.executable, "-m", "benchmarks.als_process", str(folder), str(factors), str(epochs), str(threads)]
    peak = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            peak = max(peak, _held_by(process.pid))
            time.sleep(LOOK_EVERY_S)
        output = process.stdout.read() if process.stdout else ""
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with status {process.returncode}")
    found = dict(json.loads(output))
    return {**found, "peak": max(peak, found["peak"])}


def _held_by(process: int) -> int:
    """Bytes of memory of a process and its children, what they share counted once."""
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        rolled = [Path(f"/proc/{each}/smaps_rollup").read_text() for each in (process, *children)]
    except (OSError, ProcessLookupError):
        # It ends, or a child does, between the looks.
        return 0
    lines = (line.split() for text in rolled for line in text.splitlines())
    return sum(1024 * int(words[1]) for words in lines if words[0] == "Pss:")


def save(folder: Path, pairs: Pairs) -> None:
    """Leaves pairs of weight 1 in a folder."""
    np.save(folder / "offsets.npy", pairs.offsets)
    np.save(folder / "columns.npy", pairs.columns)


def _load(folder: Path) -> Pairs:
    offsets, columns = np.load(folder / "offsets.npy"), np.load(folder / "columns.npy")
    return Pairs(offsets, columns, np.ones(len(columns), np.float32), int(columns.max()) + 1)


def _memory(field: str) -> int:
    """Bytes of resident memory, now (VmRSS) or at its peak (VmHWM). Not getrusage's, which counts what the process was
    before it became this program."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return 1024 * int(line.split()[1])
    raise LookupError(field)


def main() -> None:
    folder, (factors, epochs, threads) = Path(sys.argv[1]), map(int, sys.argv[2:5])
    pairs = _load(folder)
    before = _memory("VmRSS")
    begun, begun_cpu = time.perf_counter(), cpu_seconds()
    fit = als.fit(pairs, OBJECTIVE, factors=factors, epochs=epochs, seed=0, threads=threads)
    seconds, cpu = time.perf_counter() - begun, cpu_seconds() - begun_cpu
    assert np.isfinite(fit.items).all()
    found = {"seconds": seconds, "cpu": cpu, "peak": _memory("VmHWM"), "before": before, "pairs": len(pairs.columns)}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
