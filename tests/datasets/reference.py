"""A slow, plain reader of CSV, one character at a time: what the fast scan must agree with."""

import math
import re
from dataclasses import dataclass, field

LIMITS = {"USER_ID": 256, "ITEM_ID": 256}


@dataclass
class Read:
    accepted: list = field(default_factory=list)
    """Typed cells in the schema's order, None for null."""
    rejected: list = field(default_factory=list)
    """(record, line, column, reason)."""


def read(content, schema):
    text = content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    header, *lines = text.split(b"\n")
    names = [name.strip() for name in header.decode().split(",")]
    places = [names.index(each) for each in schema.names]
    result, record = Read(), 0
    for number, line in enumerate(lines, start=2):
        if not line:
            continue
        record += 1
        cells, fault = cells_of(line, len(names))
        if fault is None:
            values, fault = typed([cells[place] for place in places], schema)
        if fault is None:
            result.accepted.append(tuple(values))
        else:
            result.rejected.append((record, number, *fault))
    return result


def cells_of(line, count):
    if b"\0" in line:
        return None, ("", "zero byte")
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return None, ("", "not UTF-8")
    readings = [characters(text, escapes) for escapes in ("\\", "")]
    for cells in readings:
        if cells is not None and len(cells) == count:
            return cells, None
    if all(cells is None for cells in readings):
        return None, ("", "malformed quotes")
    return None, ("", "wrong number of columns")


def characters(text, escape):
    """The cells, or None when a quoted cell is not closed where it ends. `escape` may be a backslash or nothing."""
    cells, place = [], 0
    while True:
        cell = ""
        if text[place : place + 1] == '"':
            place += 1
            while True:
                here, next_ = text[place : place + 1], text[place + 1 : place + 2]
                if here == "":
                    return None
                if escape and here == escape and next_ in ('"', "\\") and next_:
                    cell, place = cell + next_, place + 2
                elif here == '"' and next_ == '"':
                    cell, place = cell + '"', place + 2
                elif here == '"':
                    place += 1
                    break
                else:
                    cell, place = cell + here, place + 1
            if text[place : place + 1] not in ("", ","):
                return None
        else:
            while text[place : place + 1] not in ("", ","):
                cell, place = cell + text[place], place + 1
        cells.append(cell)
        if place >= len(text):
            return cells
        place += 1


def typed(cells, schema):
    values = []
    for cell, each in zip(cells, schema.fields, strict=True):
        value, reason = value_of(cell, each)
        if reason:
            return None, (each.name, reason)
        values.append(value)
    return values, None


def value_of(cell, each):
    if cell == "":
        return None, None if each.nullable else "empty, but the schema does not allow null"
    if each.type == "string":
        if each.textual:
            return cell[:20_000], None
        limit = LIMITS.get(each.name, 1000)
        return cell, _too_long(limit, each.name) if len(cell) > limit else None
    if each.type == "boolean":
        return cell == "true", None if cell in ("true", "false") else "neither true nor false"
    if each.type in ("int", "long"):
        if not re.fullmatch(r"[+-]?[0-9]+", cell):
            return None, "not a whole number"
        bits = 31 if each.type == "int" else 63
        value = int(cell)
        return value, None if -(2**bits) <= value < 2**bits else f"out of range for {each.type}"
    if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", cell):
        return None, "not a number"
    value = float(cell)
    largest = 3.4028234663852886e38 if each.type == "float" else math.inf
    return value, None if math.isfinite(value) and abs(value) <= largest else f"out of range for {each.type}"


def _too_long(limit, name):
    return f"Length cannot be more than {limit} characters for {name}"
