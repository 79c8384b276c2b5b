"""Family `item_affinity`: the users likeliest to touch an item, for segments."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reco.artefact import Vocabulary
from reco.errors import InvalidInput
from reco.models.query import Query, Ranking
from reco.models.segments import FEATURES, ItemTable, Segment, UserTable, rank_users
from reco.models.source import ModelSource


class AffinityModel:
    """Ranks all users that it was trained on, for an item or for several at once."""

    family = "item_affinity"
    has_scores = True

    def __init__(self, source: ModelSource, items: Vocabulary) -> None:
        self.items = items
        self._items = ItemTable.read(source)
        self._users = UserTable.read(source, len(self._items.users))
        learned = source.attributes["segment_weights"]
        self._weights = np.array([float(learned.get(name, 0.0)) for name in FEATURES])

    def rank_users(self, items: NDArray[np.int32], count: int) -> Segment:
        """The `count` users likeliest to touch one of `items` next; of no item at all, nobody."""
        if not len(items):
            return Segment(np.empty(0, np.int32), np.empty(0))
        return rank_users(self._users, self._items.wanted(np.unique(items)), self._weights, count)

    def rank(self, query: Query) -> Ranking:
        """There is no answer to a question of one user.

        Raises:
            InvalidInput: always.
        """
        raise InvalidInput("This model ranks users for items, in batch segment jobs; it recommends no items.")
