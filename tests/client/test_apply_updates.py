"""What differs is told member by member, only where the file says something; each kind is updated by its operation."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reco.arns import Kind
from reco.client.apply_account import Account, attempt_name
from reco.client.apply_comparison import Difference, differences, update_parameters
from reco.client.apply_configuration import Configuration, Wanted
from reco.client.apply_plan import plan
from reco.client.apply_steps import Applying
from reco.errors import LimitExceeded, ResourceInUse, ResourceNotFound
from reco.wire.call import Call
from tests.client.keeper import Keeper, keeper
from tests.client.scripted import arn_of
from tests.control.conftest import bench, cloud
from tests.wire.clients import connect

__all__ = ["bench", "cloud", "keeper"]  # fixtures

VALUES = st.recursive(
    st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "0.3"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
    max_leaves=5,
)


def wanted(kind: Kind, **given: Any) -> Wanted:
    return Wanted("here", kind, str(given.get("name", "n")), given)


def apart(kind: Kind, given: dict[str, Any], described: dict[str, Any]) -> list[Difference]:
    return differences(wanted(kind, **given), given, described)


@given(st.dictionaries(st.sampled_from(["eventType", "solutionConfig", "performHPO"]), VALUES))
def test_what_was_echoed_never_differs_whatever_the_service_adds(given: dict[str, Any]) -> None:
    described = {**copy.deepcopy(given), "status": "ACTIVE", "latestSolutionVersion": {"status": "ACTIVE"}}
    assert apart(Kind.SOLUTION, given, described) == []
    if isinstance(described.get("solutionConfig"), dict):
        described["solutionConfig"]["added"] = {"by": "the service"}
        assert apart(Kind.SOLUTION, given, described) == []


@given(VALUES, VALUES)
def test_a_value_that_differs_is_told_with_both_sides(was: Any, should: Any) -> None:
    found = apart(Kind.SOLUTION, {"eventType": should}, {"eventType": was})
    if isinstance(should, (str, int)) and should != was and not (should is False and was is None):
        assert [(each.member, each.actual, each.wanted) for each in found] == [("eventType", was, should)]


def test_names_that_amazon_personalize_resolves_are_no_difference() -> None:
    ranges = {"integerHyperParameterRanges": [{"name": "bptt", "minValue": 2, "maxValue": 32}]}
    resolved = {"integerHyperParameterRanges": [{"name": "training.bptt", "minValue": 2, "maxValue": 32}]}
    given = {"solutionConfig": {"hpoConfig": {"algorithmHyperParameterRanges": ranges}}}
    there = {"solutionConfig": {"hpoConfig": {"algorithmHyperParameterRanges": resolved}}}
    assert apart(Kind.SOLUTION, given, there) == []
    resolved["integerHyperParameterRanges"][0]["maxValue"] = 16
    (difference,) = apart(Kind.SOLUTION, given, there)
    assert difference.member.endswith("integerHyperParameterRanges.bptt.maxValue") and not difference.updatable


def test_a_schema_is_compared_as_json() -> None:
    assert apart(Kind.SCHEMA, {"schema": '{"a": 1, "b": [2]}'}, {"schema": '{"b":[2],"a":1}'}) == []
    assert len(apart(Kind.SCHEMA, {"schema": '{"a": 1}'}, {"schema": '{"a": 2}'})) == 1


def test_a_campaign_that_follows_its_solution_differs_only_when_it_follows_another() -> None:
    given = {"solutionVersionArn": arn_of("solution", "s/$LATEST")}
    assert apart(Kind.CAMPAIGN, given, {"solutionVersionArn": arn_of("solution", "s/1234abcd")}) == []
    (difference,) = apart(Kind.CAMPAIGN, given, {"solutionVersionArn": arn_of("solution", "other/1234abcd")})
    assert not difference.updatable


def test_a_solution_is_compared_with_its_update_unless_that_failed() -> None:
    given = {"solutionConfig": {"autoTrainingConfig": {"schedulingExpression": "rate(3 days)"}}}
    update = {"status": "ACTIVE", "solutionUpdateConfig": given["solutionConfig"]}
    there = {"solutionConfig": {"autoTrainingConfig": {"schedulingExpression": "rate(7 days)"}}}
    assert apart(Kind.SOLUTION, given, {**there, "latestSolutionUpdate": update}) == []
    (difference,) = apart(
        Kind.SOLUTION, given, {**there, "latestSolutionUpdate": {**update, "status": "CREATE FAILED"}}
    )
    assert difference.updatable
    asked = update_parameters(wanted(Kind.SOLUTION, **given), given, [difference])
    assert asked == {"solutionUpdateConfig": given["solutionConfig"]}


def test_only_blocks_that_differ_are_sent_and_whole() -> None:
    given = {
        "performAutoTraining": True,
        "solutionConfig": {
            "autoTrainingConfig": {"schedulingExpression": "rate(3 days)"},
            "eventsConfig": {"eventParametersList": [{"eventType": "a", "weight": 1.0}]},
        },
    }
    there = copy.deepcopy(given)
    there["solutionConfig"]["eventsConfig"]["eventParametersList"][0]["weight"] = 0.5
    found = apart(Kind.SOLUTION, given, there)
    asked = update_parameters(wanted(Kind.SOLUTION, **given), given, found)
    assert asked == {"solutionUpdateConfig": {"eventsConfig": given["solutionConfig"]["eventsConfig"]}}


@given(st.text("ab-", min_size=1, max_size=63), st.integers(1, 999))
def test_names_of_attempts_are_names_and_never_the_same(name: str, attempt: int) -> None:
    assert len(attempt_name(name, attempt)) <= 63
    assert attempt_name(name, attempt) != attempt_name(name, attempt + 1)


def test_training_by_the_clock_is_switched_by_an_update(keeper: Keeper) -> None:
    keeper.apply()
    config = keeper.document["solutions"][0]["serviceConfig"]
    config["performAutoTraining"] = True
    config["solutionConfig"]["autoTrainingConfig"] = {"schedulingExpression": "rate(3 days)"}
    assert keeper.actions() == {"solutions[0]": "update"}
    assert keeper.apply().failures == []
    assert keeper.actions() == {}
    config["solutionConfig"]["algorithmHyperParameters"]["recency_mask"] = "false"
    assert keeper.actions()["solutions[0]"] == "must be recreated"


def test_a_campaign_begins_to_follow_its_solution_and_ends_to(keeper: Keeper) -> None:
    keeper.apply()
    campaign = keeper.document["solutions"][0]["campaigns"][0]["serviceConfig"]
    for follows in (True, False):
        campaign["campaignConfig"]["syncWithLatestSolutionVersion"] = follows
        assert keeper.actions() == {"solutions[0].campaigns[0]": "update"}
        assert keeper.apply().failures == []
        assert keeper.actions() == {}


def test_a_schema_that_differs_is_told_field_by_field() -> None:
    fields = [{"name": "ITEM_ID", "type": "string"}, {"name": "PRICE", "type": "float"}]
    there = {"type": "record", "name": "Items", "fields": fields}
    price = {"name": "PRICE", "type": "double"}
    should = {**there, "fields": [fields[0], price, {"name": "AGE", "type": "int"}], "version": "1.0"}

    found = apart(Kind.SCHEMA, {"schema": json.dumps(should)}, {"schema": json.dumps(there)})

    assert [(each.member, each.actual, each.wanted) for each in found] == [
        ("schema.fields[PRICE]", fields[1], price),
        ("schema.version", None, "1.0"),
        ("schema.fields[AGE]", None, {"name": "AGE", "type": "int"}),
    ]
    turned = {**there, "fields": fields[::-1]}
    (order,) = apart(Kind.SCHEMA, {"schema": json.dumps(turned)}, {"schema": json.dumps(there)})
    assert order.member == "schema"
    (gone,) = apart(Kind.SCHEMA, {"schema": json.dumps({**there, "fields": fields[:1]})}, {"schema": json.dumps(there)})
    assert (gone.member, gone.wanted) == ("schema.fields[PRICE]", None)


def test_items_take_a_wider_schema_and_interactions_do_not(keeper: Keeper) -> None:
    keeper.apply()
    for key in ("items", "interactions"):
        config = keeper.document["datasets"][key]["schema"]["serviceConfig"]
        config["name"] += "-2"
        config["schema"]["fields"].append({"name": "COLOUR", "type": ["null", "string"]})
    steps = keeper.steps()
    assert (steps["datasets.items.dataset"].action, steps["datasets.interactions.dataset"].action) == (
        "update",
        "must be recreated",
    )
    del keeper.document["datasets"]["interactions"]
    assert keeper.apply().failures == []
    assert keeper.actions() == {}


class Recommenders:
    """As much of a service as one recommender needs; refuses the first requests of each kind as it is told."""

    def __init__(self, *refusals: Exception) -> None:
        self.standing: dict[str, Any] = {}
        self.refusals = list(refusals)
        self.updates: list[Any] = []
        answers = ("Create", "Describe", "Update")
        operations = {f"{verb}Recommender": getattr(self, verb.lower()) for verb in answers}
        self.client = connect("personalize", {**operations, "ListRecommenders": self.list})

    def create(self, call: Call) -> dict[str, Any]:
        if self.refusals:
            raise self.refusals.pop(0)
        config = call.parameters.get("recommender_config")
        self.standing = {
            "name": call.parameters["name"],
            "recommender_arn": arn_of("recommender", call.parameters["name"]),
            "recommender_config": config,
            "status": "ACTIVE",
        }
        return {"recommender_arn": self.standing["recommender_arn"]}

    def describe(self, call: Call) -> dict[str, Any]:
        if not self.standing:
            raise ResourceNotFound(call.parameters["recommender_arn"])
        return {"recommender": self.standing}

    def list(self, call: Call) -> dict[str, Any]:
        return {"recommenders": [self.standing] if self.standing else []}

    def update(self, call: Call) -> dict[str, Any]:
        self.updates.append(call.parameters["recommender_config"])
        self.standing["recommender_config"] = call.parameters["recommender_config"]
        return {"recommender_arn": self.standing["recommender_arn"]}


def recommender(**config: Any) -> Configuration:
    given = {"name": "r", "recommenderConfig": config}
    return Configuration((Wanted("recommenders[0]", Kind.RECOMMENDER, "r", given),))


def test_a_recommender_is_updated_and_a_stopped_one_stays_stopped() -> None:
    service = Recommenders()
    service.standing = {"name": "r", "recommender_arn": arn_of("recommender", "r"), "status": "ACTIVE"}
    outcome = Applying(service.client, timeout_s=10).run(recommender(minRecommendationRequestsPerSecond=2))
    assert (outcome.failures, service.updates) == ([], [{"min_recommendation_requests_per_second": 2}])
    service.standing["status"] = "INACTIVE"
    (step,) = plan(recommender(minRecommendationRequestsPerSecond=2), Account(service.client))
    assert (step.action, step.note) == ("keep", "it is INACTIVE, and stays so")
    outcome = Applying(service.client, timeout_s=10).run(recommender(minRecommendationRequestsPerSecond=2))
    assert (outcome.changes, outcome.failures) == ([], [])


def test_a_stopped_recommender_that_differs_is_told_and_not_waited_for() -> None:
    service = Recommenders()
    service.standing = {"name": "r", "recommender_arn": arn_of("recommender", "r"), "status": "INACTIVE"}
    outcome = Applying(service.client, timeout_s=10).run(recommender(minRecommendationRequestsPerSecond=2))
    assert (outcome.changes, service.updates) == ([], [])
    (failure,) = outcome.failures
    assert failure.reason.endswith("is INACTIVE, and only an ACTIVE one is updated: start it, and apply again")


def creating() -> Configuration:
    given = {
        "name": "r",
        "datasetGroupArn": arn_of("dataset-group"),
        "recipeArn": "arn:aws:personalize:::recipe/aws-vod-top-picks",
    }
    return Configuration((Wanted("recommenders[0]", Kind.RECOMMENDER, "r", given),))


def test_what_is_in_use_is_asked_for_again_and_again() -> None:
    slept: list[float] = []
    told: list[str] = []
    service = Recommenders(ResourceInUse("busy"), ResourceInUse("busy"))
    outcome = Applying(service.client, timeout_s=10, sleep=slept.append, tell=told.append).run(creating())
    assert (outcome.failures, len(outcome.changes), len(slept)) == ([], 1, 2)
    assert told.count("waiting: busy") == 1


def test_a_quota_that_no_waiting_frees_is_told_at_once() -> None:
    service = Recommenders(LimitExceeded("5 recommenders"))
    outcome = Applying(service.client, timeout_s=10, sleep=lambda seconds: pytest.fail("it waited")).run(creating())
    assert [failure.reason for failure in outcome.failures] == [
        "CreateRecommender: LimitExceededException: 5 recommenders"
    ]


def test_the_time_for_what_stays_in_use_ends() -> None:
    service = Recommenders(*[ResourceInUse("busy")] * 100)
    outcome = Applying(service.client, timeout_s=60, sleep=lambda seconds: None).run(creating())
    assert outcome.failures[0].reason.endswith("ResourceInUseException: busy")
