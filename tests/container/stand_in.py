"""The entry with a job's own work replaced: what it does is the `schema` or recipe of its specification.

Run as a program by the tests, with the entry's arguments.
"""

from __future__ import annotations

import errno
import sys
import types
from collections.abc import Callable
from typing import Any, NoReturn

from reco.errors import UserFault
from reco.jobs.specification import ImportResult, ImportSpecification, SnapshotReference


def do(
    specification: ImportSpecification, workspace: Any, source: Any, home: Any, progress: Callable[[str], None]
) -> Any:
    result = ImportResult(SnapshotReference(specification.snapshot_uri, "d", 1), 1, 0, {}, "s3://home/r/")
    deeds: dict[str, Callable[[], Any]] = {
        "succeed": lambda: result,
        "refuse": lambda: raising(UserFault("Input CSV is missing the following columns:[ITEM_ID].")),
        "break": lambda: raising(KeyError("surprise")),
        "fill memory": lambda: raising(MemoryError()),
        "fill disk": lambda: raising(OSError(errno.ENOSPC, "No space left on device")),
        "read": lambda: source.client.get_object(Bucket="nowhere-at-all", Key="x.csv"),
        "read theirs": lambda: source.client.get_object(Bucket="callers-data", Key="clicks.csv"),
        "work in C": lambda: long_query(progress),
        "exit": lambda: sys.exit(3),
    }
    progress(f"doing {specification.schema}")
    return deeds[specification.schema]()


def raising(error: BaseException) -> NoReturn:
    raise error


def long_query(progress: Callable[[str], None]) -> None:
    """Minutes within one call of a C library: no bytecode runs, so no Python signal handler would."""
    import duckdb

    connection = duckdb.connect()
    progress("within the query")
    connection.sql("SELECT sum(a.i * b.i) FROM range(10000000) a(i), range(1000000) b(i)").fetchall()


def install() -> None:
    module = types.ModuleType("training_container.importing")
    module.run_import = do  # type: ignore[attr-defined]
    sys.modules[module.__name__] = module


if __name__ == "__main__":
    install()
    from training_container.entry import main

    sys.exit(main(sys.argv[1:]))
