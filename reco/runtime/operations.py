"""The operations of personalize-runtime that this version has.

Source: runtime reference, A1 to A8. Checks come in the order of its table A4; the wire has done the first two.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from reco.arns import Kind
from reco.errors import InvalidInput
from reco.models.query import Query
from reco.recipes.recipe import Recipe
from reco.runtime.action_recommendations import RECIPE_TYPE as OF_ACTIONS
from reco.runtime.action_recommendations import ActionRecommender
from reco.runtime.history import NOTHING, History, read_history
from reco.runtime.model import LoadedModel
from reco.runtime.pointers import Pointers, Served
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
    """Answers from what serves, models and histories."""

    def __init__(self, pointers: Pointers, fetch_model: Callable[[str, str], LoadedModel], events: EventTable) -> None:
        """`fetch_model` gives the model of an artefact by its address and digest."""
        self._pointers = pointers
        self._fetch_model = fetch_model
        self._events = events

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        actions = ActionRecommender(self._pointers, self._fetch_model, self._events, _new_recommendation_id)
        return {
            "GetActionRecommendations": actions.get_action_recommendations,
            "GetRecommendations": self.get_recommendations,
            "GetPersonalizedRanking": self.get_personalized_ranking,
        }

    def get_recommendations(self, call: Call) -> Mapping[str, Any]:
        parameters = call.parameters
        served = self._served(call, "GetRecommendations", _kind_asked(parameters))
        user = _required(parameters, "user_id", "userId", served, "user")
        item = _required(parameters, "item_id", "itemId", served, "item")
        model = self._fetch_model(served.uri, served.digest)
        history = self._history(model, served, user)
        row = model.item_row(item) if item else -1
        count = parameters.get("num_results") or DEFAULT_RESULTS
        context = _context(model, served, parameters, user, history)
        asked = None if row < 0 else row
        query = Query(history.items, history.times, asked, None, count, context, history.weights)
        return {"item_list": _ranked(model, query, served.recipe), "recommendation_id": _new_recommendation_id()}

    def get_personalized_ranking(self, call: Call) -> Mapping[str, Any]:
        parameters = call.parameters
        served = self._served(call, "GetPersonalizedRanking", Kind.CAMPAIGN)
        user = _required(parameters, "user_id", "userId", served, "user")
        model = self._fetch_model(served.uri, served.digest)
        history = self._history(model, served, user)
        wanted = dict.fromkeys(parameters["input_list"])
        rows = {item: model.item_row(item) for item in wanted}
        known = np.array([row for row in rows.values() if row >= 0], np.int32)
        context = _context(model, served, parameters, user, history)
        query = Query(history.items, history.times, None, known, len(known), context, history.weights)
        ranked = _ranked(model, query, served.recipe) if len(known) else []
        unknown = [{"item_id": item} for item, row in rows.items() if row < 0]
        return {"personalized_ranking": ranked + unknown, "recommendation_id": _new_recommendation_id()}

    def _served(self, call: Call, operation: str, kind: Kind) -> Served:
        for member, name in NOT_YET.items():
            if call.parameters.get(member):
                raise InvalidInput(f"{name}: is not available in this version")
        served = self._pointers.find(call.parameters[f"{kind}_arn"], call.owner, kind)
        recipe = served.recipe
        ranks = recipe.type == "PERSONALIZED_RANKING"
        does, fitting = (
            ("ranks a list of yours", "GetPersonalizedRanking") if ranks else ("recommends items", "GetRecommendations")
        )
        if recipe.type == OF_ACTIONS:
            does, fitting = "recommends actions", "GetActionRecommendations"
        if operation != fitting:
            raise InvalidInput(f"{served.member}: the {kind}'s recipe {recipe.name} {does}: call {fitting}")
        return served

    def _history(self, model: LoadedModel, served: Served, user: str | None) -> History:
        """Of recipes that do not ask for a user, no answer depends on one."""
        if user is None or "user" not in served.recipe.query:
            return NOTHING
        return read_history(model, self._events, served.group, user)


def _context(
    model: LoadedModel, served: Served, parameters: Mapping[str, Any], user: str | None, history: History
) -> dict[str, str]:
    """The request's context where the recipe takes any, over what is known of a user who has no history yet."""
    if not served.recipe.context:
        return {}
    described = {} if len(history.items) or user is None else model.described(model.user_row(user))
    return {**described, **model.context(parameters.get("context") or {})}


def _kind_asked(parameters: Mapping[str, Any]) -> Kind:
    """
    Raises:
        InvalidInput: neither a campaign nor a recommender is given, or both are.
    """
    given = [kind for kind in (Kind.CAMPAIGN, Kind.RECOMMENDER) if parameters.get(f"{kind}_arn")]
    if len(given) == 1:
        return given[0]
    wanted = "give one of them, not both" if given else "one of them is required"
    raise InvalidInput(f"campaignArn, recommenderArn: {wanted}")


def _required(parameters: Mapping[str, Any], member: str, name: str, served: Served, asked: str) -> str | None:
    """The member's text; None where there is none and the recipe does not ask for it."""
    given: str | None = parameters.get(member) or None
    if given is None and asked in served.recipe.query:
        raise InvalidInput(f"{name}: is required, as the {served.kind} serves the recipe {served.recipe.name}")
    return given


def _ranked(model: LoadedModel, query: Query, recipe: Recipe) -> list[dict[str, Any]]:
    """The items, with scores where the recipe's answers carry any; those of use cases never do."""
    ranking = model.ranker.rank(query)
    ids = model.items.strings(ranking.items.tolist())
    if ranking.scores is None or not recipe.scores:
        return [{"item_id": item} for item in ids]
    scores = np.round(ranking.scores, SCORE_DECIMALS).tolist()
    return [{"item_id": item, "score": score} for item, score in zip(ids, scores, strict=True)]


def _new_recommendation_id() -> str:
    """Forty characters, the most that PutEvents takes back."""
    return f"RID-{uuid.uuid4()}"
