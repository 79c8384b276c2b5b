"""A caller's file as blocks of whole lines, and as lines that DuckDB reads the way we mean.

DuckDB reads well-formed CSV faster than anything else, but one stray quote, carriage return or extra comma makes it
stop or, worse, read something else. So a file is first looked over (`count_regular_lines`, a fraction of the scan's
time). What DuckDB would read exactly as `records.py` does is left to it as it is; any other file is copied once
(`rewrite_lines`), with every odd line mended or replaced by a line of empty cells and its fault noted.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from reco.datasets.records import join_record, split_record
from reco.errors import UserFault

BLOCK = 1 << 20
LINE_LIMIT = 1 << 20
"""Bytes of one line; a longer one is rejected without being held in memory."""

EMPTY_LINE = 1
"""Not a record at all: it is neither accepted nor rejected."""
WRONG_COLUMN_COUNT = 2
MALFORMED_QUOTES = 3
NOT_UTF8 = 4
ZERO_BYTE = 5
LINE_TOO_LONG = 6

LINE_REASONS = {
    WRONG_COLUMN_COUNT: "wrong number of columns",
    MALFORMED_QUOTES: "malformed quotes",
    NOT_UTF8: "not UTF-8",
    ZERO_BYTE: "zero byte",
    LINE_TOO_LONG: f"line longer than {LINE_LIMIT} bytes",
}

_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_LF, _CR, _QUOTE, _COMMA, _BACKSLASH = b'\n\r",\\'


class Lines:
    """A file's header and the blocks of lines after it, unzipped, line ends as LF, the last line ended too.

    A line over LINE_LIMIT comes cut, but still over it.
    """

    def __init__(self, path: Path, name: str) -> None:
        """`name` is what messages call the file."""
        self.name = name
        self.changed = False
        """Whether the blocks so far differ from the bytes in the file."""
        self._pieces = self._read(path)
        first = next(self._pieces, b"")
        self.header, _, self._rest = first.removeprefix(_BOM).partition(b"\n")
        """The first line; empty for an empty file."""

    def __iter__(self) -> Iterator[bytes]:
        """Blocks of whole lines. To be read once.

        Raises:
            UserFault: the file is a broken gzip.
        """
        if self._rest:
            yield self._rest
        yield from self._pieces

    def _read(self, path: Path) -> Iterator[bytes]:
        with path.open("rb") as file:
            zipped = file.read(2) == _GZIP
            file.seek(0)
            self.changed = zipped
            if not zipped:
                yield from self._cut(file)
                return
            try:
                with gzip.open(file, "rb") as content:
                    yield from self._cut(cast(BinaryIO, content))
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise UserFault(f"{self.name} is not a whole gzip file ({error}). Upload it again.") from error

    def _cut(self, file: BinaryIO) -> Iterator[bytes]:
        rest = b""
        while chunk := file.read(BLOCK):
            text = rest + chunk
            rest = b""
            if b"\r" in text:
                self.changed = True
                # A CR at the very end may be half of a CRLF: it waits for the next chunk.
                held = b"\r" if text.endswith(b"\r") else b""
                text = text[: len(text) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
                rest = held
            end = text.rfind(b"\n") + 1
            rest = text[end:] + rest
            if len(rest) > LINE_LIMIT + 2:
                self.changed = True
                # The line's end is still to come; its beginning is all that the report will show.
                rest = rest[: LINE_LIMIT + 1] + rest[-1:]
            if end:
                yield text[:end]
        if rest:
            yield rest.removesuffix(b"\r") + b"\n"


@dataclass
class LineFaults:
    """What was wrong with lines that could not be mended, by line number after the header, from 0."""

    lines: list[int] = field(default_factory=list)
    kinds: list[int] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    """The line's beginning, for the first `shown` faults."""
    shown: int = 100_000
    value_limit: int = 200

    def add(self, line: int, kind: int, content: bytes) -> None:
        self.lines.append(line)
        self.kinds.append(kind)
        if len(self.values) < self.shown:
            self.values.append(content[: self.value_limit].decode(errors="replace"))


def count_regular_lines(lines: Lines, columns: int) -> int | None:
    """How many lines follow the header, when DuckDB may read the file as it is; None when it must be rewritten.

    The answer holds if DuckDB then takes the file and finds as many records as there are lines. It does not look at
    single lines, since DuckDB refuses a file in which one has too few cells or too many, with one exception: a comma
    too many at the end. And a line break within quotes makes it find fewer records.
    """
    total = 0
    for block in lines:
        if lines.changed or b"\0" in block or not _is_utf8(block):
            return None
        content = np.frombuffer(block, np.uint8)
        if b'"' in block and (b"\\" in block or not _quotes_enclose_cells(content)):
            return None
        ends = content == _LF
        count = int(np.count_nonzero(ends))
        # As many commas as there should be in all: none is too many, because no line may have too few.
        too_many = np.count_nonzero(content == _COMMA) != count * (columns - 1)
        if too_many and (b'"' not in block or (content[np.flatnonzero(ends) - 1] == _COMMA).any()):
            return None
        total += count
    return total


