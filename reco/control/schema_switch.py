"""A dataset that takes another schema: one write switches, and whoever reads the dataset may make it.

Between the request and the switch the dataset is *switching*: `inner` carries the new schema, and everybody goes on
seeing the old one. Settling makes three calls, in this order (docs/adr/0002):

    entry      the dataset is found under the new schema, so that who deletes that sees it
    touch      of the new schema: a delete that looked before must look again; after one that is done this fails
    dataset    the new schema is its schema; or, where the touch failed, it is no longer switching

A dataset stays entered under every schema it ever had or was to have, until it is deleted itself. An entry that a slow
caller removed late could be that of a schema it had gone back to. `body["schema_arn"]` alone says which one it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from reco.arns import Kind
from reco.control.lifecycle import UPDATING
from reco.errors import StaleAttempt
from reco.recipes.training_columns import ADDED_COLUMNS
from reco.storage.resources import Resource, ResourceTable

_SWITCH = "switch"


@dataclass(frozen=True)
class Settled:
    """How a switch ended."""

    dataset: Resource | None
    """As it now is; None when it has gone. Still switching, with its old schema, only where others kept writing it."""
    switched: bool
    """False when the new schema, or the dataset, was deleted first, or it is still switching."""


def switching(dataset: Resource, schema: Resource, schema_arn: str, added: Sequence[str], now: float) -> Resource:
    """The dataset, about to take a schema as it was just read, which adds these columns."""
    switch = {
        "id": schema.id,
        "incarnation": schema.incarnation,
        "arn": schema_arn,
        "added": list(added),
        "asked_at": now,
    }
    under = tuple(dict.fromkeys((*dataset.also_under, schema_arn)))
    return replace(dataset, also_under=under, inner={**dataset.inner, _SWITCH: switch})


def is_switching(dataset: Resource) -> bool:
    """Whether it is to be settled before it is shown."""
    return _SWITCH in dataset.inner


def settle_switch(table: ResourceTable, dataset: Resource) -> Settled:
    """Ends the switch of a dataset that is switching; two who do it at once have the effect of one."""
    switch: dict[str, Any] = dataset.inner[_SWITCH]
    table.enter(dataset, switch["arn"])
    there = table.touch(Kind.SCHEMA, switch["id"], switch["incarnation"])

    def settled(current: Resource) -> Resource | None:
        if current.incarnation != dataset.incarnation or current.inner.get(_SWITCH) != switch:
            return None
        inner = {name: value for name, value in current.inner.items() if name != _SWITCH}
        if not there or current.deleting_since is not None:
            return replace(current, inner=inner)
        now = switch["asked_at"]
        added = {**inner.get(ADDED_COLUMNS, {}), **dict.fromkeys(switch["added"], now)}
        return replace(
            current,
            body={**current.body, "schema_arn": switch["arn"]},
            updated_at=now,
            inner={**inner, UPDATING: now, ADDED_COLUMNS: added},
        )

    try:
        written: Resource | None = table.update(Kind.DATASET, dataset.id, settled)
    except StaleAttempt:
        # It has gone, or others kept writing: then it is still switching, and the next reader tries again.
        written = table.get(Kind.DATASET, dataset.id)
    if written is None or written.incarnation != dataset.incarnation:
        return Settled(None, switched=False)
    ended = there and written.deleting_since is None and not is_switching(written)
    return Settled(written, switched=ended)
