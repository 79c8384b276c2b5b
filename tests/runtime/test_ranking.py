"""GetPersonalizedRanking: every item of the list once, known ones by score, unknown ones at the end."""

from __future__ import annotations

import pytest

from tests.runtime.conftest import ITEMS, RuntimeWorld

RECIPE = "aws-personalized-ranking"


def test_the_list_is_put_in_the_users_order_and_scores_sum_to_one(world: RuntimeWorld) -> None:
    ranked = world.rank(world.deploy(RECIPE), "u00", *ITEMS[:10])
    assert sorted(each["itemId"] for each in ranked) == ITEMS[:10]
    assert all(int(each["itemId"][1:]) % 2 == 0 for each in ranked[:5])
    assert sum(each["score"] for each in ranked) == pytest.approx(1, abs=1e-6)


def test_unknown_items_follow_in_their_order_without_a_score(world: RuntimeWorld) -> None:
    ranked = world.rank(world.deploy(RECIPE), "u00", "zzz", "i00", "aaa", "i01", "mmm")
    assert [each["itemId"] for each in ranked] == ["i00", "i01", "zzz", "aaa", "mmm"]
    assert [set(each) for each in ranked[2:]] == [{"itemId"}] * 3


def test_of_repeated_items_the_first_counts(world: RuntimeWorld) -> None:
    ranked = world.rank(world.deploy(RECIPE), "u00", "x", "i00", "y", "i00", "x")
    assert [each["itemId"] for each in ranked] == ["i00", "x", "y"]
    assert ranked[0]["score"] == 1.0


def test_a_list_of_unknown_items_stays_as_it_is(world: RuntimeWorld) -> None:
    assert world.rank(world.deploy(RECIPE), "u00", "b", "a") == [{"itemId": "b"}, {"itemId": "a"}]


def test_items_that_the_user_has_touched_are_ranked_too(world: RuntimeWorld) -> None:
    arn = world.deploy(RECIPE)
    world.stream("i00", "u00")
    assert {each["itemId"] for each in world.rank(arn, "u00", "i00", "i02")} == {"i00", "i02"}


def test_a_newcomer_and_a_session_are_ranked_for(world: RuntimeWorld) -> None:
    arn = world.deploy(RECIPE)
    assert len(world.rank(arn, "nobody", *ITEMS)) == len(ITEMS)
    world.stream("i01", user=None, session="visit")
    world.stream("i03", user=None, session="visit")
    best = [each["itemId"] for each in world.rank(arn, "visit", *ITEMS)][:8]
    assert sum(int(item[1:]) % 2 for item in best) == 8
