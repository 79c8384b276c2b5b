"""Actions and what users did with them, joined to what is known of the users from their interactions with items."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from reco.artefact import Artefact, Vocabulary
from reco.datasets.snapshot import CatalogueSnapshot, InteractionSnapshot, NumberColumn, StringColumn
from reco.errors import UserFault
from reco.models.action_data import DAY_S, NEVER, ActionData, ActionEvents, kind_of
from reco.models.interactions import Interactions, offsets_of
from reco.models.training_data import TrainingData
from training_container.metadata import content_of

MOST_ACTIONS = 1_000
EXPIRATION = ("EXPIRATION_TIMESTAMP", "ACTION_EXPIRATION_TIMESTAMP")
"""Both names are in use for the same; the first that the schema has counts."""
_RULES = ("REPEAT_FREQUENCY", *EXPIRATION)
"""Columns that say when an action may be recommended, and nothing of what it is like."""


def with_actions(
    data: TrainingData, users: Vocabulary, snapshots: Mapping[str, Artefact], takes: Callable[[str], bool]
) -> tuple[TrainingData, Vocabulary]:
    """The data with its actions, and the users of both kinds of interactions.

    Args:
        snapshots: ACTIONS among them; ACTION_INTERACTIONS may be missing.
        takes: whether a column of the actions is learned from.
    Raises:
        UserFault: there are no actions, or more than a model can hold.
    """
    if "ACTIONS" not in snapshots:
        raise UserFault("Create failed. The Actions dataset is empty; import actions.")
    catalogue = CatalogueSnapshot.of(snapshots["ACTIONS"])
    log = InteractionSnapshot.of(snapshots["ACTION_INTERACTIONS"]) if "ACTION_INTERACTIONS" in snapshots else None
    known = Vocabulary.from_strings([])
    names, rows, rows_of_log = catalogue.ids.union(log.items if log else known)
    if len(names) > MOST_ACTIONS:
        raise UserFault(f"Create failed. There are {len(names)} actions; at most {MOST_ACTIONS} can be learned from.")
    everybody, old_rows, new_rows = users.union(log.users if log else known)
    events = _events(log, new_rows, rows_of_log, len(everybody)) if log else ActionEvents.none(len(everybody))
    interactions = _placed(data.interactions, old_rows, len(everybody))
    actions = ActionData(
        names=names,
        events=events,
        expires=_spread(_first(catalogue, EXPIRATION), rows, len(names), NEVER),
        repeat_s=_spread(_first(catalogue, ("REPEAT_FREQUENCY",)), rows, len(names), 0) * DAY_S,
        worth=_spread(_first(catalogue, ("VALUE",)), rows, len(names), 0).clip(min=0).astype(np.float32),
        created=_created(catalogue, rows, events, interactions, len(names)),
        content=content_of(catalogue, rows, len(names), lambda column: takes(column) and column not in _RULES),
    )
    return replace(data, interactions=interactions, actions=actions), everybody


def _events(
    log: InteractionSnapshot, user_rows: NDArray[np.int32], action_rows: NDArray[np.int32], user_count: int
) -> ActionEvents:
    """The events whose type has a meaning, by the users' and actions' new rows; which keep their order."""
    types = log.columns["EVENT_TYPE"]
    assert isinstance(types, StringColumn)  # noqa: S101  the schema's rules say so
    kinds = np.array([-1 if (kind := kind_of(text)) is None else kind for text in types.values], np.int64)
    found = kinds[types.codes] if len(kinds) else np.empty(0, np.int64)
    told = found >= 0
    users = user_rows[log.user_rows()[told]]
    return ActionEvents(
        offsets_of(np.bincount(users, minlength=user_count)),
        action_rows[log.item_rows[told]],
        found[told].astype(np.uint8),
        np.asarray(log.timestamps[told]),
    )


def _placed(interactions: Interactions, rows: NDArray[np.int32], user_count: int) -> Interactions:
    """The interactions by users' new rows, which keep their order."""
    lengths = np.zeros(user_count, np.int64)
    lengths[rows] = interactions.lengths
    return replace(interactions, offsets=offsets_of(lengths))


def _first(catalogue: CatalogueSnapshot, names: tuple[str, ...]) -> NumberColumn | None:
    found = next((catalogue.columns[name] for name in names if name in catalogue.columns), None)
    return found if isinstance(found, NumberColumn) else None


def _spread(column: NumberColumn | None, rows: NDArray[np.int32], count: int, missing: int) -> NDArray[np.int64]:
    """A column's numbers by action; `missing` where it is null, or the action is in no row."""
    spread = np.full(count, missing, np.int64)
    if column is not None:
        known = np.ones(len(rows), bool) if column.nulls is None else column.nulls == 0
        spread[rows[known]] = column.numbers[known]
    return spread


def _created(
    catalogue: CatalogueSnapshot,
    rows: NDArray[np.int32],
    events: ActionEvents,
    interactions: Interactions,
    count: int,
) -> NDArray[np.int64]:
    """CREATION_TIMESTAMP; without one the second of the action's oldest event, or of the newest event there is."""
    unknown = np.iinfo(np.int64).max
    created = _spread(_first(catalogue, ("CREATION_TIMESTAMP",)), rows, count, unknown)
    oldest = np.full(count, unknown)
    np.minimum.at(oldest, events.actions, events.times)
    newest = max(int(interactions.times.max(initial=0)), int(events.times.max(initial=0)))
    created = np.where(created == unknown, oldest, created)
    return np.where(created == unknown, newest, created)
