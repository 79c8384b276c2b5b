"""GetActionRecommendations: the actions a user is likeliest to take. Source: runtime reference, A2, A4, A5 and A7."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from reco.errors import InvalidInput
from reco.models.families.next_best_action import DEFAULT_ACTIONS, ActionModel
from reco.runtime.history import read_history
from reco.runtime.model import LoadedModel
from reco.runtime.pointers import Pointers
from reco.storage.events import EventTable
from reco.wire.call import Call

RECIPE_TYPE = "PERSONALIZED_ACTIONS"
_DECIMALS = 7
_NOT_YET = {"filter_arn": "filterArn", "filter_values": "filterValues"}


class ActionRecommender:
    """Answers from campaigns whose recipe recommends actions."""

    def __init__(
        self,
        pointers: Pointers,
        fetch_model: Callable[[str, str], LoadedModel],
        events: EventTable,
        new_id: Callable[[], str],
    ) -> None:
        """`new_id` draws the recommendationId of an answer."""
        self._pointers = pointers
        self._fetch_model = fetch_model
        self._events = events
        self._new_id = new_id

    def get_action_recommendations(self, call: Call) -> Mapping[str, Any]:
        """Without actions that have expired, and those that wait for their REPEAT_FREQUENCY; each score a probability
        of its own."""
        parameters = call.parameters
        if not parameters.get("campaign_arn"):
            raise InvalidInput("campaignArn: is required")
        for member, name in _NOT_YET.items():
            if parameters.get(member):
                raise InvalidInput(f"{name}: is not available in this version")
        # The most that may be asked for is the wire's business.
        count = parameters.get("num_results") or DEFAULT_ACTIONS
        campaign = self._pointers.find(parameters["campaign_arn"], call.owner)
        if campaign.recipe.type != RECIPE_TYPE:
            raise InvalidInput(
                f"campaignArn: the campaign's recipe {campaign.recipe.name} recommends no actions; one of type "
                f"{RECIPE_TYPE} does"
            )
        user = parameters.get("user_id")
        if not user:
            raise InvalidInput(f"userId: is required, as the campaign serves the recipe {campaign.recipe.name}")
        model = self._fetch_model(campaign.uri, campaign.digest)
        ranker = model.ranker
        assert isinstance(ranker, ActionModel)  # noqa: S101  of the recipe's family
        history = read_history(model, self._events, campaign.group, user)
        row = model.user_row(user)
        met = None if row is None else ranker.met(row)
        answer = ranker.rank_actions(history.items, history.times, met, count, now=int(call.now))
        scores = np.round(answer.scores, _DECIMALS).tolist()
        names = ranker.actions.strings(answer.actions.tolist())
        return {
            "action_list": [{"action_id": action, "score": score} for action, score in zip(names, scores, strict=True)],
            "recommendation_id": self._new_id(),
        }
