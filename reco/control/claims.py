"""What a new resource needs of others, checked after it is written, so that no delete slips in between.

A resource is created *unsettled*: it carries its claims. Settling makes each claim good and takes them off. Whoever
reads an unsettled resource settles it first, so it does not matter who was killed where (docs/adr/0002).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from reco.arns import Kind
from reco.control.lifecycle import IN_PROGRESS
from reco.errors import ClientFault, LimitExceeded, ResourceInUse
from reco.storage.resources import Resource

_CLAIMS = "claims"


@dataclass(frozen=True)
class Claim:
    """One resource that must still be there, the same and not being deleted, once the new one is written."""

    kind: Kind
    id: str
    incarnation: str
    slot: str | None = None
    """A place in it that only one child may hold at a time: a key of SLOTS."""


@dataclass(frozen=True)
class Slot:
    """A place that a child holds alone."""

    holds: Callable[[Resource], bool]
    """Whether a child that has the place, and still exists, keeps others out."""
    refusal: Callable[[], ClientFault]


SLOTS: Mapping[str, Slot] = {
    "import_job": Slot(
        holds=lambda job: job.status in IN_PROGRESS,
        refusal=lambda: ResourceInUse("Another import job for this dataset is in progress; wait until it ends."),
    ),
    "metric_attribution": Slot(
        holds=lambda attribution: True,
        refusal=lambda: LimitExceeded(
            "A dataset group has at most 1 metric attribution; delete the present one first."
        ),
    ),
    "event_tracker": Slot(
        holds=lambda tracker: True,
        refusal=lambda: LimitExceeded("A dataset group has at most 1 event tracker; delete the present one first."),
    ),
}


def claim_on(resource: Resource, slot: str | None = None) -> Claim:
    """A claim on a resource as it was just read."""
    return Claim(resource.kind, resource.id, resource.incarnation, slot)


def with_claims(resource: Resource, claims: list[Claim]) -> Resource:
    """The resource, unsettled."""
    return replace(resource, inner={**resource.inner, _CLAIMS: [asdict(claim) for claim in claims]})


def claims_of(resource: Resource) -> list[Claim] | None:
    """The claims still to be made good; None once the resource is settled."""
    stored: list[dict[str, Any]] | None = resource.inner.get(_CLAIMS)
    return None if stored is None else [Claim(**{**each, "kind": Kind(each["kind"])}) for each in stored]


def without_claims(resource: Resource) -> Resource:
    """The resource, settled."""
    return replace(resource, inner={name: value for name, value in resource.inner.items() if name != _CLAIMS})
