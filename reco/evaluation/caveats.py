"""What a figure does not say by itself: when a split flatters, leaks, or is too small to tell."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from reco.evaluation.protocols import Split
from reco.models.interactions import Interactions

FEW_QUESTIONS = 100
TIED_SHARE = 0.2
TWICE_SHARE = 0.01
COLD_SHARE = 0.1


def caveats_of(split: Split, interactions: Interactions, ndcg: Mapping[str, float], protocol: str) -> list[str]:
    """Sentences, the gravest first; none when all is well.

    Args:
        ndcg: NDCG@10 by name: "model", and the baselines "popularity" and "last-seen replay".
    """
    found = [
        _replayed(ndcg["last-seen replay"], ndcg["model"]),
        _twice(interactions),
        _popular(ndcg["popularity"], ndcg["model"]),
        _timeless(interactions, protocol),
        _tied(split, interactions),
        _cold(split),
        _few(split),
    ]
    return [sentence for sentence in found if sentence]


def _replayed(replay: float, model: float) -> str:
    if not replay > 0 or replay < model:
        return ""
    return (
        f"Replaying what users saw last scores NDCG@10 {replay:.4f}, the model {model:.4f}. Then the data repeat or "
        "leak: events may be in them twice, or people come back to what they had. Figures of this split say little "
        "about new items; think of selecting one event type."
    )


def _twice(interactions: Interactions) -> str:
    """The same pair at the same second is two events only where their types differ: one foretells the other.

    Assembled data stand by user, time and item, so such events are neighbours.
    """
    users, items, times = interactions.user_rows(), interactions.items, interactions.times
    same = (users[1:] == users[:-1]) & (items[1:] == items[:-1]) & (times[1:] == times[:-1])
    share = float(same.mean()) if len(same) else 0.0
    if share < TWICE_SHARE:
        return ""
    return (
        f"{share:.1%} of the interactions are the same user, item and second as another of a different event type. "
        "Where one of the two is history and the other is truth, copying looks like foreseeing."
    )


def _popular(popular: float, model: float) -> str:
    if not popular > 0 or popular < model:
        return ""
    return (
        f"Popularity alone scores NDCG@10 {popular:.4f}, the model {model:.4f}: on these data the recipe adds nothing "
        "that this protocol can see."
    )


def _timeless(interactions: Interactions, protocol: str) -> str:
    if not len(interactions) or interactions.times.min() != interactions.times.max():
        return ""
    return (
        "All interactions carry the same TIMESTAMP, so there is no order: the last item of a user is merely the one "
        "whose ITEM_ID sorts last."
    )


def _tied(split: Split, interactions: Interactions) -> str:
    """Whether the truth begins in the second in which the history ends."""
    begins = interactions.offsets[split.users] + np.array([len(user.history_items) for user in split.tested])
    tied = float((interactions.times[begins] == interactions.times[np.maximum(begins - 1, 0)]).mean())
    if tied < TIED_SHARE:
        return ""
    return (
        f"For {tied:.0%} of the users asked the first right item carries the same TIMESTAMP as the latest of the "
        "history; which of them came first is not known, and ITEM_ID decides."
    )


def _cold(split: Split) -> str:
    known = np.bincount(split.training.items, minlength=split.training.item_count) > 0
    truth = np.concatenate([user.truth for user in split.tested])
    cold = float((~known[truth]).mean())
    if cold < COLD_SHARE:
        return ""
    return f"{cold:.0%} of the right items have no interaction to learn from; only metadata (--items) can find them."


def _few(split: Split) -> str:
    if len(split.tested) >= FEW_QUESTIONS:
        return ""
    return f"Only {len(split.tested)} users are asked: differences smaller than the intervals mean nothing."
