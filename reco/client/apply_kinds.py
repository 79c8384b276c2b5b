"""The operations on each kind of resource that a configuration file can name, read from the service model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore import xform_name
from botocore.model import Shape

from reco.arns import Kind
from reco.client.waiter_model import Waitable, waitables
from reco.wire.service_models import CONTROL, service_model


@dataclass(frozen=True)
class KindOperations:
    """What can be done with one kind."""

    kind: Kind
    waitable: Waitable
    create: str
    """Operation as in the model: `CreateSolution`."""
    members: Mapping[str, Shape]
    """What Create takes."""
    update: str | None
    updatable: Mapping[str, tuple[str, ...]]
    """By path in Create's parameters: where Update takes the same, such as `solutionConfig.eventsConfig` at
    `solutionUpdateConfig.eventsConfig`."""
    delete: str | None
    listing: str
    list_member: str
    """Member of List's answer that has the summaries."""

    @property
    def name_member(self) -> str:
        return "jobName" if "jobName" in self.members else "name"

    @property
    def takes_tags(self) -> bool:
        return "tags" in self.members

    @property
    def said(self) -> str:
        """The kind as a person says it."""
        return self.kind.value.replace("-", " ")

    @property
    def one(self) -> str:
        """The kind with its article."""
        return f"{'an' if self.said[0] in 'aeiou' else 'a'} {self.said}"

    def summaries(self, client: Any, **parent: str) -> Iterator[Mapping[str, Any]]:
        """All of the account, or of a parent: one call for each 100."""
        asked: dict[str, Any] = dict(parent)
        while True:
            answer = getattr(client, xform_name(self.listing))(**asked)
            yield from answer[self.list_member]
            if not answer.get("nextToken"):
                return
            asked["nextToken"] = answer["nextToken"]

    def arn_in(self, summary: Mapping[str, Any]) -> str:
        return str(summary[self.waitable.arn_member])


@cache
def operations_on(kind: Kind) -> KindOperations:
    """Reading the model costs some milliseconds, once for each kind."""
    model = service_model(CONTROL)
    name = "".join(part.capitalize() for part in kind.value.split("-"))
    waitable = waitables(model)[name]
    known = set(model.operation_names)
    create = model.operation_model(f"Create{name}")
    update = f"Update{name}" if f"Update{name}" in known else None
    listing = model.operation_model(f"List{name}s")
    return KindOperations(
        kind=kind,
        waitable=waitable,
        create=create.name,
        members=dict(create.input_shape.members),
        update=update,
        updatable=_updatable(update, waitable, set(create.input_shape.members)) if update else {},
        delete=f"Delete{name}" if f"Delete{name}" in known else None,
        listing=listing.name,
        list_member=next(member for member, shape in listing.output_shape.members.items() if shape.type_name == "list"),
    )


def _updatable(update: str, waitable: Waitable, create_members: set[str]) -> dict[str, tuple[str, ...]]:
    paths: dict[str, tuple[str, ...]] = {}
    for member, shape in service_model(CONTROL).operation_model(update).input_shape.members.items():
        if member in create_members:
            paths[member] = (member,)
        elif member != waitable.arn_member:
            for inner in getattr(shape, "members", {}):
                paths[f"{member.replace('Update', '')}.{inner}"] = (member, inner)
    return paths
