"""Settling: making a new resource's claims good after it is written, or withdrawing it.

The creator does it, and so does whoever reads the resource before the creator has come so far (docs/adr/0002).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from reco.arns import Kind, Owner
from reco.control.claims import SLOTS, Claim, claims_of, without_claims
from reco.control.tracking_ids import announce, retract
from reco.errors import ClientFault, ResourceInUse, StaleAttempt, Throttled
from reco.storage.resources import Resource, ResourceTable, RevisionConflict

Named = Callable[[Kind, str], Resource | None]
"""Finds a resource as it stands now."""


def settle(
    table: ResourceTable, owner: Owner, unsettled: Resource, claims: list[Claim], named: Named
) -> Resource | None:
    """The resource with its claims made good and taken off; None when it has gone meanwhile.

    Args:
        unsettled: as it was just written or read: unless another has written since, it is not read again.

    Raises:
        Throttled: not now, which says nothing of the claims; the resource stays unsettled.
        ClientFault: a claim cannot be made good; the resource is withdrawn, unless another has settled it meanwhile.
    """
    try:
        for claim in claims:
            if claim.slot is None:
                _touch(table, owner, claim)
            else:
                _take(table, owner, unsettled, claim, claim.slot, named)
    except Throttled:
        raise
    except ClientFault:
        table.withdraw(unsettled)
        raise
    announce(table, unsettled, claims)
    try:
        return table.replace(without_claims(unsettled))
    except RevisionConflict:
        # Another settled it first, or touched it, or has removed it.
        settled = _settled(table, unsettled)
    if settled is None or settled.deleting_since is not None:
        # What was announced here came after its delete had taken it back.
        retract(table, unsettled)
    return settled


def _settled(table: ResourceTable, unsettled: Resource) -> Resource | None:
    """The same resource, read again and written without its claims should it still have them."""

    def settled(current: Resource) -> Resource | None:
        mine = current.incarnation == unsettled.incarnation and claims_of(current) is not None
        return without_claims(current) if mine else None

    try:
        written = table.update(unsettled.kind, unsettled.id, settled)
    except StaleAttempt:
        return None
    return written if written.incarnation == unsettled.incarnation else None


def _touch(table: ResourceTable, owner: Owner, claim: Claim) -> None:
    if not table.touch(claim.kind, claim.id, claim.incarnation):
        raise ResourceInUse(f"{owner.arn(claim.kind, claim.id)} is being deleted.")


def _take(table: ResourceTable, owner: Owner, child: Resource, claim: Claim, name: str, named: Named) -> None:
    """Writes the child into the parent's slot, unless another holds it; the write is a touch too."""
    arn = owner.arn(claim.kind, claim.id)
    slot = SLOTS[name]

    def taken(parent: Resource) -> Resource | None:
        if parent.incarnation != claim.incarnation or parent.deleting_since is not None:
            raise ResourceInUse(f"{arn} is being deleted.")
        held = parent.inner.get(name)
        if held:
            if held["incarnation"] == child.incarnation:
                return None
            # The child's own name is looked up as it is stored: to settle it is what we are about.
            find = table.get if held["id"] == child.id else named
            holder = find(child.kind, held["id"])
            if holder and holder.incarnation == held["incarnation"] and slot.holds(holder):
                raise slot.refusal()
        place = {"id": child.id, "incarnation": child.incarnation}
        return replace(parent, inner={**parent.inner, name: place})

    try:
        table.update(claim.kind, claim.id, taken)
    except StaleAttempt as error:
        if table.get(claim.kind, claim.id) is None:
            raise ResourceInUse(f"{arn} is being deleted.") from error
        raise Throttled(f"{arn} is being changed by others; send this request again in a moment") from error
