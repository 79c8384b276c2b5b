"""What a stack keeps on disk: one SQLite file, and a file for the body of each S3 object.

    FOLDER/journal.sqlite    items, objects, requests, executions, records not yet delivered
    FOLDER/bodies/NAME       the bytes of one version of one object; never changed, removed when nothing names it

Every write is committed before it returns, which is before the answer it belongs to leaves. A commit survives the end
of the process, however it ends; a loss of power may take the last moments. Values are JSON; nothing is pickled.
"""

from __future__ import annotations

import base64
import fcntl
import json
import sqlite3
import threading
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FORMAT = 1

_SCHEMA = """
CREATE TABLE IF NOT EXISTS items (name TEXT, key TEXT, item TEXT NOT NULL, PRIMARY KEY (name, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects
    (bucket TEXT, key TEXT, versions TEXT NOT NULL, PRIMARY KEY (bucket, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS requests (number INTEGER PRIMARY KEY, seed TEXT NOT NULL, request TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS executions
    (number INTEGER PRIMARY KEY, arn TEXT UNIQUE, machine TEXT NOT NULL, name TEXT NOT NULL, input TEXT NOT NULL,
     started REAL NOT NULL, ended TEXT);
CREATE TABLE IF NOT EXISTS records (number INTEGER PRIMARY KEY, stream TEXT NOT NULL, record BLOB NOT NULL);
"""


class DataDirectoryUnusable(Exception):
    """It cannot be made or written, or another stack or version wrote it; the message says which."""


class DataDirectoryInUse(DataDirectoryUnusable):
    """Another stack writes there, or a later version did."""


@dataclass(frozen=True)
class KeptRequest:
    """A request that is made again at each start."""

    seed: str
    """What moto's random numbers were seeded with, so that ids come out the same."""
    request: dict[str, Any]


@dataclass(frozen=True)
class KeptExecution:
    """An execution of a state machine."""

    arn: str
    machine: str
    """ARN."""
    name: str
    input: str
    started: float
    ended: dict[str, Any] | None
    """status, output, error, cause, stopped; None while it runs."""
    noticed: bool = True
    """Whether those who want to know of its end have been told."""


def _marked_bytes(value: Any) -> dict[str, str]:
    if not isinstance(value, bytes):
        raise TypeError(f"{type(value)} cannot be kept")
    return {"$bytes": base64.b64encode(value).decode()}


def _loaded(text: str) -> dict[str, Any]:
    item: dict[str, Any] = json.loads(text, object_hook=_unmarked_bytes if '"$bytes"' in text else None)
    return item


def _unmarked_bytes(value: dict[str, Any]) -> Any:
    # An item's own map has typed values under its names, never a text.
    text = value.get("$bytes")
    return base64.b64decode(text) if isinstance(text, str) else value


