"""All resources of one owner: finding, creating, deleting and listing them, whatever their kind.

Every resource that is handed out stands as it does now (reco.control.current), and one that is found by its ARN has
its machine started again, should that never have begun. So every caller sees a resource that is whole.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from reco.arns import Kind, Owner, parse_arn
from reco.control.claims import Claim, with_claims
from reco.control.current import BEING_DELETED, DEPENDENTS, Current
from reco.control.lifecycle import IN_PROGRESS, MACHINES, Timing, awaits_machine, standing_at
from reco.control.quotas import Quotas, entered_where_counted, refuse_beyond
from reco.control.tracking_ids import retract
from reco.errors import (
    InvalidInput,
    LimitExceeded,
    ResourceAlreadyExists,
    ResourceInUse,
    ResourceNotFound,
    StaleAttempt,
    Throttled,
)
from reco.jobs.executions import execution_name
from reco.jobs.schedules import TrainingSchedules
from reco.jobs.start import JobStarter
from reco.jobs.status import ACTIVE, DELETE_IN_PROGRESS
from reco.storage.group_keys import GroupKeys
from reco.storage.resource_lists import Page
from reco.storage.resources import NameTaken, Resource, ResourceTable

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Registry:
    """The resources of one account and region at the time of one call."""

    table: ResourceTable
    jobs: JobStarter
    timing: Timing
    now: float
    """Seconds since the epoch, read once for the call."""
    owner: Owner
    schedules: TrainingSchedules
    quotas: Quotas
    keys: GroupKeys

    @cached_property
    def _current(self) -> Current:
        return Current(self.table, self.owner, self.timing, self.now)

    # Reading

    def find(self, kind: Kind, arn: str, member: str) -> Resource:
        """The resource that `arn`, the value of request member `member`, names.

        Raises:
            InvalidInput: the ARN is of another kind.
            ResourceNotFound: none such here; another account's or region's ARN gets the same answer.
        """
        resource_id = self.id_in(kind, arn, member)
        resource = self.named(kind, resource_id) if resource_id else None
        if resource is None:
            raise ResourceNotFound(arn)
        if awaits_machine(resource, self.now):
            self.start_machine(resource)
        return resource

    def id_in(self, kind: Kind, arn: str, member: str) -> str | None:
        """The resource id in an ARN; None when the ARN is another owner's.

        Raises:
            InvalidInput: the ARN is of another kind.
        """
        name = parse_arn(arn)
        if name is None or name.kind is not kind:
            example = self.owner.arn(kind, "NAME/ID" if kind is Kind.SOLUTION_VERSION else "NAME")
            raise InvalidInput(f"{member} must be the ARN of a {said(kind)}, such as {example}; it is {arn}.")
        return name.resource_id if name.owner == self.owner else None

    def named(self, kind: Kind, resource_id: str) -> Resource | None:
        """The resource of this id as it stands now; None when there is none."""
        return self._current.named(kind, resource_id)

    def status(self, resource: Resource) -> str:
        """Its status; of a resource that has just passed the end of its delete, the last one."""
        standing = standing_at(resource, self.now, self.timing)
        return standing.status if standing else DELETE_IN_PROGRESS

    def require_active(self, resource: Resource) -> None:
        """Refuses a resource that is still being made, failed, or is being deleted.

        Raises:
            ResourceInUse: it will change by itself: ask again later.
            InvalidInput: it has failed for good.
        """
        status = self.status(resource)
        if status == ACTIVE:
            return
        message = f"{self.arn(resource)} must be ACTIVE; its status is {status}."
        raise InvalidInput(message) if status.endswith(("FAILED", "STOPPED")) else ResourceInUse(message)

    def page(
        self, kind: Kind, parent: str | None, after: str | None, limit: int, *, newest_first: bool = False
    ) -> Page:
        """As ResourceTable.page; a page is shorter than `limit` only at the end, whatever has to be removed first."""
        found: list[Resource] = []
        while True:
            page = self.table.page(kind, parent, after, limit - len(found), newest_first=newest_first)
            found += self._current.together(page.resources)
            after = page.next_position
            if after is None or len(found) == limit:
                return Page(found, after)

    def children(self, kind: Kind, parent: str) -> Iterator[Resource]:
        """Every child of this kind of the resource with ARN `parent`, oldest first."""
        return self._current.all(self.table.all(kind, parent))

    def newest_first(self, kind: Kind, parent: str) -> Iterator[Resource]:
        """The same children, newest first."""
        return self._current.all(self.table.newest_first(kind, parent))

    def arn(self, resource: Resource) -> str:
        return self.owner.arn(resource.kind, resource.id)

    def view(self, resource: Resource) -> dict[str, Any]:
        """The members that describing and listing have in common: what was sent, and what the service adds."""
        standing = standing_at(resource, self.now, self.timing)
        return {
            **resource.body,
            f"{resource.kind.replace('-', '_')}_arn": self.arn(resource),
            "status": standing.status if standing else DELETE_IN_PROGRESS,
            "failure_reason": resource.failure_reason or (standing.failure_reason if standing else None),
            "creation_date_time": resource.created_at,
            "last_updated_date_time": standing.since if standing else resource.updated_at,
        }

    # Writing

    def create(self, resource: Resource, claims: list[Claim]) -> Resource:
        """Stores a new resource, makes its claims good, and starts its machine if its kind has one.

        Raises:
            ResourceAlreadyExists: the name is taken.
            LimitExceeded: there are as many as the quota of its kind allows.
            ResourceInUse, LimitExceeded: a claim could not be made good; the resource is withdrawn.
            Throttled: not now; the resource is withdrawn, unless another has settled it meanwhile.
        """
        self._refuse_beyond_quota(resource)
        counted = entered_where_counted(self.quotas, resource)
        unsettled = with_claims(counted, claims) if claims else counted
        try:
            self.table.create(unsettled)
        except NameTaken as error:
            # The name may be held by what a reader has to remove: read it, and try once more.
            if self.named(resource.kind, resource.id) is not None:
                raise ResourceAlreadyExists(self.arn(resource)) from error
            try:
                self.table.create(unsettled)
            except NameTaken as again:
                raise ResourceAlreadyExists(self.arn(resource)) from again
        try:
            settled = (self._current.settle(unsettled, claims) if claims else None) or counted
        except Throttled:
            # The client sends its request again, and shall not find its own resource in the way.
            if self.table.withdraw(unsettled):
                retract(self.table, unsettled)
            raise
        if resource.kind in MACHINES:
            self.start_machine(settled)
        return settled

    def _refuse_beyond_quota(self, resource: Resource) -> None:
        """A name that is taken is refused as that: whoever repeats a create wants to hear that it is there."""
        try:
            refuse_beyond(self.quotas, self.table, resource, self.now, self.timing)
        except LimitExceeded:
            if self.named(resource.kind, resource.id) is not None:
                raise ResourceAlreadyExists(self.arn(resource)) from None
            raise

    def change(self, resource: Resource, change: Callable[[Resource], Resource]) -> Resource:
        """Writes what `change` makes of the resource as it now is; `change` may refuse by raising.

        Raises:
            ResourceNotFound: it has gone since it was read.
            ResourceInUse: others keep changing it.
        """

        def applied(current: Resource) -> Resource:
            if current.incarnation != resource.incarnation:
                raise ResourceNotFound(self.arn(resource))
            return change(current)

        try:
            return self.table.update(resource.kind, resource.id, applied)
        except StaleAttempt as error:
            if self.named(resource.kind, resource.id) is None:
                raise ResourceNotFound(self.arn(resource)) from error
            raise ResourceInUse(f"{self.arn(resource)} is being changed by others; try again.") from error

    def delete(self, resource: Resource, refuse: Callable[[Resource], None]) -> None:
        """Begins to delete a resource; `refuse` raises when something blocks it.

        `refuse` looks at children between a read and a conditional write. A child that is created meanwhile touches
        this resource, the write fails, and `refuse` looks again: no child is orphaned.

        Raises:
            ResourceInUse: it is being made or deleted already, or `refuse` said so.
        """

        def marked(current: Resource) -> Resource:
            status = self.status(current)
            if current.deleting_since is not None or status in IN_PROGRESS:
                raise ResourceInUse(f"{self.arn(current)} cannot be deleted while its status is {status}.")
            refuse(current)
            now = self.now
            under = current.also_under
            if current.kind in DEPENDENTS and BEING_DELETED not in under:
                self.table.enter(current, BEING_DELETED)
                under = (*under, BEING_DELETED)
            # A campaign stops being found by new questions at once; sandboxes forget it while it is DELETE PENDING.
            inner = {name: value for name, value in current.inner.items() if name != "serving"}
            return replace(current, deleting_since=now, updated_at=now, also_under=under, inner=inner)

        deleted = self.change(resource, marked)
        retract(self.table, deleted)
        if standing_at(deleted, self.now, self.timing) is None:
            self._current.remove(deleted)

    def start_machine(self, resource: Resource) -> None:
        """Starts the state machine of the resource's latest piece of work; starting it again has no effect."""
        name = execution_name(resource.incarnation, resource.inner.get("sequence", 0))
        try:
            self.jobs.start(self.arn(resource), name, MACHINES[resource.kind])  # type: ignore[arg-type]
        except Exception:
            # The resource is stored and says CREATE PENDING: whoever describes it later starts the machine again.
            # A failure here would make the client create it a second time.
            _log.exception("the %s machine did not start for %s", MACHINES[resource.kind], self.arn(resource))


def said(kind: Kind) -> str:
    """The kind as a person says it."""
    return kind.value.replace("-", " ")


def fresh(
    kind: Kind,
    resource_id: str,
    body: dict[str, Any],
    now: float,
    *,
    tags: dict[str, str] | None = None,
    parent: str | None = None,
    also_under: tuple[str, ...] = (),
    status: str | None = None,
) -> Resource:
    """A resource that is about to be created, with an incarnation of its own. Members of `body` that are None go."""
    return Resource(
        kind=kind,
        id=resource_id,
        incarnation=secrets.token_hex(8),
        body={name: value for name, value in body.items() if value is not None},
        created_at=now,
        updated_at=now,
        status=status,
        parent=parent,
        also_under=also_under,
        tags=tags or {},
    )
