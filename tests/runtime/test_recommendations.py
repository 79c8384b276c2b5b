"""GetRecommendations: who gets what, in which order, with which scores."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.runtime.conftest import HISTORY, ITEMS, USERS, RuntimeWorld, shop

PERSONAL = "aws-user-personalization"


def touched(user: str) -> set[str]:
    items, _ = shop().history(USERS.index(user))
    return {ITEMS[item] for item in items}


def taste(items: list[str]) -> float:
    """Share of even items."""
    return sum(int(item[1:]) % 2 == 0 for item in items) / len(items)


def test_a_known_user_gets_what_others_of_the_same_taste_touched(world: RuntimeWorld) -> None:
    arn = world.deploy(PERSONAL)
    assert taste(world.items(arn, "u00", numResults=5)) == 1.0
    assert taste(world.items(arn, "u01", numResults=5)) == 0.0


def test_seen_items_stay_away_while_the_data_repeat_nothing(world: RuntimeWorld) -> None:
    arn = world.deploy(PERSONAL)
    items = world.items(arn, "u02", numResults=500)
    assert set(items) == set(ITEMS) - touched("u02")


def test_scores_fall_and_those_of_all_items_sum_to_one(world: RuntimeWorld) -> None:
    answer = world.recommend(world.deploy(PERSONAL), "u03", numResults=500)["itemList"]
    scores = [each["score"] for each in answer]
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) == pytest.approx(1, abs=1e-5)
    assert all(score == round(score, 7) for score in scores)


def test_twenty_five_results_when_none_or_zero_are_asked_for(world: RuntimeWorld) -> None:
    arn = world.deploy("aws-popularity-count")
    assert len(world.items(arn)) == len(world.items(arn, numResults=0)) == 25
    assert len(world.items(arn, numResults=3)) == 3
    assert len(world.items(arn, numResults=500)) == len(ITEMS)


def test_a_recommendation_id_is_new_each_time_and_fits_into_put_events(world: RuntimeWorld) -> None:
    arn = world.deploy("aws-popularity-count")
    ids = {world.recommend(arn)["recommendationId"] for _ in range(3)}
    assert len(ids) == 3
    assert all(re.fullmatch(r"RID-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", each) for each in ids)


def test_an_unknown_user_gets_an_answer_and_the_same_one_as_any_other(world: RuntimeWorld) -> None:
    arn = world.deploy(PERSONAL)
    items = world.items(arn, "nobody")
    assert len(items) == 25
    assert items == world.items(arn, "nobody else")


@pytest.mark.parametrize("recipe", ["aws-sims", "aws-similar-items"])
def test_related_items_are_of_the_items_taste_and_carry_no_score(world: RuntimeWorld, recipe: str) -> None:
    answer = world.recommend(world.deploy(recipe), itemId="i04", numResults=5)["itemList"]
    assert taste([each["itemId"] for each in answer]) == 1.0
    assert all(set(each) == {"itemId"} for each in answer)
    assert "i04" not in [each["itemId"] for each in answer]


def test_an_unknown_item_gets_popular_ones(world: RuntimeWorld) -> None:
    related, popular = world.deploy("aws-sims"), world.deploy("aws-popularity-count")
    assert world.items(related, itemId="no such item") == world.items(popular)


def test_an_event_changes_the_very_next_answer(world: RuntimeWorld) -> None:
    arn = world.deploy(PERSONAL)
    before = world.items(arn, "u00", numResults=8)
    assert taste(before) == 1.0
    world.stream(ITEMS[1], "u00")
    after = world.items(arn, "u00", numResults=8)
    assert after != before
    # Her twelve even items in training, and now fourteen odd ones: her taste is another.
    for number in range(3, 28, 2):
        world.stream(ITEMS[number], "u00")
    assert taste(world.items(arn, "u00", numResults=8)) < 0.5
    world.stream("i00", "newcomer")
    assert taste(world.items(arn, "newcomer", numResults=8)) == 1.0


def test_a_streamed_item_is_seen_like_any_other(world: RuntimeWorld) -> None:
    arn = world.deploy(PERSONAL)
    best = world.items(arn, "u04")[0]
    world.stream(best, "u04")
    assert best not in world.items(arn, "u04", numResults=500)


def test_events_of_items_that_the_model_does_not_know_change_nothing(world: RuntimeWorld) -> None:
    arn = world.deploy(PERSONAL)
    before = world.recommend(arn, "u05")["itemList"]
    world.stream("brand new", "u05")
    assert world.recommend(arn, "u05")["itemList"] == before


def test_a_warm_answer_costs_one_query_and_no_other_request(world: RuntimeWorld) -> None:
    arn = world.deploy(PERSONAL)
    world.items(arn, "u00")
    world.reads.clear()
    world.queries.clear()
    world.items(arn, "u01")
    assert (world.queries, world.reads) == (["visitor#feedfacefeedface#u01"], [])


@pytest.mark.parametrize("recipe", ["aws-popularity-count", "aws-sims"])
def test_recipes_that_need_no_user_take_one_and_read_no_history(world: RuntimeWorld, recipe: str) -> None:
    arn = world.deploy(recipe)
    assert world.items(arn, "u00", itemId="i04") == world.items(arn, itemId="i04")
    assert world.queries == []


def test_histories_far_away_in_s3_give_the_same_answers(world: RuntimeWorld) -> None:
    arn = world.deploy(PERSONAL)
    near = world.recommend(arn, "u06")["itemList"]
    world.models._first_read_bytes = 1
    world.models._entries.clear()
    assert world.recommend(arn, "u06")["itemList"] == near


def test_a_history_is_as_long_as_it_was_trained(world: RuntimeWorld) -> None:
    assert len(touched("u07")) == HISTORY


def test_a_member_that_the_recipe_does_not_use_is_ignored(world: RuntimeWorld) -> None:
    arn = world.deploy("aws-popularity-count")
    more: dict[str, Any] = {"context": {"DEVICE": "tv"}, "itemId": "i01"}
    assert world.items(arn, "u00", **more) == world.items(arn)
