"""From a service method's answer to JSON, by the operation's output shape: what the shape lacks never leaves.

Members come in the order of the model (clients read the first key that ends in Arn), None is left out, timestamps are
numbers of seconds with milliseconds. As in parsing, a shape is compiled once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from botocore import xform_name
from botocore.model import ListShape, MapShape, StructureShape

from reco.wire.service_models import service_model

Writer = Callable[[Any], Any]


@cache
def writer(service: str, shape_name: str) -> Writer:
    """Turns a value in snake case into what `json.dumps` takes."""
    shape = service_model(service).shape_for(shape_name)
    if isinstance(shape, StructureShape):
        return _structure_writer(service, shape)
    if isinstance(shape, ListShape):
        write_element = writer(service, shape.member.name)
        return lambda elements: [write_element(element) for element in elements]
    if isinstance(shape, MapShape):
        write_value = writer(service, shape.value.name)
        return lambda entries: {key: write_value(value) for key, value in entries.items() if value is not None}
    return _SCALARS[shape.type_name]


def _structure_writer(service: str, shape: StructureShape) -> Writer:
    members = [(name, xform_name(name), writer(service, member.name)) for name, member in shape.members.items()]

    def write(structure: Any) -> dict[str, Any]:
        document = {}
        for name, snake_name, write_member in members:
            value = structure.get(snake_name)
            if value is not None:
                document[name] = write_member(value)
        return document

    return write


def _write_text(text: Any) -> str:
    if not isinstance(text, str):
        raise TypeError(f"a string of an answer is a {type(text).__name__}")
    return text


def _write_timestamp(seconds: Any) -> float:
    return round(float(seconds), 3)


_SCALARS: dict[str, Writer] = {
    "string": _write_text,
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
    "boolean": bool,
    "timestamp": _write_timestamp,
}
"""Numbers may come as numpy's or as Decimal: JSON knows neither."""
