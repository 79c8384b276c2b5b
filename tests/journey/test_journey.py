"""The whole road, through unmodified boto3 over HTTP, on the generated shop."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pytest

from local.journey import Journey, Traveller
from local.process import StackProcess
from local.sample_data import SampleData, shop_data

pytestmark = pytest.mark.xdist_group("journey")


@dataclass(frozen=True)
class Arrived:
    """A journey at its end."""

    traveller: Traveller
    journey: Journey
    sample: SampleData
    lines: list[str]

    def answer(self, recipe: str, *, count: int = 10, **query: str) -> list[str]:
        campaign = self.journey.arns[f"{recipe} campaign"]
        return [entry["itemId"] for entry in self.traveller.recommend(campaign, count=count, **query)]


@pytest.fixture(scope="module")
def arrived(world: StackProcess) -> Arrived:
    lines: list[str] = []
    traveller = Traveller(world.client, lines.append, poll_s=0.05)
    journey = Journey(prefix="road", bucket="road-data")
    sample = shop_data()
    traveller.upload(journey, sample)
    traveller.import_data(journey, sample)
    for recipe in ("user-personalization", "similar-items", "popularity"):
        traveller.start_training(journey, recipe)
    traveller.make_tracker(journey)
    for recipe in ("user-personalization", "similar-items", "popularity"):
        traveller.deploy(journey, recipe)
    return Arrived(traveller, journey, sample, lines)


def _share_of_taste(arrived: Arrived, recipe: str) -> float:
    hits = asked = 0
    for user in sorted(arrived.sample.tastes)[::10]:
        tastes = arrived.sample.tastes[user].split("|")
        answer = arrived.answer(recipe, user=user)
        hits += sum(arrived.sample.groups[item] in tastes for item in answer)
        asked += len(answer)
    return hits / asked


def test_user_personalization_finds_the_planted_taste_at_least_twice_as_often_as_popularity(arrived: Arrived) -> None:
    personal, popular = (_share_of_taste(arrived, recipe) for recipe in ("user-personalization", "popularity"))
    assert personal >= 2 * popular, (personal, popular)


def test_all_eight_metrics_are_reported_with_four_decimals(arrived: Arrived) -> None:
    metrics = arrived.traveller.read_metrics(arrived.journey, "user-personalization")
    assert set(metrics) == {
        "coverage",
        "mean_reciprocal_rank_at_25",
        *(f"normalized_discounted_cumulative_gain_at_{k}" for k in (5, 10, 25)),
        *(f"precision_at_{k}" for k in (5, 10, 25)),
    }
    assert all(0 <= value <= 1 and value == round(value, 4) for value in metrics.values())
    assert metrics["normalized_discounted_cumulative_gain_at_25"] > 0


def test_scores_of_the_whole_catalogue_sum_to_one(arrived: Arrived) -> None:
    campaign = arrived.journey.arns["user-personalization campaign"]
    entries = arrived.traveller.recommend(campaign, user="nobody-knows-me", count=500)
    scores = [entry["score"] for entry in entries]
    assert scores == sorted(scores, reverse=True)
    assert 0 < sum(scores) <= 1 + 1e-4


def _item_far_from(sample: SampleData, user: str) -> str:
    """The first item that the user has not seen, of the department the user knows least."""
    seen = set(sample.histories[user])
    known = Counter(sample.groups[item] for item in seen)
    group = min(sorted(set(sample.groups.values())), key=lambda each: known[each])
    return next(item for item in sorted(sample.groups) if sample.groups[item] == group and item not in seen)


def test_an_event_lifts_the_items_nearest_to_it_in_the_very_next_answer(arrived: Arrived) -> None:
    count = 500
    lifted = 0
    users = sorted(arrived.sample.histories)[3:63:12]
    for user in users:
        event = _item_far_from(arrived.sample, user)
        nearest = arrived.answer("similar-items", count=10, item=event)
        before = arrived.answer("user-personalization", count=count, user=user)
        arrived.traveller.send_event(arrived.journey, user, event, "View")
        after = arrived.answer("user-personalization", count=count, user=user)

        def mean_rank(answer: list[str], wanted: list[str] = nearest) -> float:
            ranks = {item: rank for rank, item in enumerate(answer)}
            return sum(ranks.get(item, count) for item in wanted) / len(wanted)

        lifted += mean_rank(after) < mean_rank(before)
    assert lifted == len(users)


def test_an_anonymous_visitor_is_served_by_session_and_keeps_the_taste_after_signing_in(arrived: Arrived) -> None:
    event = next(item for item, group in arrived.sample.groups.items() if group == "Tea")
    put = arrived.traveller.events.put_events
    entry = {"eventType": "View", "itemId": event, "sentAt": 1_750_000_000}
    cold = arrived.answer("user-personalization", user="visit-77")
    put(trackingId=arrived.journey.tracking_id, sessionId="visit-77", eventList=[entry])
    warm = arrived.answer("user-personalization", user="visit-77")
    assert warm != cold
    put(trackingId=arrived.journey.tracking_id, sessionId="visit-77", userId="newcomer", eventList=[entry])
    signed_in = arrived.answer("user-personalization", user="newcomer")
    assert sum(arrived.sample.groups[item] == "Tea" for item in signed_in) >= 3


def test_similar_items_come_from_the_same_department(arrived: Arrived) -> None:
    hits = asked = 0
    for item in sorted(arrived.sample.groups)[::24]:
        answer = arrived.answer("similar-items", item=item)
        hits += sum(arrived.sample.groups[found] == arrived.sample.groups[item] for found in answer)
        asked += len(answer)
    assert hits / asked > 0.6


def test_ranking_of_a_list_is_left_to_its_recipe(arrived: Arrived) -> None:
    runtime = arrived.traveller.runtime
    with pytest.raises(runtime.exceptions.InvalidInputException, match="GetRecommendations"):
        runtime.get_personalized_ranking(
            campaignArn=arrived.journey.arns["user-personalization campaign"], userId="u", inputList=["item-0001"]
        )


def test_every_status_on_the_way_was_seen(arrived: Arrived) -> None:
    for what in ("interactions import", "user-personalization training", "user-personalization campaign"):
        seen = [line.partition(": ")[2] for line in arrived.lines if line.startswith(f"{what}:")]
        assert seen[-1] == "ACTIVE"
        assert set(seen) <= {"CREATE PENDING", "CREATE IN_PROGRESS", "ACTIVE"}
