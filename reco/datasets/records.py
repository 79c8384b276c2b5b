"""How one line of a CSV becomes the cells of one record.

A record is one line: no cell holds a line break, so a quote that is never closed harms its own line only. A cell that
begins with a quote is quoted; any other is taken as it stands, quotes within it too. Inside quotes Amazon Personalize
wants a backslash before a quote or a backslash; most programs double the quote instead. Both are understood: a line is
read with both escapes, and if that fails once more with backslashes as plain characters.
"""

from __future__ import annotations

import re

_UNQUOTED = r'((?:[^,"][^,]*)?)(?=,|\Z)'
_BOTH_ESCAPES = re.compile(r'"((?:[^"\\]|\\.|"")*)"(?=,|\Z)|' + _UNQUOTED)
_DOUBLED_ONLY = re.compile(r'"((?:[^"]|"")*)"(?=,|\Z)|' + _UNQUOTED)
_ESCAPE = re.compile(r'\\(["\\])|""')


def split_record(line: str, columns: int | None = None) -> list[str] | None:
    """The cells of a line without its line end.

    Args:
        columns: how many there must be for a reading to count; any number when None.
    Returns:
        None when a quoted cell does not end where the cell ends, in either reading. With another number of cells than
        `columns` in both readings, the cells of one of them.
    """
    cells = _split(line, _BOTH_ESCAPES)
    if cells is not None and (columns is None or len(cells) == columns):
        return [_unescape_both(cell) if quoted else cell for cell, quoted in cells]
    again = _split(line, _DOUBLED_ONLY) if "\\" in line else None
    if again is not None and (columns is None or len(again) == columns or cells is None):
        return [cell.replace('""', '"') if quoted else cell for cell, quoted in again]
    return None if cells is None else [cell for cell, _ in cells]


def join_record(cells: list[str]) -> str:
    """A line that DuckDB reads back as these cells: quotes doubled, no backslash has a meaning."""
    return ",".join('"' + cell.replace('"', '""') + '"' if '"' in cell or "," in cell else cell for cell in cells)


def _split(line: str, cell: re.Pattern[str]) -> list[tuple[str, bool]] | None:
    """Each cell as written, and whether it was quoted."""
    cells = []
    position = 0
    while match := cell.match(line, position):
        quoted = match.group(1) is not None
        cells.append((match.group(1) if quoted else match.group(2), quoted))
        position = match.end() + 1
        if position > len(line):
            return cells
    return None


def _unescape_both(cell: str) -> str:
    return _ESCAPE.sub(lambda escape: escape.group(1) or '"', cell) if '"' in cell or "\\" in cell else cell
