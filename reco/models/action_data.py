"""Actions, and what users did when they met them, by row numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.artefact import Vocabulary
from reco.models.content import ItemContent
from reco.models.interactions import offsets_of

TAKEN, NOT_TAKEN, VIEWED = 0, 1, 2
KINDS = 3
_KIND_OF = {"taken": TAKEN, "not taken": NOT_TAKEN, "viewed": VIEWED}

NEVER = np.iinfo(np.int64).max
"""When an action without an expiration expires."""
DAY_S = 86_400


def kind_of(event_type: str) -> int | None:
    """What a user did, from an EVENT_TYPE in any case, with a blank or an underscore; None for any other text."""
    return _KIND_OF.get(event_type.strip().lower().replace("_", " "))


@dataclass(frozen=True)
class ActionEvents:
    """Events by user and, within a user, oldest first. User u's are offsets[u] to offsets[u + 1]."""

    offsets: NDArray[np.int64]
    actions: NDArray[np.int32]
    """Action rows."""
    kinds: NDArray[np.uint8]
    """TAKEN, NOT_TAKEN or VIEWED."""
    times: NDArray[np.int64]
    """Seconds since the epoch, rising within a user."""

    def __len__(self) -> int:
        return len(self.actions)

    @property
    def user_count(self) -> int:
        return len(self.offsets) - 1

    def user_rows(self) -> NDArray[np.int64]:
        """Each event's user."""
        return np.repeat(np.arange(self.user_count), np.diff(self.offsets))

    def of_users(self, keep: NDArray[np.bool_]) -> ActionEvents:
        """Only the events of some users, who are renumbered."""
        lengths = np.diff(self.offsets)
        events = np.repeat(keep, lengths)
        return ActionEvents(offsets_of(lengths[keep]), self.actions[events], self.kinds[events], self.times[events])

    def of_events(self, keep: NDArray[np.bool_]) -> ActionEvents:
        """Only some events; users keep their rows."""
        lengths = np.bincount(self.user_rows()[keep], minlength=self.user_count)
        return ActionEvents(offsets_of(lengths), self.actions[keep], self.kinds[keep], self.times[keep])

    def of_user(self, user: int) -> ActionEvents:
        """One user's events, as events of a user 0."""
        span = slice(int(self.offsets[user]), int(self.offsets[user + 1]))
        return ActionEvents(
            np.array([0, span.stop - span.start]), self.actions[span], self.kinds[span], self.times[span]
        )

    @staticmethod
    def none(user_count: int) -> ActionEvents:
        """Users who have met no action."""
        return ActionEvents(
            np.zeros(user_count + 1, np.int64),
            np.empty(0, np.int32),
            np.empty(0, np.uint8),
            np.empty(0, np.int64),
        )


@dataclass(frozen=True)
class ActionData:
    """The actions of a dataset group."""

    names: Vocabulary
    """A actions."""
    events: ActionEvents
    """Of the users of the interactions, row by row."""
    expires: NDArray[np.int64]
    """(A,) second from which an action is not recommended any more; NEVER."""
    repeat_s: NDArray[np.int64]
    """(A,) seconds for which an action is not recommended again to a user who has met it; 0 sets no limit."""
    worth: NDArray[np.float32]
    """(A,) VALUE; 0 where an action has none."""
    created: NDArray[np.int64]
    """(A,) seconds since the epoch."""
    content: ItemContent | None = None
    """Features of the actions, from their metadata."""

    @property
    def count(self) -> int:
        return len(self.expires)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For an artefact; without content."""
        return {
            **self.names.arrays("actions"),
            "action_offsets": self.events.offsets,
            "action_rows": self.events.actions,
            "action_kinds": self.events.kinds,
            "action_times": self.events.times,
            "action_expires": self.expires,
            "action_repeat_s": self.repeat_s,
            "action_worth": self.worth,
            "action_created": self.created,
        }
