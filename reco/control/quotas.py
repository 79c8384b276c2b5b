"""How many resources there may be: Personalize's default quotas as one table, each to be lifted by a setting.

Source: control-plane reference, J.5; the texts are those of B.4. A quota is looked at when a resource is about to be
written, and costs one Query that counts list entries; only where there are as many entries as the quota allows are
the resources behind them read. What may be at work at a time is counted in lists of its own, which hold what is at
work and what has ended since the last who counted: who finds one that has ended takes it off.

The count and the write are two steps. Two creators at once, each of whom sees the last place free, both get it: a
quota may be passed by as many as create in the same instant, and is refused from then on. What must never be passed,
one event tracker and one metric attribution in a group, is a slot that one of them holds (reco.control.claims), and
one dataset of a type is a name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from reco.arns import Kind, parse_arn
from reco.control.lifecycle import IN_PROGRESS, Timing, standing_at
from reco.errors import LimitExceeded
from reco.jobs.status import CREATE_FAILED, CREATE_STOPPING, PENDING
from reco.storage.resources import Resource, ResourceTable

AT_WORK = "at-work"
"""Owner of the lists of what is at work in the account; in a dataset group's, its ARN follows."""

_MOST_ENDED = 100
"""A list of those at work that is so long is looked through, though the quota may be larger: it would grow up to it."""

WITHOUT = "none"
"""What a setting says of a quota that is not to hold."""

Scope = Literal["account", "dataset group"]


@dataclass(frozen=True)
class Quota:
    """The most of one kind that there may be."""

    kind: Kind
    scope: Scope
    """Within the account's region, or within one dataset group."""
    limit: int | None
    """None is no limit."""
    adjustable: bool = False
    """Amazon raises it on request. Here each may be lifted."""
    at_work: frozenset[str] | None = None
    """Only those with one of these statuses count; None counts all but what has failed or is being deleted."""

    @property
    def name(self) -> str:
        """As settings and the page of the documentation call it."""
        return f"{self.kind.value.replace('-', '_')}s"

    @property
    def refusal(self) -> str:
        """The service's words."""
        if self.at_work is None:
            article = "an" if self.kind.value[0] in "aeiou" else "a"
            return (
                f"Cannot create {article} {self.kind.value.replace('-', ' ')}. More than {self.limit} resources in "
                "ACTIVE state. Please delete some and try again."
            )
        words = "PENDING" if self.at_work == _WAITING else "PENDING or IN_PROGRESS"
        return f"More than {self.limit} resources with {words} status."


_WORKING = IN_PROGRESS | {CREATE_STOPPING}
_WAITING = frozenset({PENDING})

QUOTAS: tuple[Quota, ...] = (
    Quota(Kind.SCHEMA, "account", 500),
    Quota(Kind.DATASET_GROUP, "account", 5, adjustable=True),
    Quota(Kind.DATASET_IMPORT_JOB, "account", 5, at_work=_WORKING),
    Quota(Kind.SOLUTION_VERSION, "account", 20, adjustable=True, at_work=_WORKING),
    Quota(Kind.BATCH_INFERENCE_JOB, "account", 5, adjustable=True, at_work=_WORKING),
    Quota(Kind.BATCH_SEGMENT_JOB, "account", 5, at_work=_WORKING),
    Quota(Kind.SOLUTION, "dataset group", 10, adjustable=True),
    Quota(Kind.CAMPAIGN, "dataset group", 5, adjustable=True),
    Quota(Kind.RECOMMENDER, "dataset group", 5),
    Quota(Kind.FILTER, "dataset group", 30, adjustable=True),
    Quota(Kind.DATA_DELETION_JOB, "dataset group", 5, adjustable=True, at_work=_WAITING),
)
"""Personalize's defaults."""

Quotas = Mapping[Kind, Quota]
"""Those that hold in a deployment."""


def quotas_with(overrides: Mapping[str, str]) -> Quotas:
    """The defaults with some of them changed: by name, a whole number of at least 1, or `none`.

    Raises:
        ValueError: an unknown name, or no such number; all problems in one message.
    """
    problems: list[str] = []
    known = {quota.name: quota for quota in QUOTAS}
    chosen = dict(known)
    for name, text in overrides.items():
        if name not in known:
            problems.append(f"{name} is no quota; there are {', '.join(sorted(known))}")
        elif text == WITHOUT:
            chosen[name] = replace(known[name], limit=None)
        elif text.isdecimal() and int(text) >= 1:
            chosen[name] = replace(known[name], limit=int(text))
        else:
            problems.append(f"{name}:{text} must be a whole number of at least 1, or {WITHOUT}")
    if problems:
        raise ValueError("; ".join(problems))
    return {quota.kind: quota for quota in chosen.values()}


def refuse_beyond(quotas: Quotas, table: ResourceTable, resource: Resource, now: float, timing: Timing) -> None:
    """Refuses a resource that is about to be written where its quota is used up.

    Raises:
        LimitExceeded: in the service's words.
    """
    quota = quotas.get(resource.kind)
    if quota is None or quota.limit is None:
        return
    owner = _counted_in(quota, resource)
    enough = quota.limit if quota.at_work is None else min(quota.limit, _MOST_ENDED)
    if table.count(quota.kind, owner, enough) < enough:
        return
    counted, ended = 0, []
    for each in table.all(quota.kind, owner):
        if _counts(quota, each, now, timing):
            counted += 1
            if counted == quota.limit:
                break
        else:
            ended.append(each)
    if owner is not None and quota.at_work is not None:
        table.leave(ended, owner)
    if counted == quota.limit:
        raise LimitExceeded(quota.refusal)


def entered_where_counted(quotas: Quotas, resource: Resource) -> Resource:
    """A resource that is about to be written, to be entered in the list of those at work if its kind is counted so."""
    quota = quotas.get(resource.kind)
    if quota is None or quota.limit is None or quota.at_work is None:
        return resource
    owner = _counted_in(quota, resource)
    return replace(resource, also_under=(*resource.also_under, owner)) if owner else resource


def _counted_in(quota: Quota, resource: Resource) -> str | None:
    """Owner of the list whose entries are counted; None is the account's list of all."""
    group = _group_of(resource) if quota.scope == "dataset group" else None
    if quota.at_work is None:
        return group
    return f"{AT_WORK}/{group}" if group else AT_WORK


def _group_of(resource: Resource) -> str:
    """ARN of the dataset group whose list the resource is in."""
    for arn in (resource.parent, *resource.also_under):
        name = parse_arn(arn) if arn else None
        if arn and name and name.kind is Kind.DATASET_GROUP:
            return arn
    raise ValueError(f"{resource.kind} {resource.id} is in no dataset group's list, so its quota cannot be counted")


def _counts(quota: Quota, resource: Resource, now: float, timing: Timing) -> bool:
    standing = standing_at(resource, now, timing)
    if standing is None:
        return False
    if quota.at_work is not None:
        return standing.status in quota.at_work
    return resource.deleting_since is None and standing.status != CREATE_FAILED
