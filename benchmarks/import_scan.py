"""The import's scan: its time against a plain DuckDB read, and what bad input costs.

    python -m benchmarks.import_scan            both tables
    python -m benchmarks.import_scan bad-input  the second alone

The plain read is `CREATE TABLE ... AS SELECT * FROM read_csv(...)` of the same columns and types, which checks nothing
that the scan checks. Both run with two threads, in turns, on a file that the system has in memory.
"""

from __future__ import annotations

import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from reco.datasets.building import build_snapshot
from reco.datasets.rejects import tally, write_report
from reco.datasets.scan import Scan, open_database
from reco.datasets.schemas import parse_schema

THREADS = 2
COLUMNS = {"USER_ID": "string", "ITEM_ID": "string", "TIMESTAMP": "long"}
SCHEMA = json.dumps(
    {
        "type": "record",
        "name": "Interactions",
        "fields": [{"name": name, "type": kind} for name, kind in COLUMNS.items()],
    }
)
HEADER = ",".join(COLUMNS).encode() + b"\n"


def measure(rows: int = 3_000_000, runs: int = 3) -> dict[str, Any]:
    """Scans synthetic interactions `runs` times, each time after a plain read of them.

    Returns:
        Seconds (medians) and `ratio`, the median of the runs' ratios; `cpu_ratio` is the same of processor time, which
        a busy machine blurs less. `quoted_ratio` is of the same rows with every string in quotes, against a plain read
        of those. `import_s` is from file to written snapshot.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plain_file, quoted_file = folder / "plain.csv", folder / "quoted.csv"
        _write_interactions(plain_file, rows, quote=False)
        _write_interactions(quoted_file, rows, quote=True)
        plain, quoted = (_compare(path, folder, runs) for path in (plain_file, quoted_file))
        imports = [_time(lambda: _import(plain_file, folder))[0] for _ in range(runs)]
        return {
            "rows": rows,
            "bytes": plain_file.stat().st_size,
            "plain_read_s": plain["read"],
            "scan_s": plain["scan"],
            "ratio": plain["ratio"],
            "cpu_ratio": plain["cpu_ratio"],
            "quoted_ratio": quoted["ratio"],
            "quoted_cpu_ratio": quoted["cpu_ratio"],
            "import_s": round(statistics.median(imports), 3),
        }


def measure_bad_input(rows: int = 3_000_000, garbage_bytes: int = 100_000_000) -> list[dict[str, Any]]:
    """Scans each kind of bad input in a process of its own, report written; prints and returns time and peak memory."""
    results = []
    with tempfile.TemporaryDirectory() as name:
        for kind, write in BAD_INPUTS.items():
            path = Path(name) / "bad.csv"
            write(path, garbage_bytes if "garbage" in kind else rows)
            command = [sys.executable, "-m", "benchmarks.import_scan", "scan-one", str(path)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            result = {"input": kind, "megabytes": round(path.stat().st_size / 1e6), **json.loads(done.stdout)}
            results.append(result)
            print(
                f"{kind:34} {result['megabytes']:4} MB  {result['seconds']:6.2f} s  peak {result['peak_mb']:5} MB  "
                f"{result['outcome']}",
                flush=True,
            )
    return results


def _bad_cells(path: Path, rows: int) -> None:
    _write_lines(path, rows, lambda row: b"u%d,i%d,never\n" % (row % 60_000, row % 20_000))


def _wrong_column_counts(path: Path, rows: int) -> None:
    _write_lines(path, rows, lambda row: b"u%d,i%d\n" % (row % 60_000, row % 20_000))


def _unterminated_quotes(path: Path, rows: int) -> None:
    _write_lines(path, rows, lambda row: b'u%d,"i%d,%d\n' % (row % 60_000, row % 20_000, row))


def _one_bad_line_in_a_thousand(path: Path, rows: int) -> None:
    good, bad = b"u%d,i%d,%d\n", b'u%d,"i%d,%d\n'
    _write_lines(path, rows, lambda row: (good if row % 1000 else bad) % (row % 60_000, row % 20_000, row))


def _garbage(path: Path, size: int) -> None:
    _write_garbage(path, b"", size)


def _garbage_after_a_header(path: Path, size: int) -> None:
    _write_garbage(path, HEADER, size)


def _garbage_without_line_ends(path: Path, size: int) -> None:
    path.write_bytes(HEADER + b"x" * size)


BAD_INPUTS: dict[str, Callable[[Path, int], None]] = {
    "bad cells": _bad_cells,
    "wrong column counts": _wrong_column_counts,
    "unterminated quotes": _unterminated_quotes,
    "one bad line in a thousand": _one_bad_line_in_a_thousand,
    "garbage": _garbage,
    "garbage after a header": _garbage_after_a_header,
    "garbage without line ends": _garbage_without_line_ends,
}


def _write_lines(path: Path, rows: int, line: Callable[[int], bytes]) -> None:
    with path.open("wb") as file:
        file.write(HEADER)
        file.writelines(line(row) for row in range(rows))


def _write_garbage(path: Path, beginning: bytes, size: int) -> None:
    rng = random.Random(0)
    with path.open("wb") as file:
        file.write(beginning)
        for _ in range(size // 1_000_000):
            file.write(rng.randbytes(1_000_000))


def _write_interactions(path: Path, rows: int, *, quote: bool) -> None:
    """60,000 users and 20,000 items, some of each far more frequent than others."""
    users = "'u' || (hash(n) % 60000)"
    items = "'i' || floor(pow((hash(n + 1) % 1000003) / 1000003, 3) * 20000)::INTEGER"
    times = "1200000000 + (hash(n + 2) % 400000000)::BIGINT"
    query = f"SELECT {users} AS USER_ID, {items} AS ITEM_ID, {times} AS TIMESTAMP FROM range({rows}) r(n)"  # noqa: S608
    forced = ", FORCE_QUOTE (USER_ID, ITEM_ID)" if quote else ""
    with duckdb.connect() as database:
        database.execute(f"COPY ({query}) TO '{path}' (HEADER{forced})")


def _compare(path: Path, folder: Path, runs: int) -> dict[str, float]:
    reads, scans = [], []
    for _ in range(runs):
        reads.append(_time(lambda: _read(path, folder)))
        scans.append(_time(lambda: _scan(path, folder)))
    pairs = list(zip(scans, reads, strict=True))
    return {
        "read": round(statistics.median(seconds for seconds, _ in reads), 3),
        "scan": round(statistics.median(seconds for seconds, _ in scans), 3),
        "ratio": round(statistics.median(scan[0] / read[0] for scan, read in pairs), 2),
        "cpu_ratio": round(statistics.median(scan[1] / read[1] for scan, read in pairs), 2),
    }


def _read(path: Path, folder: Path) -> None:
    types = {"string": "VARCHAR", "long": "BIGINT"}
    columns = ", ".join(f"'{name}': '{types[kind]}'" for name, kind in COLUMNS.items())
    with open_database(folder, threads=THREADS) as database:
        database.execute(
            f"CREATE TABLE t AS SELECT * FROM read_csv(?, header=true, auto_detect=false, columns={{{columns}}})",  # noqa: S608
            [str(path)],
        )


def _scan(path: Path, folder: Path) -> None:
    with open_database(folder, threads=THREADS) as database:
        Scan(database, parse_schema(SCHEMA), folder).add(path, path.name)


def _import(path: Path, folder: Path) -> None:
    with open_database(folder, threads=THREADS) as database:
        scan = Scan(database, parse_schema(SCHEMA), folder)
        scan.add(path, path.name)
        counted = tally(scan)
        built = build_snapshot(scan, SCHEMA, folder / "snapshot")
        write_report(scan, counted, folder / "report", data_report=built.data_report)


def _scan_one(path: Path) -> dict[str, Any]:
    """Time, peak memory and outcome of scanning one file, the report included."""

    def run() -> str:
        with open_database(path.parent, threads=THREADS) as database:
            scan = Scan(database, parse_schema(SCHEMA), path.parent)
            try:
                scan.add(path, path.name)
            except Exception as error:
                return f"{type(error).__name__}: {str(error)[:60]!r}..."
            counted = tally(scan)
            write_report(scan, counted, path.parent / "report")
            return f"{counted.accepted} accepted, {counted.rejected} rejected"

    outcome = ""

    def noted() -> None:
        nonlocal outcome
        outcome = run()

    seconds, _ = _time(noted)
    return {"seconds": round(seconds, 2), "peak_mb": _peak_megabytes(), "outcome": outcome}


def _peak_megabytes() -> int:
    """Most memory this program held. Where Linux says so: getrusage there counts what the parent held, too."""
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _time(action: Callable[[], None]) -> tuple[float, float]:
    """Seconds on the clock and on the processors."""
    start, before = time.perf_counter(), os.times()
    action()
    after = os.times()
    return time.perf_counter() - start, after.user + after.system - before.user - before.system


if __name__ == "__main__":
    if sys.argv[1:2] == ["scan-one"]:
        print(json.dumps(_scan_one(Path(sys.argv[2]))))
    else:
        if sys.argv[1:2] != ["bad-input"]:
            print(json.dumps(measure(), indent=2))
        measure_bad_input()
