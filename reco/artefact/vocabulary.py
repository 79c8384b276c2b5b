"""Strings and their row numbers: sorted, unique, packed into two arrays that map into memory.

A million ids stay what they are on disk, one long row of bytes and where each begins; no Python object is made for
an id that nobody asks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.artefact.files import Artefact
from reco.errors import CorruptArtefact

_WORD = 8
"""Strings are compared by this many bytes at a time."""
_PIECE = 1 << 14
"""Strings copied at a time, so that the list of places stays in the cache."""


class Vocabulary:
    """Unique strings in the order of their UTF-8 bytes; a string's place is its row.

    `packed` (uint8) is all strings one after another; string i is packed[offsets[i]:offsets[i + 1]].
    """

    def __init__(self, packed: NDArray[np.uint8], offsets: NDArray[np.int64]) -> None:
        """Takes arrays that are already sorted and unique; see `from_strings` and `index_packed` for any others."""
        self.packed = packed
        self.offsets = offsets
        self._buffer = packed.data
        self._rows: dict[str, int] | None = None

    @staticmethod
    def from_strings(strings: Iterable[str]) -> Vocabulary:
        """The distinct strings, sorted."""
        return Vocabulary.index(strings)[0]

    @staticmethod
    def index(strings: Iterable[str]) -> tuple[Vocabulary, NDArray[np.int32]]:
        """The distinct strings, and for each given string its row."""
        return Vocabulary.index_packed(*pack(strings))

    @staticmethod
    def index_packed(packed: NDArray[np.uint8], offsets: NDArray[np.int64]) -> tuple[Vocabulary, NDArray[np.int32]]:
        """The distinct strings of a packed list in any order, and for each of its strings the row.

        Cost: one sort for every eight bytes of the longest string; about 0.2 s for a million short ids.
        """
        offsets = np.ascontiguousarray(offsets, np.int64)
        first, codes = _sort_unique(packed, offsets)
        return Vocabulary(*_take(packed, offsets, first)), codes

    @staticmethod
    def of(artefact: Artefact, name: str) -> Vocabulary:
        """The vocabulary stored under `name`.

        Raises:
            CorruptArtefact: it is absent, or its two arrays do not fit together.
        """
        packed, offsets = artefact.array(f"{name}.bytes"), artefact.array(f"{name}.offsets")
        fits = offsets.ndim == 1 and len(offsets) > 0 and offsets[0] == 0 and offsets[-1] == len(packed)
        if not fits or packed.dtype != np.uint8:
            raise CorruptArtefact(f"{artefact.folder}: {name}.offsets does not fit {name}.bytes")
        return Vocabulary(packed, offsets)

    def arrays(self, name: str) -> dict[str, NDArray[Any]]:
        """What to hand to `write_artefact` so that `of` finds it again."""
        return {f"{name}.bytes": self.packed, f"{name}.offsets": self.offsets}

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> str:
        return str(self._buffer[self.offsets[row] : self.offsets[row + 1]], "utf-8")

    def __iter__(self) -> Iterator[str]:
        content, bounds = self.packed.tobytes(), self.offsets.tolist()
        for start, stop in pairwise(bounds):
            yield content[start:stop].decode()

    def strings(self, rows: Iterable[int]) -> list[str]:
        """The strings of these rows, in their order."""
        return [self[row] for row in rows]

    def row(self, text: str) -> int | None:
        """The string's row; None when it is not here. Cost: about 10 us by bisection, nothing is built."""
        if self._rows is not None:
            return self._rows.get(text)
        try:
            wanted = text.encode()
        except UnicodeEncodeError:
            return None
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if bytes(self._buffer[self.offsets[middle] : self.offsets[middle + 1]]) < wanted:
                low = middle + 1
            else:
                high = middle
        found = low < len(self) and bytes(self._buffer[self.offsets[low] : self.offsets[low + 1]]) == wanted
        return low if found else None

    def rows(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """For each string its row, -1 when it is not here.

        A long question (more than one in 64 of the vocabulary) builds a table of all rows, which stays.
        """
        if self._rows is None and len(texts) * 64 > len(self):
            self._rows = {text: row for row, text in enumerate(self)}
        found = (self.row(text) for text in texts)
        return np.fromiter((-1 if row is None else row for row in found), np.int32, len(texts))

    def union(self, other: Vocabulary) -> tuple[Vocabulary, NDArray[np.int32], NDArray[np.int32]]:
        """Both together, and the new rows of this one's and of the other's strings."""
        packed = np.concatenate([self.packed, other.packed])
        offsets = np.concatenate([self.offsets, other.offsets[1:] + self.offsets[-1]])
        together, codes = Vocabulary.index_packed(packed, offsets)
        return together, codes[: len(self)], codes[len(self) :]

    def take(self, rows: NDArray[Any]) -> Vocabulary:
        """The vocabulary of some rows, given in rising order without repeats."""
        return Vocabulary(*_take(self.packed, self.offsets, rows))


def pack(strings: Iterable[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Strings in their order as (bytes, offsets).

    Raises:
        UnicodeEncodeError: a string holds half of a surrogate pair, which UTF-8 cannot say.
    """
    encoded = [text.encode() for text in strings]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)), out=offsets[1:])
    return np.frombuffer(b"".join(encoded), np.uint8), offsets


def _sort_unique(packed: NDArray[np.uint8], offsets: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """For every distinct string, in order, one place where it stands; for every string its row.

    `rank` is the number of strings known to be smaller. Strings are compared eight bytes at a time, and only those
    that are still level with another go on; a string that is over counts as zeros, and at last the shorter comes
    first.
    """
    count = len(offsets) - 1
    starts, lengths = offsets[:-1], np.diff(offsets)
    padded = np.zeros(len(packed) + _WORD, np.uint8)
    padded[: len(packed)] = packed
    words = np.ndarray(len(packed) + 1, ">u8", padded, strides=(1,))
    rank = np.zeros(count, np.int64)
    level = np.arange(count)
    depth = 0
    while len(level):
        rest = np.minimum(lengths[level] - depth, _WORD)
        word = words[np.minimum(starts[level] + depth, len(packed))].astype(np.uint64)
        # The bytes after a string's end belong to the next: shift them out (a shift by 64 is not defined, hence two).
        drop = (8 * (_WORD - np.maximum(rest, 0))).astype(np.uint64)
        half = drop // np.uint64(2)
        word = (word >> half >> (drop - half)) << half << (drop - half)
        level = _split_level(rank, level, word)
        depth += _WORD
        if len(level):
            longest = np.zeros(count, np.int64)
            np.maximum.at(longest, rank[level], lengths[level])
            open_ = longest[rank[level]] > depth
            if not open_.all():
                # The strings of these groups are over: what is left to compare is how long they were.
                _split_level(rank, level[~open_], lengths[level[~open_]])
                level = level[open_]
    taken = np.zeros(count, np.int64)
    taken[rank] = 1
    codes = (np.cumsum(taken) - 1)[rank].astype(np.int32)
    first = np.zeros(count, np.int64)
    first[rank[::-1]] = np.arange(count)[::-1]
    return first[taken.astype(bool)], codes


def _split_level(rank: NDArray[np.int64], level: NDArray[np.int64], key: NDArray[Any]) -> NDArray[np.int64]:
    """Orders the strings of each group (equal rank) by `key`, updates `rank`, returns those still in company."""
    old = rank[level]
    order = np.argsort(key) if old[0] == old[-1] and (old == old[0]).all() else np.lexsort((key, old))
    level, old, key = level[order], old[order], key[order]
    place = np.arange(len(level))
    new_group = np.ones(len(level), bool)
    new_group[1:] = old[1:] != old[:-1]
    new_part = new_group.copy()
    new_part[1:] |= key[1:] != key[:-1]
    group_start = np.maximum.accumulate(np.where(new_group, place, 0))
    part_start = np.maximum.accumulate(np.where(new_part, place, 0))
    rank[level] = old + part_start - group_start
    alone = new_part.copy()
    alone[:-1] &= new_part[1:]
    return level[~alone]


def _take(
    packed: NDArray[np.uint8], offsets: NDArray[np.int64], rows: NDArray[Any]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    lengths = np.diff(offsets)[rows]
    taken = np.zeros(len(rows) + 1, np.int64)
    np.cumsum(lengths, out=taken[1:])
    content = np.empty(int(taken[-1]), np.uint8)
    shifts = offsets[:-1][rows] - taken[:-1]
    for start in range(0, len(lengths), _PIECE):
        stop = min(start + _PIECE, len(lengths))
        places = np.arange(taken[start], taken[stop]) + np.repeat(shifts[start:stop], lengths[start:stop])
        np.take(packed, places, out=content[taken[start] : taken[stop]])
    return content, taken
