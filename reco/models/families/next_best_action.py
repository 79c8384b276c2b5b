"""Family `next_best_action`: actions by the probability that a user takes them within the optimisation period.

    logit P(user u takes action a) = w . f(u, a) + o_a + v_a . x_u + e / sqrt(1 + meetings of a)

f looks at user, action and what they had with one another (`propensity`), x_u is the user's vector, folded in from the
items they touched, and o_a, v_a are the action's own, shrunk towards those of actions like it. The last term lets
actions that few have met be tried: it is worth e at first and wears off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.artefact import Vocabulary
from reco.models.action_data import ActionEvents
from reco.models.als import Floats, Objective
from reco.models.constants import read_constants
from reco.models.fold_in import fold_in
from reco.models.history import HistoryWeights
from reco.models.logistic import sigmoid
from reco.models.propensity import FEATURES, Standing, Visitors, pair_features
from reco.models.query import Query, Ranking, Rows
from reco.models.source import ModelSource

DEFAULT_ACTIONS = 5
"""How many are wanted where nobody says."""


@dataclass(frozen=True)
class ActionRanking:
    """The answer: action rows, likeliest first, and the probability of each."""

    actions: Rows
    scores: NDArray[np.float64]


class ActionModel:
    """Ranks actions. `items` are those that histories speak of; `actions` are what it answers with."""

    family = "next_best_action"
    has_scores = True
    BY_ROWS = ("action_rows", "action_kinds", "action_times")

    def __init__(self, source: ModelSource, items: Vocabulary) -> None:
        attributes = source.attributes
        self.items = items
        self.actions = Vocabulary(source.array("actions.bytes"), source.array("actions.offsets"))
        self._source = source
        self._met_offsets: NDArray[np.int64] = source.array("action_offsets")
        self.latest = int(attributes["latest"])
        """Second of the newest event that training saw."""
        self._period_s = float(attributes["period_s"])
        self._expires: NDArray[np.int64] = source.array("action_expires")
        self._repeat_s: NDArray[np.int64] = source.array("action_repeat_s")
        self._worth: NDArray[np.float32] = source.array("action_worth")
        self._created: NDArray[np.int64] = source.array("action_created")
        self._standing = Standing(*(source.array(f"standing_{name}") for name in STANDING))
        self._weights = np.array([float(attributes["weights"].get(name, 0.0)) for name in FEATURES])
        self._own: NDArray[np.float64] = source.array("action_weights")
        self._bonus = float(attributes["trial_bonus"]) / np.sqrt(1 + self._standing.meetings)
        self._vectors = _Vectors(source)

    def met(self, user_row: int) -> ActionEvents:
        """What a user that the model was trained on did with actions, as events of user 0."""
        start, stop = (int(place) for place in self._met_offsets[user_row : user_row + 2])
        parts = (self._source.spans(name, [(start, stop)])[0] for name in self.BY_ROWS)
        return ActionEvents(np.array([0, stop - start]), *parts)

    def rank_actions(
        self,
        history_items: Rows,
        history_times: NDArray[np.int64],
        met: ActionEvents | None,
        count: int,
        *,
        now: int | None = None,
    ) -> ActionRanking:
        """The likeliest actions that may be recommended.

        Args:
            history_items, history_times: what the user touched, oldest first; empty for a newcomer.
            met: what the user did with actions, as events of user 0; None for nothing.
            now: second that decides which actions have expired, or must wait; when the model's latest event was,
                if None.
        """
        met = ActionEvents.none(1) if met is None else met
        newest = max([self.latest, *history_times[-1:].tolist(), *met.times[-1:].tolist()])
        # The probabilities are those of the data's own present: an answer long after the last import is no other.
        scores = self.scores(newest + 1, history_items, history_times, met)
        allowed = self._allowed(newest if now is None else now, met)
        rows = np.flatnonzero(allowed)
        order = rows[np.argsort(-scores[rows], kind="stable")[: max(count, 0)]]
        return ActionRanking(order.astype(np.int32), scores[order])

    def scores(
        self, moment: int, history_items: Rows, history_times: NDArray[np.int64], met: ActionEvents
    ) -> NDArray[np.float64]:
        """(A,) each action's probability, from what lies before the moment."""
        before = history_times < moment
        past = met.of_events(met.times < moment)
        seconds = [*history_times[before][-1:].tolist(), *past.times[-1:].tolist()]
        visitors = Visitors(
            moment, past, np.array([np.count_nonzero(before)]), np.array([max(seconds, default=moment)], np.int64)
        )
        count = len(self._expires)
        actions = np.arange(count)
        seen = pair_features(
            visitors,
            np.zeros(count, np.int64),
            actions,
            self._standing,
            worth=self._worth,
            created=self._created,
            period_s=self._period_s,
        )
        own = self._own @ np.append(1.0, self._vectors.of(history_items[before]))
        return sigmoid(seen @ self._weights + own + self._bonus)

    def rank(self, query: Query) -> Ranking:
        """Actions for a user who has met none, as item models answer; `candidates` are actions then."""
        found = self.rank_actions(query.history_items, query.history_times, None, len(self._expires))
        wanted = (
            np.ones(len(found.actions), bool) if query.candidates is None else np.isin(found.actions, query.candidates)
        )
        return Ranking(found.actions[wanted][: query.count], found.scores[wanted][: query.count])

    def _allowed(self, now: int, met: ActionEvents) -> NDArray[np.bool_]:
        """Which actions have not expired, and were not met by the user within their REPEAT_FREQUENCY."""
        last = np.full(len(self._expires), np.iinfo(np.int64).min // 2)
        np.maximum.at(last, met.actions, met.times)
        return (now < self._expires) & (now - last >= self._repeat_s)


STANDING = ("takers", "takers_lately", "refusals", "meetings")


class _Vectors:
    """Users' vectors from the items they touched, of length about 1."""

    def __init__(self, source: ModelSource) -> None:
        self._factors: Floats = source.array("item_factors")
        self._spectrum: Floats = source.array("spectrum")
        self._objective = read_constants(Objective, source.attributes["objective"])
        self._weights = read_constants(HistoryWeights, source.attributes["history_weights"])
        self._scale = float(source.attributes["vector_scale"])

    def of(self, history: Rows) -> NDArray[Any]:
        """(K,) zero for a newcomer."""
        if not len(history):
            return np.zeros(self._factors.shape[1])
        rows, weights = self._weights.weigh_one(history)
        return fold_in(self._factors, self._spectrum, self._objective, rows, weights) * self._scale
