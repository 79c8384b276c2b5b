"""Published artefacts on the local disk: each fetched once, under a limit, the least recently used making room.

A published artefact never changes and its digest is its identity, so nothing here is ever out of date.
"""

from __future__ import annotations

import shutil
import threading
from bisect import bisect_right
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from reco.artefact.files import Artefact
from reco.artefact.manifest import MANIFEST, ArrayEntry, Manifest
from reco.errors import CorruptArtefact
from reco.storage.objects import Objects

Loaded = TypeVar("Loaded")

FIRST_READ_BYTES = 200_000_000
"""What is read before the first answer, at most, as far as leaving arrays of rows in S3 can see to it: three seconds at
70 MB/s. A read of rows that stayed there costs some ten milliseconds."""

_FETCHERS = 8
_READERS = 10
"""Reads of rows under way at once: as many as a client keeps connections."""
_NEAR_BYTES = 1 << 14
"""Rows of one array that lie no further apart are fetched by one read."""
_ONE_READ_BYTES = 1 << 23
"""Larger arrays are fetched in parts of this size, side by side."""


class FetchedArtefact(Artefact):
    """An artefact on local disk, of which some large arrays stayed in S3: of those, `rows` alone works."""

    def __init__(
        self, folder: Path, manifest: Manifest, digest: str, *, objects: Objects, address: str, far: Collection[str]
    ) -> None:
        super().__init__(folder, manifest, digest)
        self._objects = objects
        self._address = address
        self._far = frozenset(far)

    def array(self, name: str) -> NDArray[Any]:
        if name in self._far:
            raise ValueError(f"{name} is too large to be here as a whole; read its rows")
        return super().array(name)

    def rows(self, name: str, start: int, stop: int) -> NDArray[Any]:
        if name not in self._far:
            return super().rows(name, start, stop)
        entry = self.manifest.arrays[name]
        content = self._objects.read_range(self._address + entry.file, *entry.byte_range(start, stop))
        return np.frombuffer(content, entry.element).reshape(stop - start, *entry.shape[1:])

    def is_here(self, name: str) -> bool:
        return name not in self._far

    def spans(self, name: str, spans: Sequence[tuple[int, int]]) -> list[NDArray[Any]]:
        """Rows from each start to its stop; those in S3 are read side by side, close ones by one read."""
        if name not in self._far or len(spans) < 2:
            return super().spans(name, spans)
        row = self.manifest.arrays[name].byte_range(0, 1)[1]
        runs = _joined(spans, max(1, _NEAR_BYTES // max(row, 1)))
        with ThreadPoolExecutor(min(len(runs), _READERS)) as readers:
            contents = list(readers.map(lambda run: self.rows(name, *run), runs))
        starts = [start for start, _ in runs]
        found = []
        for start, stop in spans:
            run = bisect_right(starts, start) - 1
            found.append(contents[run][start - starts[run] : stop - starts[run]])
        return found


def _joined(spans: Sequence[tuple[int, int]], gap: int) -> list[tuple[int, int]]:
    """Rising runs of rows that hold all spans; spans with less than `gap` rows between them share one."""
    runs: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        if runs and start - runs[-1][1] < gap:
            runs[-1] = runs[-1][0], max(stop, runs[-1][1])
        else:
            runs.append((start, stop))
    return runs


@dataclass
class _Entry(Generic[Loaded]):
    """One artefact of the cache; `loaded` is set once, under `lock`."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    loaded: Loaded | None = None
    bytes: int = 0
    used: int = 0


class ArtefactCache(Generic[Loaded]):
    """Artefacts by digest, as `load` makes them. Any number of threads may ask; each artefact is fetched once."""

    def __init__(
        self,
        folder: Path,
        objects: Objects,
        limit_bytes: int,
        load: Callable[[Artefact], Loaded],
        *,
        by_rows: Collection[str] = (),
        first_read_bytes: int = FIRST_READ_BYTES,
    ) -> None:
        """
        Args:
            folder: this cache's own; what is in it may be removed at any time.
            limit_bytes: of disk. An artefact larger than that is fetched all the same, alone.
            by_rows: arrays that `load` and its result read by rows only.
            first_read_bytes: the largest of those stay in S3 until no more than this is fetched, or none are left.
        """
        self._folder = folder
        self._objects = objects
        self._limit_bytes = limit_bytes
        self._load = load
        self._by_rows = frozenset(by_rows)
        self._first_read_bytes = first_read_bytes
        self._entries: dict[str, _Entry[Loaded]] = {}
        self._lock = threading.Lock()
        self._uses = 0

    def fetch(self, address: str, digest: str) -> Loaded:
        """The artefact at s3://.../, whose manifest has this digest.

        Raises:
            CorruptArtefact: it is not there, or not what its digest says.
        """
        with self._lock:
            entry = self._entries.setdefault(digest, _Entry())
            self._uses += 1
            entry.used = self._uses
        if entry.loaded is None:
            with entry.lock:
                if entry.loaded is None:
                    artefact, size = self._download(address, digest)
                    entry.loaded, entry.bytes = self._load(artefact), size
        return entry.loaded

    def _download(self, address: str, digest: str) -> tuple[Artefact, int]:
        text = self._objects.read_text(address + MANIFEST)
        if text is None:
            raise CorruptArtefact(f"{address} has no {MANIFEST}")
        manifest = Manifest.parse(text.encode(), digest=digest)
        entries = list(manifest.arrays.values())
        far = self._left_in_s3(entries)
        near = [entry for entry in entries if entry.name not in far]
        size = sum(entry.bytes for entry in near)
        self._make_room(size, keep=digest)
        folder = self._folder / digest
        aside = self._folder / f".{digest}.{token_hex(4)}"
        try:
            aside.mkdir(parents=True)
            self._download_arrays(address, near, aside)
            (aside / MANIFEST).write_text(text, encoding="utf-8")
            shutil.rmtree(folder, ignore_errors=True)
            aside.rename(folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        artefact = FetchedArtefact(folder, manifest, digest, objects=self._objects, address=address, far=far)
        for entry in near:
            # Mapped now, an array outlives its file: another artefact may make this one go while it is in use.
            artefact.array(entry.name)
        return artefact, size

    def _left_in_s3(self, entries: list[ArrayEntry]) -> set[str]:
        """The arrays of rows that need not come: the largest first, until what comes is little enough."""
        size = sum(entry.bytes for entry in entries)
        left = set()
        for entry in sorted(entries, key=lambda each: (-each.bytes, each.name)):
            if size <= self._first_read_bytes:
                break
            if entry.name in self._by_rows:
                left.add(entry.name)
                size -= entry.bytes
        return left

    def _download_arrays(self, address: str, entries: list[ArrayEntry], folder: Path) -> None:
        def download(part: tuple[ArrayEntry, int]) -> None:
            entry, start = part
            stop = min(start + _ONE_READ_BYTES, entry.bytes)
            content = self._objects.read_range(address + entry.file, start, stop)
            if len(content) != stop - start:
                size = start + len(content)
                raise CorruptArtefact(f"{address}{entry.file} has {size} bytes, expected {entry.bytes}")
            with (folder / entry.file).open("r+b") as file:
                file.seek(start)
                file.write(content)

        for entry in entries:
            (folder / entry.file).touch()
        parts = [(entry, start) for entry in entries for start in range(0, entry.bytes, _ONE_READ_BYTES)]
        with ThreadPoolExecutor(_FETCHERS) as fetchers:
            list(fetchers.map(download, parts))

    def _make_room(self, size: int, keep: str) -> None:
        with self._lock:
            here = {digest: entry for digest, entry in self._entries.items() if entry.loaded is not None}
            used = sum(entry.bytes for entry in here.values())
            for digest, entry in sorted(here.items(), key=lambda each: each[1].used):
                if used + size <= self._limit_bytes:
                    return
                if digest != keep:
                    used -= entry.bytes
                    del self._entries[digest]
                    shutil.rmtree(self._folder / digest, ignore_errors=True)
