"""Valid values by shape of the service models, beside what a service method must see of them.

Written apart from `reco.wire`: only botocore's models are shared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore import xform_name
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape

SERVICES = ("personalize", "personalize-runtime", "personalize-events")
MODELS = {name: ServiceModel(Loader().load_service_model(name, "service-2"), name) for name in SERVICES}
OPERATIONS: dict[str, OperationModel] = {
    name: model.operation_model(name) for model in MODELS.values() for name in model.operation_names
}
SERVICE_OF = {name: service for service, model in MODELS.items() for name in model.operation_names}

PATTERNED = {
    "Arn": ("arn:aws:personalize:eu-west-1:123456789012:thing/", "x", ""),
    "RoleArn": ("arn:aws:iam::123456789012:role/", "r", ""),
    "KmsKeyArn": ("arn:aws:kms:eu-west-1:123456789012:key/", "k", ""),
    "S3Location": ("s3://bucket/", "b", ""),
    "SchedulingExpression": ("rate(", "1", " days)"),
    "ColumnName": ("", "C", ""),
    "DatasetType": ("", "I", ""),
    "Name": ("", "n", ""),
    "NextToken": ("", "t", ""),
    "TagKey": ("", "é", ""),
    "TagValue": ("", "字", ""),
    "AttributeName": ("", "A", ""),
    "FilterAttributeName": ("", "F", ""),
    "EventAttributionSource": ("", "!", ""),
}
"""Head, fill and tail of texts that match the pattern of a shape; other texts are all fill."""

NEVER_EMPTY = frozenset({("InputList", "ItemID")})
"""Lists and their members that the documentation or this project forbids to be empty, though the shape does not."""

TIME = 1_719_835_200
DEFAULT_LENGTH = 12


def text_length(shape: Shape, length: int) -> int:
    """The nearest length not under `length` that a valid text of this shape can have."""
    head, _, tail = PATTERNED.get(shape.name, ("", "", "")) if "pattern" in shape.metadata else ("", "", "")
    return max(length, len(head) + len(tail) + ("pattern" in shape.metadata))


def text(shape: Shape, length: int) -> str:
    """A text of exactly this length that matches the shape's pattern, whatever its limits of length."""
    if "pattern" not in shape.metadata:
        return "ü" * length
    head, fill, tail = PATTERNED[shape.name]
    return head + fill * (length - len(head) - len(tail)) + tail


def sample(shape: Shape, *, full: bool) -> Any:
    """A valid value as JSON has it: required members and the least of each, or all members and much of each."""
    kind, limits = shape.type_name, shape.metadata
    if kind == "structure":
        names = shape.members if full else shape.required_members
        return {name: sample(shape.members[name], full=full) for name in names}
    if kind == "list":
        if (shape.name, shape.member.name) in NEVER_EMPTY and not full:
            return [text(shape.member, 1)]
        return [sample(shape.member, full=full) for _ in range(min(2, limits.get("max", 2)) if full else 1)]
    if kind == "map":
        return sample_map(shape, min(2, limits.get("max", 2)) if full else 1, full=full)
    if kind == "string":
        if shape.enum:
            return shape.enum[-1 if full else 0]
        return text(shape, limits.get("max", DEFAULT_LENGTH) if full else text_length(shape, limits.get("min", 0)))
    if kind == "boolean":
        return full
    if kind == "timestamp":
        return TIME
    least, most = limits.get("min", 0), limits.get("max", limits.get("min", 0) + 7)
    return (most if full else least) + (0.0 if kind in ("float", "double") else 0)


def sample_map(shape: Shape, entries: int, *, full: bool) -> dict[str, Any]:
    """Keys are of an enumeration or differ in length, so that any pattern takes them."""
    if shape.key.enum:
        return {key: sample(shape.value, full=full) for key in shape.key.enum[:entries]}
    shortest = text_length(shape.key, 1)
    return {text(shape.key, shortest + n): sample(shape.value, full=full) for n in range(entries)}


def parameters_of(shape: Shape, value: Any) -> Any:
    """What a service method sees of a valid JSON value."""
    kind = shape.type_name
    if kind == "structure":
        return {xform_name(name): parameters_of(shape.members[name], member) for name, member in value.items()}
    if kind == "list":
        return [parameters_of(shape.member, element) for element in value]
    if kind == "map":
        return {key: parameters_of(shape.value, entry) for key, entry in value.items()}
    return float(value) if kind in ("float", "double", "timestamp") else value


Steps = tuple[str | int, ...]


@dataclass(frozen=True)
class Place:
    """A value inside an operation's fullest request."""

    operation: str
    steps: Steps
    shape: Shape
    required: bool

    def __str__(self) -> str:
        return f"{self.operation}:{self.spelled or 'body'}"

    @property
    def spelled(self) -> str:
        """As messages name it; a map's entry by its key in brackets."""
        spelled = ""
        shape: Shape = OPERATIONS[self.operation].input_shape
        for step in self.steps:
            if shape.type_name == "structure":
                spelled += f".{step}" if spelled else str(step)
                shape = shape.members[step]
            elif shape.type_name == "list":
                spelled, shape = f"{spelled}[{step}]", shape.member
            else:
                spelled, shape = f'{spelled}["{step}"]', shape.value
        return spelled


def places(operation: str, document: Any = None) -> Iterator[Place]:
    """Every value of a request but map keys, from the outside in; of lists and maps the first. Without a document, of
    the operation's fullest request."""

    def walk(shape: Shape, value: Any, steps: Steps, required: bool) -> Iterator[Place]:
        yield Place(operation, steps, shape, required)
        if shape.type_name == "structure":
            for name, member in shape.members.items():
                if name in value:
                    yield from walk(member, value[name], (*steps, name), name in shape.required_members)
        elif shape.type_name == "list" and value:
            yield from walk(shape.member, value[0], (*steps, 0), False)
        elif shape.type_name == "map" and value:
            key = next(iter(value))
            yield from walk(shape.value, value[key], (*steps, key), False)

    shape = OPERATIONS[operation].input_shape
    yield from walk(shape, sample(shape, full=True) if document is None else document, (), False)


def replaced(document: Any, steps: Steps, value: Any) -> Any:
    """The document with another value at one place; the original stays as it is."""
    if not steps:
        return value
    step, *rest = steps
    copy = dict(document) if isinstance(document, dict) else list(document)
    copy[step] = replaced(document[step], tuple(rest), value)
    return copy


def removed(document: Any, steps: Steps) -> Any:
    """The document without one member."""
    *parent, name = steps
    inner = document
    for step in parent:
        inner = inner[step]
    return replaced(document, tuple(parent), {key: value for key, value in inner.items() if key != name})
