"""A visitor's history at the moment of a request: what the model was trained on, and what was streamed since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reco.runtime.model import LoadedModel
from reco.storage.events import EventTable, VisitorEvent

STREAMED_EVENTS = 500
"""Newest streamed events of a visitor that count until the next training."""


@dataclass(frozen=True)
class History:
    """Items that the model knows, oldest first; empty for a newcomer."""

    items: NDArray[np.int32]
    times: NDArray[np.int64]
    """Seconds since the epoch."""
    weights: NDArray[np.float32] | None = None
    """What each event counts; None where the model weighs none."""


NOTHING = History(np.empty(0, np.int32), np.empty(0, np.int64))


def read_history(model: LoadedModel, table: EventTable, group: str, visitor: str) -> History:
    """The history behind a userId, which may be the id of a session that nobody has logged in from yet.

    One consistent query, so that an event which PutEvents has acknowledged counts.
    """
    streamed = table.history(group, visitor, STREAMED_EVENTS)
    return merge(model, visitor, streamed)


def merge(model: LoadedModel, visitor: str, streamed: Sequence[VisitorEvent]) -> History:
    """Joins the visitor's trained history with streamed events, in order of time.

    Events of a session count only while the id is no user's: not in training, and in no event.
    """
    row = model.user_row(visitor)
    is_user = row is not None or any(event.owner == "user" for event in streamed)
    owner = "user" if is_user else "session"
    items, times, weights = NOTHING.items, NOTHING.times, np.empty(0, np.float32) if model.weighs else None
    if row is not None:
        items, times, weights = model.trained_history(row)
    added = [
        (item_row, event.sent_ms // 1000, model.weight_of(event))
        for event in streamed
        if event.owner == owner and model.adds(event) and (item_row := model.item_row(event.item)) >= 0
    ]
    if not added:
        return History(items, times, weights)
    items = np.concatenate([items, np.array([item for item, _, _ in added], np.int32)])
    times = np.concatenate([times, np.array([time for _, time, _ in added], np.int64)])
    if weights is not None:
        weights = np.concatenate([weights, np.array([weight for _, _, weight in added], np.float32)])
    # Stable: of equal seconds the streamed event is the later one, and streamed ones keep their milliseconds' order.
    order = np.argsort(times, kind="stable")
    return History(items[order], times[order], None if weights is None else weights[order])
