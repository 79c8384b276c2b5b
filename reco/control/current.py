"""How a stored resource becomes one that stands now: reading is where time takes effect (docs/adr/0003).

A read settles what a killed creator left unsettled, ends a switch of schemas that was under way, and removes what has
passed the end of its delete, and what went with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reco.arns import Kind, Owner, ResourceName, parse_arn
from reco.control.claims import Claim, claims_of
from reco.control.lifecycle import Timing, standing_at
from reco.control.schema_switch import is_switching, settle_switch
from reco.control.settling import settle
from reco.control.tracking_ids import retract
from reco.errors import ClientFault, Throttled
from reco.storage.resources import Resource, ResourceTable

DEPENDENTS: dict[Kind, tuple[Kind, ...]] = {
    Kind.DATASET_GROUP: (Kind.DATA_DELETION_JOB,),
    Kind.DATASET: (Kind.DATASET_IMPORT_JOB, Kind.DATASET_EXPORT_JOB),
    Kind.SOLUTION: (Kind.SOLUTION_VERSION,),
    Kind.SOLUTION_VERSION: (Kind.BATCH_INFERENCE_JOB, Kind.BATCH_SEGMENT_JOB),
}
"""Children that nobody can delete alone: they go with their parent."""

BEING_DELETED = "being-deleted"
"""Owner of the lists of what is being deleted and takes dependents with it: entered before the mark, so that who lists
dependents reads these few and not the parent of each."""

_OWNERS = {child: parent for parent, children in DEPENDENTS.items() for child in children}


@dataclass(frozen=True)
class Current:
    """One owner's stored resources, as they stand at one time."""

    table: ResourceTable
    owner: Owner
    timing: Timing
    now: float
    """Seconds since the epoch."""

    def named(self, kind: Kind, resource_id: str) -> Resource | None:
        """The resource of this id; None when there is none, or none any more."""
        stored = self.table.get(kind, resource_id)
        return self._standing(stored, {}) if stored else None

    def all(self, stored: Iterable[Resource]) -> Iterator[Resource]:
        """Those that are there, in the order given. Cost: a read for each parent that they go with."""
        owners: dict[str, bool] = {}
        for each in stored:
            if current := self._standing(each, owners):
                yield current

    def together(self, stored: list[Resource]) -> list[Resource]:
        """The same for some that were read at once. Cost: one Query, of the parents that are being deleted."""
        owners = self._owners_of(stored)
        return [current for each in stored if (current := self._standing(each, owners))]

    def settle(self, unsettled: Resource, claims: list[Claim]) -> Resource | None:
        """Makes a new resource's claims good; None when another caller has removed it meanwhile.

        Raises:
            Throttled: not now; the resource stays unsettled.
            ClientFault: a claim could not be made good; the resource is withdrawn.
        """
        return settle(self.table, self.owner, unsettled, claims, self.named)

    def remove(self, resource: Resource) -> None:
        """Removes a resource past the end of its delete, dependents first; a kill in between is made up for later."""
        for dependent in DEPENDENTS.get(resource.kind, ()):
            for each in self.table.all(dependent, self.owner.arn(resource.kind, resource.id)):
                self.remove(each)
        retract(self.table, resource)
        self.table.delete(resource)

    def _standing(self, stored: Resource, owners: dict[str, bool]) -> Resource | None:
        """The resource settled; None when it is gone. `owners` remembers which parents were found to be there."""
        claims = claims_of(stored)
        if claims is not None:
            try:
                settled = self.settle(stored, claims)
            except Throttled:
                # It may well be there: whoever took it for absent might delete its parent.
                raise
            except ClientFault:
                return None
            if settled is None:
                return None
            stored = settled
        if is_switching(stored):
            switched = settle_switch(self.table, stored).dataset
            if switched is None:
                return None
            stored = switched
        if stored.kind in _OWNERS and not self._has_owner(stored, owners):
            return None
        if standing_at(stored, self.now, self.timing) is None:
            self.remove(stored)
            return None
        return stored

    def _owners_of(self, dependents: list[Resource]) -> dict[str, bool]:
        """Which parents are there, of those of these resources that go with their parent.

        A dependent that is settled has its parent, unless that is being deleted; so only what is being deleted is read.
        """
        going = {
            each.parent: _goes_with(name)
            for each in dependents
            if each.kind in _OWNERS and each.parent and (name := parse_arn(each.parent))
        }
        gone = {
            (kind, each.id)
            for kind in {kind for kind, _ in going.values()}
            for each in self.table.all(kind, BEING_DELETED)
            if self._standing(each, {}) is None
        }
        return {arn: who not in gone for arn, who in going.items()}

    def _has_owner(self, dependent: Resource, owners: dict[str, bool]) -> bool:
        """Whether the parent a dependent goes with is there; reading it removes both when its time has come."""
        parent = dependent.parent or ""
        if parent not in owners:
            name = parse_arn(parent)
            owners[parent] = name is not None and self.named(name.kind, name.resource_id) is not None
        return owners[parent]


def _goes_with(parent: ResourceName) -> tuple[Kind, str]:
    """Kind and id of what takes a parent and its dependents with it: itself, or a version's solution."""
    if parent.kind is Kind.SOLUTION_VERSION:
        return Kind.SOLUTION, parent.resource_id.partition("/")[0]
    return parent.kind, parent.resource_id