def _quotes_enclose_cells(content: NDArray[np.uint8]) -> bool:
    """Whether the quotes, in turns, stand before and after a whole cell. The block ends with a line's end."""
    quotes = np.flatnonzero(content == _QUOTE)
    opening, closing = quotes[0::2], quotes[1::2]
    # Before a block's first byte is a line's end, as at its last.
    edges = (content[opening - 1], content[closing + 1])
    return len(opening) == len(closing) and all(bool(((e == _COMMA) | (e == _LF)).all()) for e in edges)


def rewrite_lines(lines: Lines, columns: int, target: BinaryIO) -> tuple[int, LineFaults]:
    """Writes as many lines as follow the header, each one DuckDB's plain dialect, and returns their number.

    A line that is no record becomes a line of empty cells.
    """
    faults = LineFaults()
    filler = b"," * (columns - 1) + b"\n"
    total = 0
    for block in lines:
        odd, ends = _odd_lines(block, columns)
        starts = np.append(0, ends[:-1] + 1)
        pieces, written = [], 0
        for row, start, end in zip(odd.tolist(), starts[odd].tolist(), ends[odd].tolist(), strict=True):
            line = block[start:end]
            mended = _mend(line, columns)
            if isinstance(mended, int):
                faults.add(total + row, mended, line)
                mended = filler
            pieces += [block[written:start], mended]
            written = end + 1
        target.writelines([*pieces, block[written:]])
        total += len(ends)
    return total, faults


def _mend(line: bytes, columns: int) -> bytes | int:
    """The line as DuckDB should see it, or the fault for which it is no record."""
    if not line:
        return EMPTY_LINE
    if len(line) > LINE_LIMIT:
        return LINE_TOO_LONG
    if b"\0" in line:
        return ZERO_BYTE
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return NOT_UTF8
    if '"' not in text and text.count(",") != columns - 1:
        return WRONG_COLUMN_COUNT
    cells = split_record(text, columns)
    if cells is None:
        return MALFORMED_QUOTES
    if len(cells) != columns:
        return WRONG_COLUMN_COUNT
    return (join_record(cells) + "\n").encode()


def _odd_lines(block: bytes, columns: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Numbers of the block's lines that need a closer look, and where every line ends.

    A line needs none when each quote opens a cell or closes it, no quoted line has a backslash, the commas outside
    quotes are as many as they should be, and it is UTF-8 without zero bytes.
    """
    content = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(content == _LF)
    commas = np.flatnonzero(content == _COMMA)
    odd = np.zeros(len(ends), bool)
    if b'"' in block:
        quotes = np.flatnonzero(content == _QUOTE)
        line_of_quote = np.searchsorted(ends, quotes)
        quotes_before_line = np.searchsorted(quotes, ends) - np.bincount(line_of_quote, minlength=len(ends))
        opens = (np.arange(len(quotes)) - quotes_before_line[line_of_quote]) % 2 == 0
        neighbour = content[np.where(opens, np.maximum(quotes - 1, 0), quotes + 1)]
        at_edge = (neighbour == _COMMA) | (neighbour == _LF) | (opens & (quotes == 0))
        odd[line_of_quote[~at_edge]] = True
        odd |= np.bincount(line_of_quote, minlength=len(ends)) % 2 == 1
        backslashes = np.searchsorted(ends, np.flatnonzero(content == _BACKSLASH))
        odd[np.intersect1d(backslashes, line_of_quote)] = True
        line_of_comma = np.searchsorted(ends, commas)
        outside = (np.searchsorted(quotes, commas) - quotes_before_line[line_of_comma]) % 2 == 0
        commas = commas[outside]
    odd |= np.diff(np.searchsorted(commas, ends), prepend=0) != columns - 1
    odd |= np.diff(ends, prepend=-1) > LINE_LIMIT
    if b"\0" in block:
        odd[np.searchsorted(ends, np.flatnonzero(content == 0))] = True
    if not _is_utf8(block):
        odd[np.searchsorted(ends, np.flatnonzero(content >= 128))] = True
    return np.flatnonzero(odd), ends


def _is_utf8(block: bytes) -> bool:
    if block.isascii():
        return True
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True
