"""What a configuration file asks for, as a list of resources that name one another by their place in the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reco.arns import Kind


@dataclass(frozen=True)
class Link:
    """A parameter that only the account knows: the ARN of another resource of the file."""

    path: str
    """Place of that resource in the file."""
    suffix: str = ""
    """Added to the ARN: `/$LATEST` names whatever version of a solution is newest."""


@dataclass(frozen=True)
class Wanted:
    """One resource that the file asks for."""

    path: str
    """Its place, such as `solutions[0].campaigns[1]`; unique, and what messages name."""
    kind: Kind
    name: str
    """Empty for a solution version without a name of its own: then any version of its solution will do."""
    given: Mapping[str, Any]
    """Parameters of its Create operation, as the file gives them."""
    links: Mapping[str, Link] = field(default_factory=dict)
    """Parameters that are filled in."""
    after: tuple[str, ...] = ()
    """Places of what must be ready before, besides the links."""

    @property
    def needs(self) -> tuple[str, ...]:
        return (*(link.path for link in self.links.values()), *self.after)


@dataclass(frozen=True)
class NotApplied:
    """Something of the file that is right and that nothing here does."""

    path: str
    value: Any
    reason: str


@dataclass(frozen=True)
class Configuration:
    """A whole file, checked."""

    resources: tuple[Wanted, ...]
    """Each after all that it needs."""
    not_applied: tuple[NotApplied, ...] = ()

    @property
    def group(self) -> Wanted:
        return next(each for each in self.resources if each.kind is Kind.DATASET_GROUP)

    def at(self, path: str) -> Wanted:
        return next(each for each in self.resources if each.path == path)

    def stages(self) -> list[list[Wanted]]:
        """The resources in stages: what is in one stage needs only earlier ones, and can be made side by side."""
        depth: dict[str, int] = {}
        for each in self.resources:
            depth[each.path] = 1 + max((depth[path] for path in each.needs), default=-1)
        return [
            [each for each in self.resources if depth[each.path] == level]
            for level in range(max(depth.values(), default=-1) + 1)
        ]
