"""What tells whether a user takes an action within the next days: numbers about user, action and both, at a moment.

They look at nothing that happened at the moment or after it, so the same function serves training (moments in the
past, whose sequel is known) and an answer (now).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.models.action_data import DAY_S, KINDS, NOT_TAKEN, TAKEN, VIEWED, ActionEvents

FEATURES = (
    "always",
    "popular",
    "popular_lately",
    "refused_share",
    "new",
    "worth",
    "known",
    "items_touched",
    "idle",
    "actions_taken",
    "actions_refused",
    "took_it",
    "took_it_times",
    "took_it_lately",
    "refused_it_lately",
    "viewed_it_lately",
    "viewed_it_times",
)
"""`always` is 1. Shares and "lately" lie between 0 and 1, counts are ln(1 + count)."""

NEW_DAYS = 30.0
_LATELY = 2.0
"""Optimisation periods after which a touch counts a third in `popular_lately`."""


@dataclass(frozen=True)
class Standing:
    """How the actions stand with all users at a moment."""

    takers: NDArray[np.float64]
    """(A,) how often each was taken."""
    takers_lately: NDArray[np.float64]
    """(A,) the same, recent ones counting most."""
    refusals: NDArray[np.float64]
    """(A,) how often each was declined."""
    meetings: NDArray[np.float64]
    """(A,) events of any kind."""

    @staticmethod
    def at(moment: int, events: ActionEvents, count: int, period_s: float) -> Standing:
        """From the events before the moment."""
        past = events.times < moment
        actions, kinds = events.actions[past], events.kinds[past]
        took = kinds == TAKEN
        fading = np.exp(-(moment - events.times[past][took]) / (_LATELY * period_s))
        return Standing(
            takers=np.bincount(actions[took], minlength=count).astype(np.float64),
            takers_lately=np.bincount(actions[took], fading, minlength=count).astype(np.float64, copy=False),
            refusals=np.bincount(actions[kinds == NOT_TAKEN], minlength=count).astype(np.float64),
            meetings=np.bincount(actions, minlength=count).astype(np.float64),
        )


@dataclass(frozen=True)
class Visitors:
    """Users at a moment."""

    moment: int
    events: ActionEvents
    """What they did with actions before the moment."""
    items_touched: NDArray[np.int64]
    """(n,) how many of their events with items lie before the moment."""
    latest: NDArray[np.int64]
    """(n,) second of their latest event of any kind before the moment; that of the moment where there is none."""


def pair_features(
    visitors: Visitors,
    users: NDArray[Any],
    actions: NDArray[Any],
    standing: Standing,
    *,
    worth: NDArray[Any],
    created: NDArray[np.int64],
    period_s: float,
) -> NDArray[np.float64]:
    """(m, F) numbers of m pairs, by FEATURES.

    Args:
        users, actions: (m,) rows in `visitors` and of the actions.
        worth, created: (A,) of the actions.
    """
    moment, count = visitors.moment, len(worth)
    met = _Met.of(visitors.events, count)
    pairs = np.asarray(users, np.int64) * count + actions

    def lately(kind: int) -> NDArray[np.float64]:
        times, last = met.look(pairs, kind)
        return np.where(times > 0, np.exp(-np.maximum(moment - last, 0) / period_s), 0.0)

    owners = visitors.events.user_rows()
    per_user = np.bincount(owners * KINDS + visitors.events.kinds, minlength=len(visitors.latest) * KINDS)
    per_user = per_user.reshape(-1, KINDS)
    known = (visitors.items_touched > 0) | (per_user.sum(axis=1) > 0)
    idle = np.log1p(np.maximum(moment - visitors.latest, 0) / period_s)
    took_it, _ = met.look(pairs, TAKEN)
    viewed_it, _ = met.look(pairs, VIEWED)
    popular, popular_lately = np.log1p(standing.takers), np.log1p(standing.takers_lately)
    refused = standing.refusals / (standing.takers + standing.refusals + 1)
    new = np.exp(-np.maximum(moment - created, 0) / (NEW_DAYS * DAY_S))
    return np.column_stack(
        [
            np.ones(len(pairs)),
            (popular - popular.mean())[actions],
            (popular_lately - popular_lately.mean())[actions],
            refused[actions],
            new[actions],
            _centred_worth(worth)[actions],
            known[users],
            np.log1p(visitors.items_touched)[users],
            np.where(known, idle, 0.0)[users],
            np.log1p(per_user[:, TAKEN])[users],
            np.log1p(per_user[:, NOT_TAKEN])[users],
            took_it > 0,
            np.log1p(took_it),
            lately(TAKEN),
            lately(NOT_TAKEN),
            lately(VIEWED),
            np.log1p(viewed_it),
        ]
    )


def _centred_worth(worth: NDArray[Any]) -> NDArray[np.float64]:
    """ln(1 + VALUE) less the mean over the actions that have one; 0 for the others."""
    has = worth > 0
    logs = np.log1p(np.where(has, worth, 0).astype(np.float64))
    return np.where(has, logs - (logs[has].mean() if has.any() else 0), 0.0)


@dataclass(frozen=True)
class _Met:
    """How often and when last each user met each action, by kind; only what happened."""

    keys: NDArray[np.int64]
    """Rising; (user * actions + action) * KINDS + kind."""
    times: NDArray[np.int64]
    last: NDArray[np.int64]

    @staticmethod
    def of(events: ActionEvents, count: int) -> _Met:
        keys = (events.user_rows() * count + events.actions) * KINDS + events.kinds
        order = np.lexsort((events.times, keys))
        keys = keys[order]
        ends = np.flatnonzero(np.append(keys[1:] != keys[:-1], True)) if len(keys) else np.empty(0, np.int64)
        return _Met(keys[ends], np.diff(ends, prepend=-1), events.times[order][ends])

    def look(self, pairs: NDArray[np.int64], kind: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Times and last second of each pair; both 0 where it never happened."""
        if not len(self.keys):
            return np.zeros(len(pairs), np.int64), np.zeros(len(pairs), np.int64)
        wanted = pairs * KINDS + kind
        place = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        there = self.keys[place] == wanted
        return np.where(there, self.times[place], 0), np.where(there, self.last[place], 0)