class Journal:
    """Reads and writes a data directory; usable from every thread."""

    def __init__(self, folder: Path) -> None:
        """Opens the folder, which is made when it is not there.

        Raises:
            DataDirectoryUnusable: see its docstring.
        """
        self.bodies = folder / "bodies"
        try:
            self.bodies.mkdir(parents=True, exist_ok=True)
            self._lock_file = (folder / "lock").open("w")
        except OSError as error:
            raise DataDirectoryUnusable(
                f"{folder} cannot be made or written ({error.strerror}): choose another folder"
            ) from error
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock_file.close()
            raise DataDirectoryInUse(f"another stack runs on {folder}: stop it, or choose another folder") from error
        self._lock = threading.RLock()
        try:
            self._connection = sqlite3.connect(folder / "journal.sqlite", check_same_thread=False, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            (found,) = self._connection.execute("PRAGMA user_version").fetchone()
        except sqlite3.Error as error:
            self._lock_file.close()
            raise DataDirectoryUnusable(
                f"{folder / 'journal.sqlite'} cannot be used ({error}): choose another folder"
            ) from error
        if found not in (0, FORMAT):
            self.close()
            raise DataDirectoryInUse(f"{folder} was written by another version of Reco (format {found}, not {FORMAT})")
        self._connection.executescript(f"{_SCHEMA} PRAGMA user_version={FORMAT};")

    def close(self) -> None:
        self._connection.close()
        self._lock_file.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction; nobody else writes meanwhile."""
        with self._lock:
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def _read(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    # DynamoDB

    def write_items(self, table: str, items: Iterable[tuple[str, dict[str, Any] | None]]) -> None:
        """Keeps the items as they now are, by key; None forgets one."""
        with self.writing() as connection:
            for key, item in items:
                if item is None:
                    connection.execute("DELETE FROM items WHERE name = ? AND key = ?", (table, key))
                else:
                    text = json.dumps(item, separators=(",", ":"), default=_marked_bytes)
                    connection.execute("INSERT OR REPLACE INTO items VALUES (?, ?, ?)", (table, key, text))

    def forget_table(self, table: str) -> None:
        with self.writing() as connection:
            connection.execute("DELETE FROM items WHERE name = ?", (table,))

    def items(self) -> list[tuple[str, dict[str, Any]]]:
        """Table and item of all, in order of table and key."""
        rows = self._read("SELECT name, item FROM items ORDER BY name, key")
        return [(name, _loaded(item)) for name, item in rows]

    # S3

    def new_body(self) -> Path:
        """Where to write the body of an object that is to be kept."""
        return self.bodies / uuid.uuid4().hex

    def write_object(self, bucket: str, key: str, versions: Sequence[dict[str, Any]]) -> None:
        """Keeps the versions of an object, oldest first; none forgets it. Bodies that nothing names go."""
        with self.writing() as connection:
            before = connection.execute("SELECT versions FROM objects WHERE bucket = ? AND key = ?", (bucket, key))
            named = [version.get("body") for row in before for version in json.loads(row[0])]
            if versions:
                text = json.dumps(versions, separators=(",", ":"))
                connection.execute("INSERT OR REPLACE INTO objects VALUES (?, ?, ?)", (bucket, key, text))
            else:
                connection.execute("DELETE FROM objects WHERE bucket = ? AND key = ?", (bucket, key))
        kept = {version.get("body") for version in versions}
        for body in named:
            if body and body not in kept:
                (self.bodies / body).unlink(missing_ok=True)

    def objects(self) -> list[tuple[str, str, list[dict[str, Any]]]]:
        """Bucket, key and versions of all."""
        rows = self._read("SELECT bucket, key, versions FROM objects ORDER BY bucket, key")
        return [(bucket, key, json.loads(versions)) for bucket, key, versions in rows]

    def remove_orphans(self) -> None:
        """Removes bodies that were written for an object that was never acknowledged."""
        named = {version.get("body") for _, _, versions in self.objects() for version in versions}
        for path in self.bodies.iterdir():
            if path.name not in named:
                path.unlink()

    # Requests

    def add_request(self, seed: str, request: dict[str, Any]) -> None:
        with self.writing() as connection:
            connection.execute("INSERT INTO requests (seed, request) VALUES (?, ?)", (seed, json.dumps(request)))

    def requests(self) -> list[KeptRequest]:
        """In the order they were made."""
        rows = self._read("SELECT seed, request FROM requests ORDER BY number")
        return [KeptRequest(seed, json.loads(request)) for seed, request in rows]

    # Executions

    def start_execution(self, arn: str, machine: str, name: str, execution_input: str, started: float) -> None:
        """Keeps a start; the start of an execution that is kept already changes nothing."""
        with self.writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO executions (arn, machine, name, input, started) VALUES (?, ?, ?, ?, ?)",
                (arn, machine, name, execution_input, started),
            )

    def end_execution(self, arn: str, ended: dict[str, Any]) -> None:
        """Keeps how an execution ended; nobody has been told of it yet."""
        with self.writing() as connection:
            connection.execute("UPDATE executions SET ended = ? WHERE arn = ?", (json.dumps(ended), arn))

    def mark_noticed(self, arn: str) -> None:
        """Keeps that whoever wants to know of this execution's end has been told."""
        with self.writing() as connection:
            statement = "UPDATE executions SET ended = json_set(ended, '$.noticed', json('true')) WHERE arn = ?"
            connection.execute(statement, (arn,))

    def executions(self) -> list[KeptExecution]:
        """In the order they were started. An end without a word of notices was kept by an earlier version."""
        rows = self._read("SELECT arn, machine, name, input, started, ended FROM executions ORDER BY number")
        kept = []
        for arn, machine, name, given, started, text in rows:
            ended = json.loads(text) if text else None
            noticed = bool(ended and ended.pop("noticed", False))
            kept.append(KeptExecution(arn, machine, name, given, started, ended, noticed))
        return kept

    # Firehose

    def keep_records(self, stream: str, records: Sequence[bytes]) -> list[int]:
        with self.writing() as connection:
            statement = "INSERT INTO records (stream, record) VALUES (?, ?)"
            numbers = [connection.execute(statement, (stream, record)).lastrowid for record in records]
        return [number for number in numbers if number is not None]

    def kept_records(self) -> list[tuple[str, int, bytes]]:
        rows = self._read("SELECT stream, number, record FROM records ORDER BY number")
        return [(stream, number, record) for stream, number, record in rows]

    def forget_records(self, numbers: Sequence[int]) -> None:
        with self.writing() as connection:
            connection.executemany("DELETE FROM records WHERE number = ?", [(number,) for number in numbers])
