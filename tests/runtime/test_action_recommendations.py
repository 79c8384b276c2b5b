"""GetActionRecommendations from a campaign, and its refusals."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from reco.arns import Kind
from reco.artefact import Vocabulary, write_artefact
from reco.models.action_data import DAY_S, NEVER, TAKEN, ActionData
from reco.models.fit_settings import FitSettings
from reco.models.fitting import fit_model
from reco.models.training_data import TrainingData
from reco.storage.event_records import EVENTS_THROUGH, UNSETTLED_EVENTS
from reco.storage.objects import Objects
from tests.aws import OWNER, make_resource
from tests.models.action_worlds import actions_of, events_of
from tests.runtime.conftest import ITEMS, USERS, RuntimeWorld, shop

RECIPE = "aws-next-best-action"
NOW = 1_700_000_000 + 20 * DAY_S


def shop_actions(**more: Any) -> ActionData:
    """Even users take action 0, odd ones action 1, over forty days; nobody takes 2."""
    rows = [(user, NOW - DAY_S * day - user, user % 2, TAKEN) for user in range(30) for day in (3, 8, 20, 33)]
    return actions_of(events_of(rows, len(USERS)), 3, **more)


@pytest.fixture
def deployed(world: RuntimeWorld) -> Any:
    """A function that trains on actions and returns the ARN of a campaign."""

    def deploy(actions: ActionData) -> str:
        interactions = shop()
        fitted = fit_model(TrainingData(interactions, actions=actions), "next_best_action", {}, FitSettings())
        digest = write_artefact(
            world.folder / "actions",
            kind="model",
            arrays={
                **fitted.arrays,
                **Vocabulary.from_strings(ITEMS).arrays("items"),
                **Vocabulary.from_strings(USERS).arrays("users"),
                **Vocabulary.from_strings([]).arrays(UNSETTLED_EVENTS),
                "history_offsets": interactions.offsets,
                "history_items": interactions.items,
                "history_times": interactions.times,
            },
            attributes={**fitted.attributes, EVENTS_THROUGH: 0, "recipe": RECIPE},
        )
        Objects(world.s3).upload_folder(world.folder / "actions", "s3://data/models/actions/")
        body = {
            "recipe_arn": f"arn:aws:personalize:::recipe/{RECIPE}",
            "dataset_group_arn": OWNER.arn(Kind.DATASET_GROUP, "shop"),
        }
        make_resource(world.resources, Kind.SOLUTION, "actions", body)
        serving = {
            "version_arn": OWNER.arn(Kind.SOLUTION_VERSION, "actions/0a1b2c3d"),
            "uri": "s3://data/models/actions/",
            "digest": digest,
        }
        make_resource(world.resources, Kind.CAMPAIGN, "actions", {}, status="ACTIVE", inner={"serving": serving})
        world.clock.now = float(NOW)
        return OWNER.arn(Kind.CAMPAIGN, "actions")

    return deploy


def ask(world: RuntimeWorld, arn: str, **more: Any) -> dict[str, Any]:
    answer = world.post("/action-recommendations", {"campaignArn": arn, **more})
    assert answer["statusCode"] == 200, answer
    return json.loads(answer["body"])


def refusal(world: RuntimeWorld, **body: Any) -> str:
    answer = world.post("/action-recommendations", body)
    assert answer["statusCode"] == 400, answer
    return json.loads(answer["body"])["message"]


def test_each_user_is_offered_what_they_are_likely_to_take(world: RuntimeWorld, deployed: Any) -> None:
    arn = deployed(shop_actions())
    for user in (4, 7):
        answer = ask(world, arn, userId=USERS[user])
        assert answer["recommendationId"].startswith("RID-") and len(answer["recommendationId"]) == 40
        named = [each["actionId"] for each in answer["actionList"]]
        assert named[0] == f"a{user % 2:06d}" and len(named) == 3
        scores = [each["score"] for each in answer["actionList"]]
        assert scores == sorted(scores, reverse=True) and all(0 <= score <= 1 for score in scores)
        assert scores[0] > 0.3 > scores[2]


def test_a_newcomer_is_answered_and_their_first_events_count_at_once(world: RuntimeWorld, deployed: Any) -> None:
    arn = deployed(shop_actions())
    before = ask(world, arn, userId="nobody")["actionList"]
    for item in ITEMS[1:13:2]:
        world.stream(item, "nobody")
    after = ask(world, arn, userId="nobody")["actionList"]
    assert len(before) == len(after) == 3
    assert before != after


def test_as_many_are_answered_as_were_asked_for(world: RuntimeWorld, deployed: Any) -> None:
    arn = deployed(shop_actions())
    assert len(ask(world, arn, userId="u01", numResults=1)["actionList"]) == 1
    assert len(ask(world, arn, userId="u01", numResults=0)["actionList"]) == 3
    assert "100" in refusal(world, campaignArn=arn, userId="u01", numResults=101)


def test_expired_actions_and_those_that_must_wait_are_left_out(world: RuntimeWorld, deployed: Any) -> None:
    expires = np.array([NEVER, NOW + 100, NEVER])
    arn = deployed(shop_actions(expires=expires, repeat_s=np.array([5 * DAY_S, 0, 0])))

    def named(user: str) -> set[str]:
        return {each["actionId"] for each in ask(world, arn, userId=user)["actionList"]}

    assert named("u00") == {"a000001", "a000002"}
    assert named("u01") == {"a000000", "a000001", "a000002"}
    world.clock.now = float(NOW + 100)
    assert named("u01") == {"a000000", "a000002"}
    world.clock.now = float(NOW + 3 * DAY_S)
    assert named("u00") == {"a000000", "a000002"}


def test_a_request_that_lacks_something_is_refused_in_words(world: RuntimeWorld, deployed: Any) -> None:
    arn = deployed(shop_actions())
    assert refusal(world, userId="u01") == "campaignArn: is required"
    assert "userId: is required" in refusal(world, campaignArn=arn)
    other = world.deploy("aws-popularity-count")
    assert "recommends no actions" in refusal(world, campaignArn=other, userId="u01")
    answer = world.post("/recommendations", {"campaignArn": arn, "userId": "u01"})
    assert "recommends actions: call GetActionRecommendations" in json.loads(answer["body"])["message"]
    filtered = {"filterArn": "arn:aws:personalize:eu-west-1:1:filter/x"}
    assert refusal(world, campaignArn=arn, userId="u01", **filtered) == "filterArn: is not available in this version"


def test_users_who_took_no_action_are_known_by_their_items(world: RuntimeWorld, deployed: Any) -> None:
    """The last users' events with actions are taken away: what they touch says which action they would take."""
    actions = shop_actions()
    rows = actions.events.user_rows()
    arn = deployed(replace(actions, events=actions.events.of_events(rows < 24)))
    right = [
        ask(world, arn, userId=USERS[user])["actionList"][0]["actionId"] == f"a{user % 2:06d}" for user in range(24, 30)
    ]
    assert sum(right) >= 5
