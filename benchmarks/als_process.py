"""One factorisation in a process of its own: `python -m benchmarks.als_process FOLDER FACTORS EPOCHS THREADS`.

FOLDER holds offsets.npy and columns.npy. Prints JSON: seconds of the fit, CPU seconds, the process's peak memory and
what it held before the fit, in bytes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from reco.models import als
from reco.models.als import Objective, Pairs

OBJECTIVE = Objective(alpha=4.0, regularisation=5.0, exponent=0.0)


def measure(folder: Path, factors: int, epochs: int, threads: int) -> dict[str, Any]:
    """Runs this module in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.als_process", str(folder), str(factors), str(epochs), str(threads)]
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


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
    begun, begun_cpu = time.perf_counter(), time.process_time()
    fit = als.fit(pairs, OBJECTIVE, factors=factors, epochs=epochs, seed=0, threads=threads)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - begun_cpu
    assert np.isfinite(fit.items).all()
    found = {"seconds": seconds, "cpu": cpu, "peak": _memory("VmHWM"), "before": before, "pairs": len(pairs.columns)}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
