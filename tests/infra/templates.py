"""Reading synthesised templates: resources by type, statements by role, both with the stack they come from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STACKS = ("RecoStorage", "RecoJobs", "RecoApi", "RecoObservability")


@dataclass(frozen=True)
class Resource:
    stack: str
    logical_id: str
    type: str
    properties: Mapping[str, Any]
    attributes: Mapping[str, Any]
    """Everything beside the properties: DeletionPolicy, Metadata, DependsOn."""

    @property
    def name(self) -> str:
        """The construct's name: the logical id without CDK's eight digits."""
        return self.logical_id[:-8]


@dataclass(frozen=True)
class Statement:
    owner: str
    """Name of the role or policy."""
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    """References are written as JSON text."""
    condition: Mapping[str, Any]


@dataclass(frozen=True)
class Assembly:
    folder: Path

    def template(self, stack: str) -> dict[str, Any]:
        return dict(json.loads((self.folder / f"{stack}.template.json").read_text()))

    def resources(self, *types: str) -> list[Resource]:
        """All resources of these types, of all stacks; of every type when none is given."""
        return [
            Resource(stack, logical_id, body["Type"], body.get("Properties", {}), body)
            for stack in STACKS
            for logical_id, body in self.template(stack)["Resources"].items()
            if not types or body["Type"] in types
        ]

    def one(self, resource_type: str, name: str) -> Resource:
        (found,) = [each for each in self.resources(resource_type) if each.name == name]
        return found

    def statements(self) -> Iterator[Statement]:
        """What roles may do: their own policies, and those attached to them."""
        for role in self.resources("AWS::IAM::Role"):
            assert "ManagedPolicyArns" not in role.properties, f"{role.name} takes a policy that AWS writes"
            for policy in role.properties.get("Policies", []):
                yield from _statements(role.name.removesuffix("Role"), policy["PolicyDocument"])
        for policy in self.resources("AWS::IAM::Policy"):
            yield from _statements(policy.name, policy.properties["PolicyDocument"])


def _statements(owner: str, document: Mapping[str, Any]) -> Iterator[Statement]:
    for body in document["Statement"]:
        assert "NotAction" not in body and "NotResource" not in body
        yield Statement(
            owner, body["Effect"], _texts(body["Action"]), _texts(body["Resource"]), body.get("Condition", {})
        )


def _texts(value: Any) -> tuple[str, ...]:
    each = value if isinstance(value, list) else [value]
    return tuple(one if isinstance(one, str) else json.dumps(one) for one in each)
