"""Valid requests of every operation, made from the service model: the smallest, and the fullest.

What an operation needs follows from its ARN members: the kind in a member's name is the kind of resource that must be
there (tests.conformance.world).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from botocore import xform_name
from botocore.model import Shape

from reco.arns import Kind
from reco.wire.pagination import encode
from tests.conformance.values import APART, BY_NAME, BY_PATH, BY_SHAPE, CHOSEN, NEEDED, Made, Variant
from tests.conformance.world import World
from tests.wire.samples import MODELS, OPERATIONS, Place, places, sample

CONTROL = tuple(MODELS["personalize"].operation_names)
_NO_VALUE = object()


def smallest(world: World, operation: str) -> dict[str, Any]:
    """The members that are required, by the model or by the documentation, and no more."""
    needed = {
        ".".join(path.split(".")[:depth])
        for path in NEEDED.get(operation, ())
        for depth in range(1, path.count(".") + 2)
    }
    return _Builder(world, operation, Variant(), needed).request()


def fullest(world: World, operation: str) -> list[dict[str, Any]]:
    """Requests that hold, together, every member that a valid request can hold."""
    return [_Builder(world, operation, variant, None).request() for variant in APART.get(operation, (Variant(),))]


def kind_of(member: str) -> Kind | None:
    """The kind of resource whose ARN a member holds; None where what it names is the service's own."""
    if member == "resourceArn":
        return Kind.DATASET_GROUP
    words = "".join(f"-{each.lower()}" if each.isupper() else each for each in member.removesuffix("Arn"))
    return Kind(words) if words in set(Kind) else None


def members(shape: Shape, path: str = "") -> Iterator[tuple[str, Shape]]:
    """Every member of a structure, nested ones too, with its path: `solutionConfig.hpoConfig`.

    What is in a list has the path of the list and `[]`.
    """
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            inner = f"{path}.{name}" if path else name
            yield inner, member
            yield from members(member, inner)
    elif shape.type_name == "list":
        yield from members(shape.member, f"{path}[]")


def is_within(path: str, paths: Iterable[str]) -> bool:
    """Whether a member is one of these, or lies in one."""
    return any(path == each or path.startswith((f"{each}.", f"{each}[]")) for each in paths)


class _Builder:
    """One request: `needed` are the paths beside required members, None takes every member."""

    def __init__(self, world: World, operation: str, variant: Variant, needed: set[str] | None) -> None:
        self.world, self.operation, self.variant, self.needed = world, operation, variant, needed

    def request(self) -> dict[str, Any]:
        request: dict[str, Any] = self._structure(OPERATIONS[self.operation].input_shape, "")
        if "nextToken" in request:
            request["nextToken"] = _token(self.operation, request)
        return request

    def _structure(self, shape: Shape, path: str) -> dict[str, Any]:
        taken = {}
        for name, member in shape.members.items():
            inner = f"{path}.{name}" if path else name
            if inner in self.variant.without:
                continue
            if self.needed is None or name in shape.required_members or inner in self.needed:
                taken[name] = self._value(member, inner, name)
        return taken

    def _value(self, shape: Shape, path: str, name: str) -> Any:
        chosen: Mapping[str, Any] = CHOSEN.get(self.operation, {})
        for known, key in (
            (self.variant.values, path),
            (chosen, path),
            (BY_PATH, path),
            (BY_NAME if path.count(".") == 0 or name not in ("name", "metrics") else {}, name),
            (BY_SHAPE, shape.name),
        ):
            found = known.get(key, _NO_VALUE)
            if isinstance(found, Made):
                return self.world.made[found.name] + found.tail
            if found is not _NO_VALUE:
                return found
        if shape.name == "Arn":
            kind = kind_of(name)
            assert kind is not None, f"{self.operation}: which ARN is {path} to hold?"
            return self.world.living[kind]
        if shape.type_name == "structure":
            return self._structure(shape, path)
        if shape.type_name == "list" and shape.member.type_name == "structure":
            return [self._structure(shape.member, f"{path}[]")]
        return sample(shape, full=self.needed is None)


def _token(operation: str, request: Mapping[str, Any]) -> str:
    """A token as a page before would have given it."""
    parameters = {xform_name(name): value for name, value in request.items()}
    counted = operation in ("ListRecipes", "ListMetricAttributionMetrics")
    return encode(operation, parameters, 1 if counted else "0")


def tried_places(world: World, operation: str) -> Iterator[tuple[dict[str, Any], Place]]:
    """Every place of the fullest requests, each once, with a request that has it."""
    seen: set[tuple[str | int, ...]] = set()
    for request in fullest(world, operation):
        for place in places(operation, request):
            if place.steps not in seen:
                seen.add(place.steps)
                yield request, place
