"""From a JSON document to checked parameters, by a shape of the service model.

A shape is compiled once into a chain of small functions (`reader`); afterwards no model is looked at any more. A wrong
JSON type ends the reading (MalformedRequest). Broken limits are collected, so that one answer names several.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from botocore import xform_name
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from reco.errors import InvalidInput, MalformedRequest
from reco.wire.patterns import compile_pattern
from reco.wire.request import json_type
from reco.wire.service_models import service_model
from reco.wire.timestamps import read_timestamp

Path = tuple[Any, str | int] | None
"""Where a value lies: its parent's path and its member name, its position in a list, or its key in a map (written
`["KEY"]`). A chain, not a text: spelled only when there is something to say about it."""

LONGEST_KEY_SHOWN = 64
MOST_PROBLEMS_SHOWN = 10

INTEGER_BITS = {"integer": 32, "long": 64}


@dataclass
class Problems:
    """What is wrong with one request: the first few in words, the rest counted."""

    sentences: list[str] = field(default_factory=list)
    count: int = 0
    paths: set[Path] = field(default_factory=set)
    """Of all, also of those that are only counted."""

    def add(self, path: Path, sentence: str) -> None:
        self.count += 1
        self.paths.add(path)
        if self.count <= MOST_PROBLEMS_SHOWN:
            self.sentences.append(f"{spell(path)}: {sentence}")

    def raise_any(self) -> None:
        """Raises:
        InvalidInput: there is a problem.
        """
        if self.count:
            more = self.count - len(self.sentences)
            raise InvalidInput("; ".join(self.sentences) + (f"; and {more} more" if more else ""))


Reader = Callable[[Any, Path, Problems], Any]
"""Gives the value as a service method wants it; the value is not None."""


def spell(path: Path) -> str:
    """As in `eventList[0].sentAt` or `filterValues["GENRES"]`; the whole document is `body`."""
    parts: list[str] = []
    while path is not None:
        path, step = path
        bare = isinstance(step, int) or step.startswith("[")
        parts.append(f"[{step}]" if isinstance(step, int) else step if bare or path is None else f".{step}")
    return "".join(reversed(parts)) or "body"


@cache
def reader(service: str, shape_name: str) -> Reader:
    """The compiled reader of a shape. No shape of the three models contains itself."""
    shape = service_model(service).shape_for(shape_name)
    if isinstance(shape, StructureShape):
        return _structure_reader(service, shape)
    if isinstance(shape, ListShape):
        return _list_reader(service, shape)
    if isinstance(shape, MapShape):
        return _map_reader(service, shape)
    return _SCALARS[shape.type_name](shape)


def _structure_reader(service: str, shape: StructureShape) -> Reader:
    members = [(name, xform_name(name), reader(service, member.name)) for name, member in shape.members.items()]
    required = tuple(shape.required_members)

    def read(value: Any, path: Path, problems: Problems) -> dict[str, Any]:
        _must_be(dict, value, path)
        parameters = {}
        for name, snake_name, read_member in members:
            member = value.get(name)
            if member is not None:
                parameters[snake_name] = read_member(member, (path, name), problems)
        for name in required:
            if value.get(name) is None:
                problems.add((path, name), "is required")
        return parameters

    return read


def _list_reader(service: str, shape: ListShape) -> Reader:
    read_element = reader(service, shape.member.name)
    within = _size_check(shape, "element")

    def read(value: Any, path: Path, problems: Problems) -> list[Any]:
        _must_be(list, value, path)
        if not within(value, path, problems):
            return []
        return [read_element(element, (path, position), problems) for position, element in enumerate(value)]

    return read


def _map_reader(service: str, shape: MapShape) -> Reader:
    read_key = reader(service, shape.key.name)
    read_value = reader(service, shape.value.name)
    within = _size_check(shape, "entry", "entries")

    def read(value: Any, path: Path, problems: Problems) -> dict[str, Any]:
        _must_be(dict, value, path)
        if not within(value, path, problems):
            return {}
        entries = {}
        for key, entry in value.items():
            step = (path, f"[{json.dumps(key[:LONGEST_KEY_SHOWN], ensure_ascii=False)}]")
            entries[read_key(key, step, problems)] = read_value(entry, step, problems)
        return entries

    return read


def _string_reader(shape: Shape) -> Reader:
    within = _size_check(shape, "character")
    pattern = shape.metadata.get("pattern")
    matches = compile_pattern(pattern) if pattern else None
    values = frozenset(shape.enum) if isinstance(shape, StringShape) else frozenset()

    def read(value: Any, path: Path, problems: Problems) -> str:
        _must_be(str, value, path)
        if within(value, path, problems) and matches and not matches(value):
            problems.add(path, f"must match {pattern}")
        if values and value not in values:
            problems.add(path, f"must be one of {', '.join(shape.enum)}")
        return value

    return read


def _integer_reader(shape: Shape) -> Reader:
    bound = 1 << (INTEGER_BITS[shape.type_name] - 1)
    check = _range_check(shape)

    def read(value: Any, path: Path, problems: Problems) -> int:
        _must_be_number(value, path)
        # An int is never turned into a float: JSON has whole numbers that are too large for one.
        if isinstance(value, float) and not value.is_integer():
            raise MalformedRequest(f"{spell(path)}: must be a whole number")
        if not -bound <= value < bound:
            raise MalformedRequest(f"{spell(path)}: must fit {INTEGER_BITS[shape.type_name]} bits")
        check(value, path, problems)
        return int(value)

    return read


def _float_reader(shape: Shape) -> Reader:
    check = _range_check(shape)

    def read(value: Any, path: Path, problems: Problems) -> float:
        _must_be_number(value, path)
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise MalformedRequest(f"{spell(path)}: must be a finite number")
        check(number, path, problems)
        return number

    return read


def _boolean_reader(_shape: Shape) -> Reader:
    def read(value: Any, path: Path, _problems: Problems) -> bool:
        _must_be(bool, value, path)
        return value

    return read


def _timestamp_reader(_shape: Shape) -> Reader:
    def read(value: Any, path: Path, problems: Problems) -> float:
        try:
            return read_timestamp(value)
        except TypeError as error:
            message = f"{spell(path)}: must be seconds since 1970 or ISO 8601, is {json_type(value)} that is neither"
            raise MalformedRequest(message) from error
        except ValueError:
            problems.add(path, "must be seconds since 1970, before the year 10000")
            return 0.0

    return read


_SCALARS: dict[str, Callable[[Shape], Reader]] = {
    "string": _string_reader,
    "integer": _integer_reader,
    "long": _integer_reader,
    "float": _float_reader,
    "double": _float_reader,
    "boolean": _boolean_reader,
    "timestamp": _timestamp_reader,
}

_WANTED = {dict: "an object", list: "an array", str: "a string", bool: "a boolean"}


def _must_be(wanted: type, value: object, path: Path) -> None:
    if type(value) is not wanted:
        raise MalformedRequest(f"{spell(path)}: must be {_WANTED[wanted]}, is {json_type(value)}")


def _must_be_number(value: object, path: Path) -> None:
    if type(value) is not int and type(value) is not float:
        raise MalformedRequest(f"{spell(path)}: must be a number, is {json_type(value)}")


def _size_check(shape: Shape, singular: str, plural: str = "") -> Callable[[Any, Path, Problems], bool]:
    """Length of a string in code points, of a list, of a map."""
    plural = plural or f"{singular}s"
    lowest, highest = shape.metadata.get("min", 0), shape.metadata.get("max", math.inf)

    def within(value: Any, path: Path, problems: Problems) -> bool:
        size = len(value)
        if size > highest:
            problems.add(path, f"must be at most {highest} {singular if highest == 1 else plural}, has {size}")
        elif size < lowest:
            problems.add(path, f"must be at least {lowest} {singular if lowest == 1 else plural}, has {size}")
        else:
            return True
        return False

    return within


def _range_check(shape: Shape) -> Callable[[float, Path, Problems], None]:
    lowest, highest = shape.metadata.get("min", -math.inf), shape.metadata.get("max", math.inf)

    def check(value: float, path: Path, problems: Problems) -> None:
        if value > highest:
            problems.add(path, f"must be at most {highest}, is {value}")
        elif value < lowest:
            problems.add(path, f"must be at least {lowest}, is {value}")

    return check
