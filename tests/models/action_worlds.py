"""Worlds in which users with planted tastes meet actions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.models.action_data import DAY_S, NEVER, NOT_TAKEN, TAKEN, VIEWED, ActionData, ActionEvents
from reco.models.interactions import Interactions, offsets_of
from tests.models.builders import names, planted_tastes

DAYS = 60


def events_of(rows: list[tuple[int, int, int, int]], user_count: int) -> ActionEvents:
    """Of (user, second, action, kind), in any order."""
    ordered = np.array(sorted(rows), np.int64).reshape(-1, 4)
    offsets = offsets_of(np.bincount(ordered[:, 0], minlength=user_count))
    return ActionEvents(offsets, ordered[:, 2].astype(np.int32), ordered[:, 3].astype(np.uint8), ordered[:, 1])


def actions_of(events: ActionEvents, count: int, **more: Any) -> ActionData:
    """Actions that never expire, may be repeated at once and are old."""
    plain = ActionData(
        names=names(count, "a"),
        events=events,
        expires=np.full(count, NEVER),
        repeat_s=np.zeros(count, np.int64),
        worth=np.zeros(count, np.float32),
        created=np.zeros(count, np.int64),
    )
    return replace(plain, **more)


def planted_actions(
    seed: int = 0, *, users: int = 400, count: int = 10, meetings: float = 8.0
) -> tuple[Interactions, ActionData, NDArray[Any]]:
    """Users of five tastes who see actions of five tastes over sixty days, and mostly take those of their own.

    Action a has taste a % 5. Returns the interactions with items, the actions, and each user's taste.
    """
    generator = np.random.default_rng(seed)
    interactions, tastes = planted_tastes(seed, users=users)
    times = np.sort(generator.integers(0, DAYS * DAY_S, (users, 20)), axis=1).ravel()
    interactions = replace(interactions, times=times)
    rows = []
    for user in range(users):
        for _ in range(generator.poisson(meetings)):
            action, second = int(generator.integers(count)), int(generator.integers(DAYS * DAY_S))
            rows.append((user, second, action, VIEWED))
            wanted = generator.random() < (0.6 if action % 5 == tastes[user] else 0.05)
            if wanted or generator.random() < 0.3:
                rows.append((user, second + 60, action, TAKEN if wanted else NOT_TAKEN))
    return interactions, actions_of(events_of(rows, users), count), tastes
