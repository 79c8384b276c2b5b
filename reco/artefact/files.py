"""Writing and opening an artefact: a folder with `manifest.json` and one file for each array."""

from __future__ import annotations

import hashlib
import mmap
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.artefact.manifest import DTYPES, MANIFEST, NAME, ArrayEntry, Manifest
from reco.errors import CorruptArtefact

_PIECE = 1 << 24


def write_artefact(folder: Path, *, kind: str, arrays: Mapping[str, NDArray[Any]], attributes: dict[str, Any]) -> str:
    """Writes the folder and returns its digest: the sha256, in hex, of the manifest, which holds those of the arrays.

    The manifest is written last and an older one removed first, so a folder with a manifest is complete. The same
    content written with the same libraries gives the same digest.

    Args:
        folder: made when absent.
        kind: what the artefact is, such as "snapshot" or "model".
        arrays: by name; of numbers only (truth values as uint8), any layout in memory.
        attributes: JSON values.
    Raises:
        ValueError: a name or element type that the format has no place for; two names that differ in case alone
            (they would be one file on some systems); attributes that are not finite JSON.
    """
    if len({name.lower() for name in arrays}) < len(arrays):
        raise ValueError("array names must differ by more than upper and lower case")
    for name, array in arrays.items():
        if not NAME.fullmatch(name) or name == MANIFEST:
            raise ValueError(f"array name {name!r} may hold letters, digits, dot, dash and underscore only")
        if array.dtype.name not in DTYPES:
            raise ValueError(f"array {name} has dtype {array.dtype.name}, which the format has no place for")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    entries = {name: _write_array(folder, name, array) for name, array in arrays.items()}
    libraries = {"numpy": np.__version__, "python": platform.python_version()}
    content = Manifest(kind=kind, arrays=entries, attributes=attributes, libraries=libraries).text()
    (folder / MANIFEST).write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def open_artefact(folder: Path, *, digest: str | None = None, verify: bool = False) -> Artefact:
    """The artefact in `folder`; reads the manifest only, arrays map into memory when asked for.

    Args:
        digest: what `write_artefact` returned; checked when given.
        verify: also reads every array and compares its sha256.
    Raises:
        CorruptArtefact: the manifest or a file is missing, has another size, or is not what a digest says.
    """
    try:
        content = (folder / MANIFEST).read_bytes()
    except FileNotFoundError as error:
        raise CorruptArtefact(f"{folder} has no {MANIFEST}") from error
    artefact = Artefact(folder, Manifest.parse(content, digest=digest), hashlib.sha256(content).hexdigest())
    for entry in artefact.manifest.arrays.values():
        path = folder / entry.file
        size = path.stat().st_size if path.is_file() else None
        if size != entry.bytes:
            found = "is missing" if size is None else f"has {size} bytes, expected {entry.bytes}"
            raise CorruptArtefact(f"{path} {found}")
    if verify:
        artefact.verify()
    return artefact


class Artefact:
    """An opened artefact."""

    def __init__(self, folder: Path, manifest: Manifest, digest: str) -> None:
        self.folder = folder
        self.manifest = manifest
        self.digest = digest
        self._open: dict[str, NDArray[Any]] = {}

    @property
    def kind(self) -> str:
        return self.manifest.kind

    @property
    def attributes(self) -> dict[str, Any]:
        return self.manifest.attributes

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the arrays, sorted."""
        return tuple(sorted(self.manifest.arrays))

    def array(self, name: str) -> NDArray[Any]:
        """The whole array, mapped read-only: pages are read from disk when they are touched.

        Raises:
            CorruptArtefact: there is no array of this name.
        """
        if name not in self._open:
            self._open[name] = _map_array(self.folder, self._entry(name))
        return self._open[name]

    def rows(self, name: str, start: int, stop: int) -> NDArray[Any]:
        """Rows start to stop, stop excluded, of the array."""
        return self.array(name)[start:stop]

    def is_here(self, name: str) -> bool:
        """Whether the whole array can be had; if not, `rows` and `spans` alone work."""
        return True

    def spans(self, name: str, spans: Sequence[tuple[int, int]]) -> list[NDArray[Any]]:
        """Rows from each start to its stop, stop excluded."""
        return [self.rows(name, start, stop) for start, stop in spans]

    def verify(self) -> None:
        """Reads every array.

        Raises:
            CorruptArtefact: an array is not the one that was written; names the first such file.
        """
        for entry in self.manifest.arrays.values():
            with (self.folder / entry.file).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            if found != entry.sha256:
                raise CorruptArtefact(f"{self.folder / entry.file} has sha256 {found}, expected {entry.sha256}")

    def _entry(self, name: str) -> ArrayEntry:
        try:
            return self.manifest.arrays[name]
        except KeyError:
            raise CorruptArtefact(f"{self.folder} has no array {name}") from None


def _write_array(folder: Path, name: str, array: NDArray[Any]) -> ArrayEntry:
    plain = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    content = plain.reshape(-1).view(np.uint8).data
    digest = hashlib.sha256()
    with (folder / f"{name}.bin").open("wb") as file:
        for start in range(0, len(content), _PIECE):
            piece = content[start : start + _PIECE]
            digest.update(piece)
            file.write(piece)
    return ArrayEntry(name, array.dtype.name, array.shape, digest.hexdigest())


def _map_array(folder: Path, entry: ArrayEntry) -> NDArray[Any]:
    if entry.bytes == 0:
        empty = np.empty(entry.shape, entry.element)
        empty.setflags(write=False)
        return empty
    with (folder / entry.file).open("rb") as file:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return np.frombuffer(content, entry.element).reshape(entry.shape)
