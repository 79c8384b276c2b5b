"""Whether an answer, as it left, is what the service model says: every member, its type, its limits, their order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.model import Shape

from reco.wire.patterns import compile_pattern
from tests.conformance.requests import CONTROL
from tests.conformance.world import World
from tests.wire.samples import OPERATIONS

_JSON = {"structure": dict, "list": list, "map": dict, "string": str, "boolean": bool, "integer": int}
_NUMBERS = ("float", "double", "timestamp")
EARLIEST = 1_500_000_000
"""No timestamp is from before Amazon Personalize."""

AGAINST_MODEL = {
    ("DescribeDatasetImportJob", "datasetImportJob.roleArn"): "The model calls an IAM role's ARN one of Personalize's.",
    ("DescribeDatasetExportJob", "datasetExportJob.roleArn"): "The model calls an IAM role's ARN one of Personalize's.",
    ("DescribeSolutionVersion", "solutionVersion.name"): "Amazon shows SOLUTION/ID, and a Name has no slash.",
}
"""Members whose pattern in the model the real service's own answers do not match, and why."""


@dataclass
class Heard:
    """Every answer of a client, as bytes and as botocore reads them."""

    raw: bytes = b""
    read: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, client: Any) -> Heard:
        heard = cls()

        def listen(response_dict: dict[str, Any], parsed_response: dict[str, Any], **_: object) -> None:
            heard.raw, heard.read = response_dict["body"], parsed_response

        client.meta.events.register("response-received.personalize", listen)
        return heard


def faults_of(operation: str, heard: Heard, now: float) -> list[str]:
    """What is wrong with the answer; empty when nothing is."""
    shape = OPERATIONS[operation].output_shape
    if shape is None:
        return [] if heard.raw == b"" else [f"a body where the operation has none: {heard.raw[:60]!r}"]
    document = json.loads(heard.raw)
    excused = [f"{path}: " for name, path in AGAINST_MODEL if name == operation]
    found = [fault for fault in _faults(shape, document, "", now) if not fault.startswith(tuple(excused))]
    read = {name: value for name, value in heard.read.items() if name != "ResponseMetadata"}
    if set(read) != set(document):
        found.append(f"botocore reads {sorted(read)} of {sorted(document)}")
    return found


def _faults(shape: Shape, value: Any, path: str, now: float) -> Iterator[str]:
    kind = shape.type_name
    if not _is(kind, value):
        yield f"{path or 'answer'} is no {kind}: {value!r}"
        return
    if kind == "structure":
        yield from _structure_faults(shape, value, path, now)
        return
    yield from (f"{path}: {fault}" for fault in _limit_faults(shape, value))
    if kind == "list":
        for position, element in enumerate(value):
            yield from _faults(shape.member, element, f"{path}[{position}]", now)
    elif kind == "map":
        for key, entry in value.items():
            yield from _faults(shape.key, key, f"{path} key", now)
            yield from _faults(shape.value, entry, f"{path}[{key}]", now)
    elif kind == "timestamp" and not (EARLIEST <= value <= now and round(value, 3) == value):
        yield f"{path} is no time from before now, of milliseconds: {value!r}"


def _structure_faults(shape: Shape, value: dict[str, Any], path: str, now: float) -> Iterator[str]:
    unknown = value.keys() - shape.members.keys()
    if unknown:
        yield f"{path or 'answer'} has members that the model lacks: {sorted(unknown)}"
    for name in shape.required_members:
        if name not in value:
            yield f"{path or 'answer'} lacks {name}"
    if list(value) != [name for name in shape.members if name in value]:
        yield f"{path or 'answer'} has its members in another order than the model: {list(value)}"
    for name, member in value.items():
        if name in shape.members:
            yield from _faults(shape.members[name], member, f"{path}.{name}" if path else name, now)


def _is(kind: str, value: Any) -> bool:
    if kind in _NUMBERS:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is _JSON[kind]


def _limit_faults(shape: Shape, value: Any) -> Iterator[str]:
    limits = shape.metadata
    size = len(value) if isinstance(value, str | list | dict) else value
    if isinstance(value, bool) or shape.type_name == "timestamp":
        return
    if not limits.get("min", size) <= size <= limits.get("max", size):
        yield f"{size} is not from {limits.get('min')} to {limits.get('max')}"
    if "pattern" in limits and not compile_pattern(limits["pattern"])(value):
        yield f"{value!r} does not match {limits['pattern']}"
    if shape.type_name == "string" and shape.enum and value not in shape.enum:
        yield f"{value!r} is none of {shape.enum}"


def shown(operation: str, heard: Heard) -> set[str]:
    """Paths of the members that an answer has; what is in lists has the path of the list and `[]`."""
    shape = OPERATIONS[operation].output_shape

    def walk(shape: Shape, value: Any, path: str) -> Iterator[str]:
        if shape.type_name == "structure":
            for name, member in value.items():
                inner = f"{path}.{name}" if path else name
                yield inner
                yield from walk(shape.members[name], member, inner)
        elif shape.type_name == "list":
            for element in value:
                yield from walk(shape.member, element, f"{path}[]")

    return set(walk(shape, json.loads(heard.raw), "")) if shape else set()


def describing(operation: str) -> tuple[str, str] | None:
    """For an operation that creates: the operation that describes what was made, and its member for the ARN."""
    described = operation.replace("Create", "Describe")
    if described == operation or described not in CONTROL:
        return None
    return described, next(iter(OPERATIONS[described].input_shape.members))


def echo_faults(world: World, operation: str, request: dict[str, Any], answer: dict[str, Any]) -> list[str]:
    """What was sent to create a resource and is not shown again just as it was sent."""
    described = describing(operation)
    if described is None:
        return []
    describe, member = described
    resource, shape = next(iter(OPERATIONS[describe].output_shape.members.items()))
    shown = world.send(describe, {member: answer[member]})[resource]
    faults = [
        f"{name}: sent {value!r}, shown {shown.get(name)!r}"
        for name, value in request.items()
        if name in shape.members and shown.get(name) != _as_shown(name, value, world)
    ]
    if (
        "tags" in request
        and world.send("ListTagsForResource", {"resourceArn": answer[member]})["tags"] != (request["tags"])
    ):
        faults.append("tags: others are listed than were sent")
    return faults


def _as_shown(name: str, value: Any, world: World) -> Any:
    """The two members that the service shows in its own words (control-plane reference, C.2 and H)."""
    if name == "datasetType":
        return value.upper()
    if name == "solutionVersionArn" and value.endswith("/$LATEST"):
        return world.made["open version"]
    return value
