"""The split that Personalize's metrics rest on: who is tested, and what they must be told.

A tenth of the users, chosen by a hash of USER_ID and so the same in every training, is left out of the model that is
measured. Of each one's events the oldest 90 % are the history, the newest 10 % (one at least) the truth.

Source: control-plane reference, G.1; rounding and the choice of users are not documented by the service.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reco.artefact import Vocabulary
from reco.models.interactions import Interactions

TEST_SHARE = 0.1
_RANGE = 1 << 64


@dataclass(frozen=True)
class HeldOutUser:
    """One question with its known answer."""

    history_items: NDArray[np.int32]
    history_times: NDArray[np.int64]
    """Oldest first; one event at least."""
    truth: NDArray[np.int32]
    """The distinct items of the newest events."""
    history_weights: NDArray[np.float32] | None = None
    """What each event of the history counts; None where all count alike."""


def user_hash(user_id: str, salt: int = 0) -> int:
    """A number below 2^64 that depends on the id and the salt alone."""
    key = salt.to_bytes(8, "big") if salt else b""
    return int.from_bytes(hashlib.blake2b(user_id.encode(), digest_size=8, salt=key).digest(), "big")


def choose_test_users(
    users: Vocabulary, lengths: NDArray[np.int64], *, salt: int = 0, fold: int = 0
) -> NDArray[np.bool_]:
    """Which users are tested, of those with two events or more; one at least, when there is one.

    Args:
        salt: 0 deals the users out as training does, another number in a way that has nothing to do with it.
        fold: which tenth of them, 0 to 9; training measures on the first. No user is in two.
    """
    able = np.flatnonzero(lengths >= 2)
    hashes = np.fromiter((user_hash(users[row], salt) for row in able.tolist()), np.uint64, len(able))
    chosen = np.zeros(len(lengths), bool)
    first, end = int(fold * TEST_SHARE * _RANGE), int((fold + 1) * TEST_SHARE * _RANGE)
    chosen[able[(hashes >= np.uint64(first)) & (hashes < np.uint64(min(end, _RANGE - 1)))]] = True
    if len(able) and not chosen.any():
        chosen[able[np.argsort(hashes, kind="stable")[fold % len(able)]]] = True
    return chosen


def truth_size(events: int) -> int:
    """How many of a user's newest events are the truth."""
    return max(1, events // 10)


def hold_out(interactions: Interactions, chosen: NDArray[np.bool_]) -> Iterator[HeldOutUser]:
    """The chosen users' histories and truths, in the order of their rows."""
    for user in np.flatnonzero(chosen).tolist():
        yield question(interactions, user, truth_size(int(interactions.lengths[user])))


def question(interactions: Interactions, user: int, newest: int) -> HeldOutUser:
    """One user's history without the `newest` events, which are the truth."""
    items, times = interactions.history(user)
    weights = interactions.history_weights(user)
    end = len(items) - newest
    return HeldOutUser(items[:end], times[:end], np.unique(items[end:]), None if weights is None else weights[:end])
