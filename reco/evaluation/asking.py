"""Questions put to a model: for every held-out user a list of items, best first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from reco.evaluation.holdout import HeldOutUser
from reco.models.query import Query, ServedModel


def ask(
    model: ServedModel,
    tested: Sequence[HeldOutUser],
    depth: int,
    *,
    unseen: bool = False,
    threads: int = 1,
    done: Callable[[int], None] = lambda count: None,
) -> list[NDArray[np.int32]]:
    """The model's `depth` best items for each user. Related-item models are asked for the user's latest item.

    Args:
        unseen: what the user has touched is struck from the answers, whatever the model thinks of it.
        done: told how many more users were answered, now and then.
    """

    def answer(user: HeldOutUser) -> NDArray[np.int32]:
        latest = int(user.history_items[-1]) if len(user.history_items) else None
        seen = np.unique(user.history_items) if unseen else user.history_items[:0]
        history = user.history_items, user.history_times
        query = Query(*history, latest, None, depth + len(seen), history_weights=user.history_weights)
        ranked = model.rank(query).items
        return ranked[~np.isin(ranked, seen)][:depth] if unseen else ranked

    answers: list[NDArray[np.int32]] = []
    with ThreadPoolExecutor(threads) as pool:
        for items in pool.map(answer, tested):
            answers.append(items)
            if len(answers) % 100 == 0:
                done(100)
    done(len(answers) % 100)
    return answers
