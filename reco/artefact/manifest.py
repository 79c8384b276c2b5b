"""The manifest of an artefact: what arrays there are, what they look like, and what is known about them.

`manifest.json` is canonical JSON (sorted keys, no spaces, UTF-8), so that its sha256 is the identity of the whole:

    {"arrays": {NAME: {"dtype": "float32", "sha256": HEX, "shape": [3, 64]}, ...},
     "attributes": {...}, "format_version": 1, "kind": "model", "libraries": {"numpy": ..., "python": ...}}

Array NAME lies in `NAME.bin`: the elements alone, little-endian, row after row.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from reco.errors import CorruptArtefact

FORMAT_VERSION = 1
MANIFEST = "manifest.json"
DTYPES = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64")
"""Element types of version 1; truth values are uint8."""

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class ArrayEntry:
    """One array as the manifest describes it."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    sha256: str

    @property
    def file(self) -> str:
        return f"{self.name}.bin"

    @property
    def element(self) -> np.dtype[Any]:
        """The type of one element on disk."""
        return np.dtype(self.dtype).newbyteorder("<")

    @property
    def bytes(self) -> int:
        """Exact size of the array's file."""
        return math.prod(self.shape) * self.element.itemsize

    def byte_range(self, start: int, stop: int) -> tuple[int, int]:
        """Where rows `start` to `stop` (excluded) lie in the file: for a ranged read of an array that is elsewhere."""
        row = math.prod(self.shape[1:]) * self.element.itemsize
        return start * row, stop * row


@dataclass(frozen=True)
class Manifest:
    """A manifest that was read, or is about to be written."""

    kind: str
    arrays: Mapping[str, ArrayEntry]
    attributes: dict[str, Any]
    libraries: Mapping[str, str]

    def text(self) -> bytes:
        """The canonical bytes.

        Raises:
            ValueError: an attribute is NaN or infinite, or no JSON value at all.
        """
        document = {
            "format_version": FORMAT_VERSION,
            "kind": self.kind,
            "arrays": {
                name: {"dtype": entry.dtype, "shape": list(entry.shape), "sha256": entry.sha256}
                for name, entry in self.arrays.items()
            },
            "attributes": self.attributes,
            "libraries": dict(self.libraries),
        }
        try:
            text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        except TypeError as error:
            raise ValueError(f"attributes must be JSON values: {error}") from error
        return text.encode()

    @staticmethod
    def parse(content: bytes, *, digest: str | None = None) -> Manifest:
        """Reads a manifest's bytes; with `digest`, checks that they are the ones meant.

        Raises:
            CorruptArtefact: another digest, no JSON, another format version, or an entry that makes no sense.
        """
        found = hashlib.sha256(content).hexdigest()
        if digest is not None and found != digest:
            raise CorruptArtefact(f"{MANIFEST} has digest {found}, expected {digest}")
        try:
            document = json.loads(content)
        except ValueError as error:
            raise CorruptArtefact(f"{MANIFEST} is not JSON: {error}") from error
        if not isinstance(document, dict):
            raise CorruptArtefact(f"{MANIFEST} is not a JSON object")
        version = document.get("format_version")
        if version != FORMAT_VERSION:
            raise CorruptArtefact(f"{MANIFEST} has format version {version}; this program reads {FORMAT_VERSION}")
        try:
            return Manifest(
                kind=_text(document["kind"]),
                arrays={name: _entry(name, entry) for name, entry in document["arrays"].items()},
                attributes=dict(document["attributes"]),
                libraries=dict(document["libraries"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CorruptArtefact(f"{MANIFEST} is incomplete or malformed: {error!r}") from error


def _entry(name: str, entry: Mapping[str, Any]) -> ArrayEntry:
    shape = tuple(entry["shape"])
    if not NAME.fullmatch(name):
        raise ValueError(f"array name {name!r}")
    if entry["dtype"] not in DTYPES:
        raise ValueError(f"dtype {entry['dtype']!r} of array {name}")
    if any(not isinstance(size, int) or isinstance(size, bool) or size < 0 for size in shape):
        raise ValueError(f"shape {shape} of array {name}")
    if not _SHA256.fullmatch(entry["sha256"]):
        raise ValueError(f"sha256 of array {name}")
    return ArrayEntry(name, entry["dtype"], shape, entry["sha256"])


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a text")
    return value
