"""How offline tests split what is known into what is learned from and what is asked: four customs, one result.

`personalize` is what GetSolutionMetrics reports; `last-item` is what Personalize measured until 2020; `leave-one-out`
is the custom of papers on sequential recommendation; `temporal` is the one that cannot look ahead in time.

In all of them what is learned from holds no event of any truth. The arrays of `Interactions` are not copied where a
slice will do, so a split of 25 million events costs seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reco.artefact import Vocabulary
from reco.errors import UserFault
from reco.evaluation.holdout import HeldOutUser, choose_test_users, question, truth_size
from reco.models.interactions import Interactions, offsets_of

TRAINING_SHARE_OF_TIME = 0.8
"""Where `temporal` cuts: this share of all events lies before."""


@dataclass(frozen=True)
class Split:
    """What a model may learn from, and what it is then asked."""

    training: Interactions
    """Items keep their rows; users are renumbered where some are held out."""
    kept: NDArray[np.bool_]
    """Per event of the whole data: whether it is learned from."""
    tested: list[HeldOutUser]
    """Questions, at most one a user."""
    users: NDArray[np.int64]
    """Whose questions they are: rows of the whole data."""

    def sampled(self, most: int, seed: int = 0) -> Split:
        """Only `most` of the questions, drawn by chance; what is learned from stays."""
        if len(self.tested) <= most:
            return self
        drawn = np.sort(np.random.default_rng(seed).choice(len(self.tested), most, replace=False))
        return replace(self, tested=[self.tested[place] for place in drawn], users=self.users[drawn])


def split_personalize(interactions: Interactions, users: Vocabulary, seed: int = 0) -> Split:
    """A tenth of the users, by a hash of their ids, is left out; their newest tenth of events is to be found."""
    chosen = choose_test_users(users, interactions.lengths, salt=seed)
    return hold_out_users(interactions, chosen, truth_size)


def split_last_item(interactions: Interactions, users: Vocabulary, seed: int = 0) -> Split:
    """A tenth of the users is left out; the item of each one's last event is to be found."""
    chosen = choose_test_users(users, interactions.lengths, salt=seed)
    return hold_out_users(interactions, chosen, last_only)


def hold_out_users(interactions: Interactions, chosen: NDArray[np.bool_], newest: Callable[[int], int]) -> Split:
    """Leaves these users out. Of each one's n events the newest `newest(n)` are the truth; n is 2 or more."""
    rows, lengths = np.flatnonzero(chosen), interactions.lengths
    tested = [question(interactions, user, newest(int(lengths[user]))) for user in rows.tolist()]
    kept = np.repeat(~chosen, lengths)
    return Split(interactions.of_users(~chosen), kept, tested, rows)


def last_only(events: int) -> int:
    """One event is the truth, however many there are."""
    return 1


def split_leave_one_out(interactions: Interactions, users: Vocabulary, seed: int = 0) -> Split:
    """Everybody's last event is to be found, everybody's others are learned from.

    Who has one event is learned from and not asked.
    """
    able = np.flatnonzero(interactions.lengths >= 2)
    tested = [question(interactions, user, 1) for user in able.tolist()]
    kept = np.ones(len(interactions), bool)
    kept[interactions.offsets[able + 1] - 1] = False
    return Split(_of_events(interactions, kept), kept, tested, able)


def split_last_basket(interactions: Interactions) -> Split:
    """Everything that a user touched at his latest moment is to be found, everything before is learned from.

    Who has one moment only is learned from and not asked. The custom of next-basket recommendation.
    """
    lengths = interactions.lengths
    active = lengths > 0
    latest = np.zeros(interactions.user_count, np.int64)
    latest[active] = interactions.times[interactions.offsets[1:][active] - 1]
    kept = interactions.times < np.repeat(latest, lengths)
    before = np.bincount(interactions.user_rows()[kept], minlength=interactions.user_count)
    kept |= np.repeat(before == 0, lengths)
    able = np.flatnonzero(before)
    tested = [question(interactions, user, int(lengths[user] - before[user])) for user in able.tolist()]
    return Split(_of_events(interactions, kept), kept, tested, able)


def split_temporal(interactions: Interactions, users: Vocabulary, seed: int = 0) -> Split:
    """What happened before a moment is learned from; what users did last, after it, is to be found.

    The moment is when four fifths of all events had happened. Users with two events or more, the last one after the
    moment, are asked: the truth is the part of their newest tenth that lies after it, the history all that comes
    before the truth, be it before or after the moment, since a request carries it. So newcomers are asked, too.

    Raises:
        UserFault: all events happened at one time, so nothing lies before any other.
    """
    cut = moment(interactions)
    kept = interactions.times < cut
    if not kept.any():
        raise UserFault("All interactions carry nearly the same TIMESTAMP, so they cannot be cut in time.")
    lengths = interactions.lengths
    after = np.bincount(interactions.user_rows()[~kept], minlength=interactions.user_count)
    rows = np.flatnonzero((lengths >= 2) & (after > 0))
    newest = [
        min(truth_size(length), late) for length, late in zip(lengths[rows].tolist(), after[rows].tolist(), strict=True)
    ]
    tested = [question(interactions, user, count) for user, count in zip(rows.tolist(), newest, strict=True)]
    return Split(_of_events(interactions, kept), kept, tested, rows)


def moment(interactions: Interactions) -> int:
    """When four fifths of the events had happened: the first time that is not before it."""
    place = int(np.ceil(TRAINING_SHARE_OF_TIME * (len(interactions) - 1)))
    return int(np.partition(interactions.times, place)[place])


PROTOCOLS: Mapping[str, Callable[[Interactions, Vocabulary, int], Split]] = {
    "personalize": split_personalize,
    "last-item": split_last_item,
    "leave-one-out": split_leave_one_out,
    "temporal": split_temporal,
}
"""By the name that a command takes."""


def _of_events(interactions: Interactions, kept: NDArray[np.bool_]) -> Interactions:
    """Some events; users keep their rows but those who are left without events, who have none."""
    lengths = np.bincount(interactions.user_rows()[kept], minlength=interactions.user_count)
    lengths = lengths[lengths > 0]
    weights = None if interactions.weights is None else interactions.weights[kept]
    return Interactions(
        offsets_of(lengths), interactions.items[kept], interactions.times[kept], interactions.item_count, weights
    )
