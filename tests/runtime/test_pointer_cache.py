"""A campaign's pointer is believed for seconds; its absence never."""

from __future__ import annotations

import json
from dataclasses import replace

from reco.arns import Kind
from tests.aws import OWNER, make_resource
from tests.faults import Delay, Faults
from tests.runtime.conftest import CACHE_S, RuntimeWorld


def status(world: RuntimeWorld, arn: str) -> int:
    return int(world.post("/recommendations", {"campaignArn": arn, "userId": "u00", "itemId": "i00"})["statusCode"])


def scored(world: RuntimeWorld, arn: str) -> bool:
    return "score" in world.recommend(arn, "u00")["itemList"][0]


def test_a_switch_is_seen_after_the_caches_lifetime_and_not_before(world: RuntimeWorld) -> None:
    arn = world.deploy("aws-popularity-count", name="home")
    other = world.publish("aws-user-personalization")
    assert not scored(world, arn)
    world.switch("home", other)
    world.clock.now += CACHE_S - 0.1
    assert not scored(world, arn)
    world.clock.now += 0.1
    assert scored(world, arn)


def test_a_campaign_serves_as_soon_as_it_has_a_pointer(world: RuntimeWorld) -> None:
    arn = OWNER.arn(Kind.CAMPAIGN, "home")
    assert status(world, arn) == 404
    make_resource(world.resources, Kind.CAMPAIGN, "home", {}, status="CREATE IN_PROGRESS")
    assert status(world, arn) == 400
    world.switch("home", world.publish("aws-popularity-count"))
    assert status(world, arn) == 200


def test_a_campaign_that_is_being_deleted_is_not_found_once_the_cache_has_forgotten_it(world: RuntimeWorld) -> None:
    arn = world.deploy("aws-popularity-count", name="home")
    assert status(world, arn) == 200
    world.resources.update(Kind.CAMPAIGN, "home", lambda now: replace(now, deleting_since=world.clock.now))
    assert status(world, arn) == 200
    world.clock.now += CACHE_S
    assert status(world, arn) == 404


def test_a_renewed_pointer_costs_one_read(world: RuntimeWorld) -> None:
    arn = world.deploy("aws-popularity-count", name="home")
    status(world, arn)
    assert world.reads == [
        "resource#campaign#home",
        "resource#solution#aws-popularity-count-0",
        "resource#dataset-group#shop",
    ]
    world.reads.clear()
    world.clock.now += CACHE_S
    status(world, arn)
    assert world.reads == ["resource#campaign#home"]


def test_the_lifetime_counts_from_before_the_reading(world: RuntimeWorld) -> None:
    """A reader that takes seconds must not add them: the switch may have come right after the table was read."""
    arn = world.deploy("aws-popularity-count", name="home")

    with Faults() as faults:
        faults.add(world.dynamodb, "GetItem", Delay(3.0, world.clock.sleep))
        status(world, arn)
    world.switch("home", None)
    assert world.clock.now > 1_720_000_000.5 + CACHE_S
    answer = world.post("/recommendations", {"campaignArn": arn})
    assert "serves once it has been ACTIVE" in json.loads(answer["body"])["message"]
