"""What all kinds of job have in common here: a record of what was asked for, created, described and listed.

A job reads or writes a caller's bucket once. It has no delete of its own and goes with what it was made for, its
parent (reco.control.registry). The names of members follow from the kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reco.arns import Kind
from reco.control.claims import Claim
from reco.control.lifecycle import MACHINES
from reco.control.listing import Filter, list_resources
from reco.control.registry import Registry, fresh
from reco.control.tags import tags_of
from reco.jobs.status import CREATE_PENDING
from reco.wire.call import Call


def create_job(
    registry: Registry,
    call: Call,
    kind: Kind,
    body: dict[str, Any],
    claims: list[Claim],
    *,
    parent: str,
    also_under: Sequence[str] = (),
) -> dict[str, Any]:
    """Stores a job under its name, which is the account's own; members of `body` that are None were not sent.

    Raises:
        ResourceAlreadyExists: another job of this kind has the name.
    """
    job = fresh(
        kind,
        call.parameters["job_name"],
        {"job_name": call.parameters["job_name"], **body},
        call.now,
        tags=tags_of(call.parameters.get("tags")),
        parent=parent,
        also_under=tuple(also_under),
        status=CREATE_PENDING if kind in MACHINES else None,
    )
    return {_arn_member(kind): registry.arn(registry.create(job, claims))}


def describe_job(registry: Registry, call: Call, kind: Kind) -> dict[str, Any]:
    arn = call.parameters[_arn_member(kind)]
    return {_snake(kind): registry.view(registry.find(kind, arn, f"{_camel(kind)}Arn"))}


def list_jobs(
    registry: Registry, call: Call, kind: Kind, parent: Filter, *, newest_first: bool = False
) -> dict[str, Any]:
    return list_resources(registry, call, kind, f"{_snake(kind)}s", parent, newest_first=newest_first)


def _snake(kind: Kind) -> str:
    return kind.value.replace("-", "_")


def _camel(kind: Kind) -> str:
    first, *rest = kind.value.split("-")
    return first + "".join(word.capitalize() for word in rest)


def _arn_member(kind: Kind) -> str:
    return f"{_snake(kind)}_arn"
