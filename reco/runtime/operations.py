"""The operations of personalize-runtime that this version has.

Source: runtime reference, A1 to A8. Checks come in the order of its table A4; the wire has done the first two.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from reco.errors import InvalidInput
from reco.models.query import Query
from reco.runtime.action_recommendations import RECIPE_TYPE as OF_ACTIONS
from reco.runtime.action_recommendations import ActionRecommender
from reco.runtime.campaigns import Campaigns, ServedCampaign
from reco.runtime.history import NOTHING, History, read_history
from reco.runtime.model import LoadedModel
from reco.storage.events import EventTable
from reco.wire.call import Call, Operation

DEFAULT_RESULTS = 25
SCORE_DECIMALS = 7

NOT_YET = {
    "filter_arn": "filterArn",
    "filter_values": "filterValues",
    "promotions": "promotions",
    "metadata_columns": "metadataColumns",
}
"""Members that would change the answer, and do not yet. Empty ones ask for nothing and are taken."""


class Recommender:
    """Answers from campaigns, models and histories."""

    def __init__(
        self, campaigns: Campaigns, fetch_model: Callable[[str, str], LoadedModel], events: EventTable
    ) -> None:
        """`fetch_model` gives the model of an artefact by its address and digest."""
        self._campaigns = campaigns
        self._fetch_model = fetch_model
        self._events = events

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        actions = ActionRecommender(self._campaigns, self._fetch_model, self._events, _new_recommendation_id)
        return {
            "GetActionRecommendations": actions.get_action_recommendations,
            "GetRecommendations": self.get_recommendations,
            "GetPersonalizedRanking": self.get_personalized_ranking,
        }

    def get_recommendations(self, call: Call) -> Mapping[str, Any]:
        parameters = call.parameters
        _check_one_target(parameters)
        campaign = self._campaign(call, "GetRecommendations")
        user = _required(parameters, "user_id", "userId", campaign, "user")
        item = _required(parameters, "item_id", "itemId", campaign, "item")
        model = self._fetch_model(campaign.uri, campaign.digest)
        history = self._history(model, campaign, user)
        row = model.item_row(item) if item else -1
        count = parameters.get("num_results") or DEFAULT_RESULTS
        context = _context(model, campaign, parameters, user, history)
        asked = None if row < 0 else row
        query = Query(history.items, history.times, asked, None, count, context, history.weights)
        return {"item_list": _ranked(model, query), "recommendation_id": _new_recommendation_id()}

    def get_personalized_ranking(self, call: Call) -> Mapping[str, Any]:
        parameters = call.parameters
        campaign = self._campaign(call, "GetPersonalizedRanking")
        user = _required(parameters, "user_id", "userId", campaign, "user")
        model = self._fetch_model(campaign.uri, campaign.digest)
        history = self._history(model, campaign, user)
        wanted = dict.fromkeys(parameters["input_list"])
        rows = {item: model.item_row(item) for item in wanted}
        known = np.array([row for row in rows.values() if row >= 0], np.int32)
        context = _context(model, campaign, parameters, user, history)
        query = Query(history.items, history.times, None, known, len(known), context, history.weights)
        ranked = _ranked(model, query) if len(known) else []
        unknown = [{"item_id": item} for item, row in rows.items() if row < 0]
        return {"personalized_ranking": ranked + unknown, "recommendation_id": _new_recommendation_id()}

    def _campaign(self, call: Call, operation: str) -> ServedCampaign:
        for member, name in NOT_YET.items():
            if call.parameters.get(member):
                raise InvalidInput(f"{name}: is not available in this version")
        campaign = self._campaigns.find(call.parameters["campaign_arn"], call.owner)
        recipe = campaign.recipe
        ranks = recipe.type == "PERSONALIZED_RANKING"
        does, fitting = (
            ("ranks a list of yours", "GetPersonalizedRanking") if ranks else ("recommends items", "GetRecommendations")
        )
        if recipe.type == OF_ACTIONS:
            does, fitting = "recommends actions", "GetActionRecommendations"
        if operation != fitting:
            raise InvalidInput(f"campaignArn: the campaign's recipe {recipe.name} {does}: call {fitting}")
        return campaign

    def _history(self, model: LoadedModel, campaign: ServedCampaign, user: str | None) -> History:
        """Of recipes that do not ask for a user, no answer depends on one."""
        if user is None or "user" not in campaign.recipe.query:
            return NOTHING
        return read_history(model, self._events, campaign.group, user)


def _context(
    model: LoadedModel, campaign: ServedCampaign, parameters: Mapping[str, Any], user: str | None, history: History
) -> dict[str, str]:
    """The request's context where the recipe takes any, over what is known of a user who has no history yet."""
    if not campaign.recipe.context:
        return {}
    described = {} if len(history.items) or user is None else model.described(model.user_row(user))
    return {**described, **model.context(parameters.get("context") or {})}


def _check_one_target(parameters: Mapping[str, Any]) -> None:
    campaign, recommender = parameters.get("campaign_arn"), parameters.get("recommender_arn")
    if campaign and recommender:
        raise InvalidInput("campaignArn, recommenderArn: give one of them, not both")
    if recommender:
        raise InvalidInput("recommenderArn: is not available in this version")
    if not campaign:
        raise InvalidInput("campaignArn: is required")


def _required(
    parameters: Mapping[str, Any], member: str, name: str, campaign: ServedCampaign, asked: str
) -> str | None:
    """The member's text; None where there is none and the recipe does not ask for it."""
    given: str | None = parameters.get(member) or None
    if given is None and asked in campaign.recipe.query:
        raise InvalidInput(f"{name}: is required, as the campaign serves the recipe {campaign.recipe.name}")
    return given


def _ranked(model: LoadedModel, query: Query) -> list[dict[str, Any]]:
    ranking = model.ranker.rank(query)
    ids = model.items.strings(ranking.items.tolist())
    if ranking.scores is None:
        return [{"item_id": item} for item in ids]
    scores = np.round(ranking.scores, SCORE_DECIMALS).tolist()
    return [{"item_id": item, "score": score} for item, score in zip(ids, scores, strict=True)]


def _new_recommendation_id() -> str:
    """Forty characters, the most that PutEvents takes back."""
    return f"RID-{uuid.uuid4()}"
