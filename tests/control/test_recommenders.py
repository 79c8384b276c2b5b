"""Recommenders as clients see them: what is accepted, what is shown, and every status on the way."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reco.arns import Kind
from reco.control.lifecycle import RESTART_AFTER_S
from reco.jobs.status import (
    ACTIVE,
    CREATE_FAILED,
    CREATE_IN_PROGRESS,
    CREATE_PENDING,
    INACTIVE,
    START_IN_PROGRESS,
    START_PENDING,
    STOP_IN_PROGRESS,
    STOP_PENDING,
)
from tests.control.conftest import POINTER_CACHE_S, TRANSITION_S, Bench, refused
from tests.wire.clients import REGION

FOR_YOU = "arn:aws:personalize:::recipe/aws-ecomm-recommended-for-you"
MOST_VIEWED = "arn:aws:personalize:::recipe/aws-ecomm-popular-items-by-views"
TOP_PICKS = "arn:aws:personalize:::recipe/aws-vod-top-picks"
MORE_LIKE = "arn:aws:personalize:::recipe/aws-vod-more-like-x"
CUSTOM = "arn:aws:personalize:::recipe/aws-sims"
METRICS = {"coverage": 0.25, "precision_at_5": 0.1}
MODEL = {"uri": "s3://b/models/1/", "digest": "0" * 64, "result": {"metrics": METRICS}}
SERVING = {"uri": "s3://b/models/1/", "digest": "0" * 64}


def schema_text(name: str, *fields: tuple[str, Any]) -> str:
    described = [{"name": field, **(kind if isinstance(kind, dict) else {"type": kind})} for field, kind in fields]
    return json.dumps({"type": "record", "name": name, "fields": described})


INTERACTIONS = schema_text(
    "Interactions",
    ("USER_ID", "string"),
    ("ITEM_ID", "string"),
    ("TIMESTAMP", "long"),
    ("EVENT_TYPE", "string"),
    ("DEVICE", {"type": ["string", "null"], "categorical": True}),
)
VIDEOS = schema_text(
    "Items",
    ("ITEM_ID", "string"),
    ("GENRES", {"type": "string", "categorical": True}),
    ("CREATION_TIMESTAMP", "long"),
)
ITEMS = schema_text(
    "Items",
    ("ITEM_ID", "string"),
    ("PRICE", "float"),
    ("CATEGORY_L1", {"type": "string", "categorical": True}),
    ("COLOUR", {"type": ["string", "null"], "categorical": True}),
)


class Shop:
    """A domain group with its datasets."""

    def __init__(self, bench: Bench, domain: str = "ECOMMERCE", *, items: bool = True) -> None:
        self.bench, self.client, self.domain = bench, bench.client, domain
        name = domain.lower().replace("_", "-")
        self.group = self.client.create_dataset_group(name=name, domain=domain)["datasetGroupArn"]
        bench.settle()
        self.datasets = {"Interactions": self.dataset("Interactions", INTERACTIONS)}
        if items:
            self.datasets["Items"] = self.dataset("Items", ITEMS if domain == "ECOMMERCE" else VIDEOS)

    def dataset(self, dataset_type: str, text: str) -> str:
        schema = self.client.create_schema(
            name=f"{self.domain}-{dataset_type}".replace("_", "-"), schema=text, domain=self.domain
        )
        return self.bench.dataset(self.group, schema["schemaArn"], dataset_type)

    def create(self, name: str = "r", recipe: str = FOR_YOU, **more: Any) -> str:
        return str(
            self.client.create_recommender(name=name, datasetGroupArn=self.group, recipeArn=recipe, **more)[
                "recommenderArn"
            ]
        )

    def active(self, name: str = "r", recipe: str = FOR_YOU, **more: Any) -> str:
        """A recommender as its machine leaves it."""
        arn = self.create(name, recipe, **more)
        self.bench.end_job(arn, model=MODEL, serving=SERVING)
        return arn

    def shown(self, arn: str) -> dict[str, Any]:
        return dict(self.client.describe_recommender(recommenderArn=arn)["recommender"])

    def status(self, arn: str) -> str:
        return str(self.shown(arn)["status"])

    def end_update(self, arn: str, status: str = ACTIVE, reason: str | None = None) -> None:
        """What the machine writes at the end of an update."""
        stored = self.bench.stored(Kind.RECOMMENDER, arn.rpartition("/")[2])
        update = {**stored.inner["update"], "status": status, "failure_reason": reason}
        self.bench.end_job(arn, update=update)


@pytest.fixture
def shop(bench: Bench) -> Shop:
    return Shop(bench)


def test_what_was_sent_is_shown_as_it_was_sent_and_nothing_is_added(shop: Shop, bench: Bench) -> None:
    config = {
        "itemExplorationConfig": {"explorationWeight": "0.1", "explorationItemAgeCutOff": "30.0"},
        "minRecommendationRequestsPerSecond": 2,
        "trainingDataConfig": {"excludedDatasetColumns": {"Items": ["COLOUR"]}},
        "enableMetadataWithRecommendations": True,
    }
    arn = shop.create(recommenderConfig=config)
    assert arn == bench.arn(Kind.RECOMMENDER, "r")
    shown = shop.shown(arn)
    times = {shown.pop("creationDateTime"), shown.pop("lastUpdatedDateTime")}
    assert len(times) == 1
    assert shown == {
        "recommenderArn": arn,
        "datasetGroupArn": shop.group,
        "name": "r",
        "recipeArn": FOR_YOU,
        "recommenderConfig": config,
        "status": CREATE_PENDING,
    }


def test_without_a_configuration_none_is_shown(shop: Shop) -> None:
    assert "recommenderConfig" not in shop.shown(shop.create())


def test_metrics_are_shown_once_there_is_a_model_and_not_while_it_is_made_or_deleted(shop: Shop, bench: Bench) -> None:
    arn = shop.create()
    bench.end_job(arn, CREATE_IN_PROGRESS)
    assert "modelMetrics" not in shop.shown(arn)
    bench.pass_time(5)
    bench.end_job(arn, model=MODEL, serving=SERVING)
    shown = shop.shown(arn)
    assert (shown["status"], shown["modelMetrics"]) == (ACTIVE, METRICS)
    assert shown["lastUpdatedDateTime"] > shown["creationDateTime"]
    shop.client.delete_recommender(recommenderArn=arn)
    assert "modelMetrics" not in shop.shown(arn)


def test_a_failure_is_shown_with_its_reason(shop: Shop, bench: Bench) -> None:
    arn = shop.create()
    reason = "Create failed. Dataset has fewer than 1000 interactions after filtering by event type: View."
    bench.end_job(arn, CREATE_FAILED, reason)
    shown = shop.shown(arn)
    assert (shown["status"], shown["failureReason"]) == (CREATE_FAILED, reason)
    assert "modelMetrics" not in shown


def test_creating_starts_the_machine_and_a_machine_that_did_not_start_is_started_by_a_reader(
    shop: Shop, bench: Bench
) -> None:
    arn = shop.create()
    incarnation = bench.stored(Kind.RECOMMENDER, "r").incarnation
    started = (arn, f"{incarnation}-0", "recommender")
    assert bench.machines.started[-1] == started
    bench.machines.started.clear()
    bench.pass_time(RESTART_AFTER_S + 1)
    shop.shown(arn)
    assert bench.machines.started == [started]


def test_a_second_of_the_same_name_is_told_that_it_is_taken(shop: Shop, bench: Bench) -> None:
    arn = shop.create()
    message = refused(
        "ResourceAlreadyExistsException",
        shop.client.create_recommender,
        name="r",
        datasetGroupArn=shop.group,
        recipeArn=MOST_VIEWED,
    )
    assert message == f"Another resource with Arn {arn} already exists."


def test_lists_are_by_group_oldest_first_with_the_members_of_a_summary(shop: Shop, bench: Bench) -> None:
    video = Shop(bench, "VIDEO_ON_DEMAND")
    first = shop.create("b")
    bench.pass_time(1)
    second = video.create("a", TOP_PICKS)
    listed = shop.client.list_recommenders()["recommenders"]
    assert [each["recommenderArn"] for each in listed] == [first, second]
    (alone,) = shop.client.list_recommenders(datasetGroupArn=video.group)["recommenders"]
    assert list(alone) == [
        "name",
        "recommenderArn",
        "datasetGroupArn",
        "recipeArn",
        "status",
        "creationDateTime",
        "lastUpdatedDateTime",
    ]
    pages = shop.client.get_paginator("list_recommenders").paginate(PaginationConfig={"PageSize": 1})
    assert [each["recommenderArn"] for page in pages for each in page["recommenders"]] == [first, second]


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"recipeArn": CUSTOM}, "aws-sims is a custom recipe"),
        ({"recipeArn": TOP_PICKS}, "VIDEO_ON_DEMAND"),
        ({"recommenderConfig": {"itemExplorationConfig": {"weight": "1"}}}, "recommenderConfig.itemExplorationConfig"),
        ({"recommenderConfig": {"itemExplorationConfig": {"explorationWeight": "1.1"}}}, "from 0 to 1"),
        ({"recommenderConfig": {"itemExplorationConfig": {"explorationItemAgeCutOff": "0"}}}, "at least 1"),
        (
            {"recommenderConfig": {"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["SIZE"]}}}},
            "recommenderConfig.trainingDataConfig.excludedDatasetColumns: the dataset ITEMS of this group has no column"
            " SIZE",
        ),
        (
            {"recommenderConfig": {"trainingDataConfig": {"excludedDatasetColumns": {"INTERACTIONS": ["EVENT_TYPE"]}}}},
            "EVENT_TYPE of INTERACTIONS cannot be left out",
        ),
        (
            {
                "recommenderConfig": {
                    "trainingDataConfig": {
                        "excludedDatasetColumns": {"ITEMS": ["PRICE"]},
                        "includedDatasetColumns": {"ITEMS": ["COLOUR"]},
                    }
                }
            },
            "not both",
        ),
    ],
)
def test_what_does_not_fit_is_refused_by_name_and_nothing_is_stored(
    shop: Shop, asked: dict[str, Any], named: str
) -> None:
    given = {"name": "r", "datasetGroupArn": shop.group, "recipeArn": FOR_YOU, **asked}
    assert named in refused("InvalidInputException", shop.client.create_recommender, **given)
    assert shop.client.list_recommenders()["recommenders"] == []


def test_a_custom_group_takes_no_recommender(bench: Bench) -> None:
    group = bench.group()
    message = refused(
        "InvalidInputException",
        bench.client.create_recommender,
        name="r",
        datasetGroupArn=group,
        recipeArn=FOR_YOU,
    )
    assert "the dataset group's domain is none" in message


def test_a_recipe_or_a_group_that_is_not_there_is_not_found(shop: Shop) -> None:
    nowhere = shop.group.replace("ecommerce", "nowhere")
    for wrong in ({"datasetGroupArn": nowhere}, {"recipeArn": "arn:aws:personalize:::recipe/aws-ecomm-mind-reading"}):
        given = {"name": "r", "datasetGroupArn": shop.group, "recipeArn": FOR_YOU, **wrong}
        refused("ResourceNotFoundException", shop.client.create_recommender, **given)


def test_a_group_in_the_making_must_be_waited_for(bench: Bench) -> None:
    group = bench.client.create_dataset_group(name="new", domain="ECOMMERCE")["datasetGroupArn"]
    refused(
        "ResourceInUseException",
        bench.client.create_recommender,
        name="r",
        datasetGroupArn=group,
        recipeArn=FOR_YOU,
    )


def test_the_datasets_that_the_use_case_needs_must_be_there(bench: Bench) -> None:
    video = Shop(bench, "VIDEO_ON_DEMAND", items=False)
    asked = {"name": "r", "datasetGroupArn": video.group, "recipeArn": MORE_LIKE}
    assert "ITEMS" in refused("InvalidInputException", video.client.create_recommender, **asked)
    video.create(recipe=TOP_PICKS)


def test_metadata_in_answers_needs_items_that_have_some(bench: Bench) -> None:
    shop = Shop(bench, items=False)
    asked = {"name": "r", "datasetGroupArn": shop.group, "recipeArn": FOR_YOU}
    message = refused(
        "InvalidInputException",
        shop.client.create_recommender,
        **asked,
        recommenderConfig={"enableMetadataWithRecommendations": True},
    )
    assert "recommenderConfig.enableMetadataWithRecommendations" in message


def test_exploration_of_a_use_case_that_does_not_explore_is_taken_and_shown(shop: Shop) -> None:
    config = {"itemExplorationConfig": {"explorationWeight": "0.5"}}
    assert shop.shown(shop.create(recipe=MOST_VIEWED, recommenderConfig=config))["recommenderConfig"] == config


def test_the_columns_to_learn_from_are_those_of_the_datasets_that_the_use_case_reads(shop: Shop, bench: Bench) -> None:
    shop.create("all")
    shop.create("some", recommenderConfig={"trainingDataConfig": {"includedDatasetColumns": {"items": ["PRICE"]}}})
    shop.create("interactions", MOST_VIEWED)
    columns = {name: bench.stored(Kind.RECOMMENDER, name).inner["columns"] for name in ("all", "some", "interactions")}
    interactions = ["USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE", "DEVICE"]
    assert columns["all"] == {
        "INTERACTIONS": interactions,
        "ITEMS": ["ITEM_ID", "PRICE", "CATEGORY_L1", "COLOUR"],
    }
    assert columns["some"]["ITEMS"] == ["ITEM_ID", "PRICE"]
    assert columns["interactions"] == {"INTERACTIONS": interactions}


# Updating


def test_an_update_has_a_record_of_its_own_and_the_recommender_stays_as_it_is(shop: Shop, bench: Bench) -> None:
    arn = shop.active(recommenderConfig={"minRecommendationRequestsPerSecond": 1})
    before = shop.shown(arn)
    config = {"itemExplorationConfig": {"explorationWeight": "0"}}
    bench.pass_time(1)
    shop.client.update_recommender(recommenderArn=arn, recommenderConfig=config)
    after = shop.shown(arn)
    latest = after.pop("latestRecommenderUpdate")
    assert after == before
    assert (latest["recommenderConfig"], latest["status"]) == (config, CREATE_PENDING)
    assert latest["creationDateTime"] == latest["lastUpdatedDateTime"] > before["creationDateTime"]
    assert bench.machines.started[-1][1:] == (f"{bench.stored(Kind.RECOMMENDER, 'r').incarnation}-1", "recommender")


def test_an_update_that_asks_for_what_is_there_is_none(shop: Shop, bench: Bench) -> None:
    config = {"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["PRICE"]}}}
    arn = shop.active(recommenderConfig=config)
    started = list(bench.machines.started)
    shop.client.update_recommender(recommenderArn=arn, recommenderConfig=config)
    assert "latestRecommenderUpdate" not in shop.shown(arn)
    assert bench.machines.started == started


def test_an_update_of_the_same_settings_brings_columns_that_a_dataset_has_got_since(shop: Shop, bench: Bench) -> None:
    arn = shop.active(recommenderConfig={"minRecommendationRequestsPerSecond": 1})
    wider = json.loads(ITEMS)
    wider["fields"].append({"name": "SIZE", "type": ["null", "string"], "categorical": True})
    schema = shop.client.create_schema(name="wider", schema=json.dumps(wider), domain="ECOMMERCE")["schemaArn"]
    shop.client.update_dataset(datasetArn=shop.datasets["Items"], schemaArn=schema)
    bench.settle()
    shop.client.update_recommender(recommenderArn=arn, recommenderConfig={"minRecommendationRequestsPerSecond": 1})
    stored = bench.stored(Kind.RECOMMENDER, "r")
    assert "SIZE" in stored.inner["update"]["columns"]["ITEMS"]
    assert "SIZE" not in stored.inner["columns"]["ITEMS"]


def test_while_one_update_is_at_work_everything_else_must_wait(shop: Shop) -> None:
    arn = shop.active()
    client = shop.client
    client.update_recommender(recommenderArn=arn, recommenderConfig={"minRecommendationRequestsPerSecond": 2})
    refused(
        "ResourceInUseException",
        client.update_recommender,
        recommenderArn=arn,
        recommenderConfig={"minRecommendationRequestsPerSecond": 3},
    )
    for call in (client.stop_recommender, client.delete_recommender):
        refused("ResourceInUseException", call, recommenderArn=arn)
    shop.end_update(arn, CREATE_FAILED, "no")
    assert shop.shown(arn)["latestRecommenderUpdate"]["failureReason"] == "no"
    assert shop.status(arn) == ACTIVE
    client.update_recommender(recommenderArn=arn, recommenderConfig={"minRecommendationRequestsPerSecond": 3})
    shop.end_update(arn)
    client.delete_recommender(recommenderArn=arn)


def test_a_recommender_whose_creation_failed_may_be_updated_even_to_the_same(shop: Shop, bench: Bench) -> None:
    arn = shop.create(recommenderConfig={"minRecommendationRequestsPerSecond": 1})
    config = {"minRecommendationRequestsPerSecond": 1}
    refused("ResourceInUseException", shop.client.update_recommender, recommenderArn=arn, recommenderConfig=config)
    bench.end_job(arn, CREATE_FAILED, "no")
    shop.client.update_recommender(recommenderArn=arn, recommenderConfig=config)
    assert shop.shown(arn)["latestRecommenderUpdate"]["status"] == CREATE_PENDING


def test_an_update_whose_machine_did_not_start_is_started_by_a_reader(shop: Shop, bench: Bench) -> None:
    arn = shop.active()
    bench.machines.broken = True
    shop.client.update_recommender(recommenderArn=arn, recommenderConfig={"minRecommendationRequestsPerSecond": 2})
    bench.machines.broken = False
    bench.pass_time(RESTART_AFTER_S + 1)
    shop.shown(arn)
    assert bench.machines.started[-1][1].endswith("-1")


@pytest.mark.parametrize(
    "config",
    [
        {"itemExplorationConfig": {"explorationWeight": "2"}},
        {"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["SIZE"]}}},
    ],
)
def test_an_update_is_checked_as_a_creation_is(shop: Shop, config: dict[str, Any]) -> None:
    arn = shop.active()
    refused("InvalidInputException", shop.client.update_recommender, recommenderArn=arn, recommenderConfig=config)
    assert "latestRecommenderUpdate" not in shop.shown(arn)


# Stopping and starting


def test_a_stop_passes_through_its_statuses_and_takes_the_pointer_away_at_once(shop: Shop, bench: Bench) -> None:
    arn = shop.active()
    bench.pass_time(100)
    shop.client.stop_recommender(recommenderArn=arn)
    stored = bench.stored(Kind.RECOMMENDER, "r")
    assert "serving" not in stored.inner
    assert stored.inner["model"] == MODEL
    seen = []
    for _ in range(8):
        shown = shop.shown(arn)
        seen.append((shown["status"], shown["lastUpdatedDateTime"].timestamp() - bench.now))
        assert shown["modelMetrics"] == METRICS
        bench.pass_time(POINTER_CACHE_S / 5)
    assert seen == [
        (STOP_PENDING, 0),
        (STOP_PENDING, -5),
        (STOP_IN_PROGRESS, 0),
        (STOP_IN_PROGRESS, -5),
        (STOP_IN_PROGRESS, -10),
        (INACTIVE, 0),
        (INACTIVE, -5),
        (INACTIVE, -10),
    ]


def test_a_start_has_the_machine_serve_the_kept_model(shop: Shop, bench: Bench) -> None:
    arn = shop.active()
    shop.client.stop_recommender(recommenderArn=arn)
    bench.settle()
    shop.client.start_recommender(recommenderArn=arn)
    assert shop.status(arn) == START_PENDING
    assert bench.machines.started[-1] == (arn, f"{bench.stored(Kind.RECOMMENDER, 'r').incarnation}-1", "recommender")
    bench.end_job(arn, START_IN_PROGRESS)
    assert shop.status(arn) == START_IN_PROGRESS
    bench.end_job(arn, ACTIVE, serving=SERVING)
    assert shop.status(arn) == ACTIVE


def test_a_start_that_failed_leaves_it_stopped_with_the_reason_and_may_be_repeated(shop: Shop, bench: Bench) -> None:
    arn = shop.active()
    shop.client.stop_recommender(recommenderArn=arn)
    bench.settle()
    shop.client.start_recommender(recommenderArn=arn)
    bench.end_job(arn, INACTIVE, "The model is gone.")
    shown = shop.shown(arn)
    assert (shown["status"], shown["failureReason"]) == (INACTIVE, "The model is gone.")
    assert shown["lastUpdatedDateTime"].timestamp() == bench.now
    shop.client.start_recommender(recommenderArn=arn)
    shown = shop.shown(arn)
    assert shown["status"] == START_PENDING and "failureReason" not in shown
    assert bench.machines.started[-1][1].endswith("-2")


def test_a_start_whose_machine_did_not_start_is_started_by_a_reader(shop: Shop, bench: Bench) -> None:
    arn = shop.active()
    shop.client.stop_recommender(recommenderArn=arn)
    bench.settle()
    bench.machines.broken = True
    shop.client.start_recommender(recommenderArn=arn)
    bench.machines.broken = False
    bench.pass_time(RESTART_AFTER_S + 1)
    shop.shown(arn)
    assert bench.machines.started[-1][1].endswith("-1")


def test_only_what_is_active_stops_only_what_is_inactive_starts_and_neither_changes_meanwhile(
    shop: Shop, bench: Bench
) -> None:
    client = shop.client
    config = {"minRecommendationRequestsPerSecond": 2}

    def all_refused(arn: str, *calls: Any) -> None:
        for call in calls:
            more = {"recommenderConfig": config} if call == client.update_recommender else {}
            refused("ResourceInUseException", call, recommenderArn=arn, **more)

    stop, start = client.stop_recommender, client.start_recommender
    update, delete = client.update_recommender, client.delete_recommender
    arn = shop.create()
    all_refused(arn, stop, start, update, delete)
    bench.end_job(arn, model=MODEL, serving=SERVING)
    all_refused(arn, start)
    stop(recommenderArn=arn)
    all_refused(arn, stop, start, update, delete)
    bench.pass_time(TRANSITION_S)
    all_refused(arn, stop, start, update, delete)
    bench.settle()
    all_refused(arn, stop, update)
    start(recommenderArn=arn)
    all_refused(arn, stop, start, update, delete)
    bench.end_job(arn, START_IN_PROGRESS)
    all_refused(arn, stop, start, update, delete)
    bench.end_job(arn, serving=SERVING)
    delete(recommenderArn=arn)
    all_refused(arn, stop, start, update, delete)


# Deleting


@pytest.mark.parametrize("stopped", [False, True])
def test_a_delete_is_seen_until_no_sandbox_can_serve_and_frees_the_name(
    shop: Shop, bench: Bench, stopped: bool
) -> None:
    arn = shop.active()
    if stopped:
        shop.client.stop_recommender(recommenderArn=arn)
        bench.settle()
    shop.client.delete_recommender(recommenderArn=arn)
    assert "serving" not in bench.stored(Kind.RECOMMENDER, "r").inner
    assert shop.status(arn) == "DELETE PENDING"
    bench.pass_time(POINTER_CACHE_S - 1)
    assert shop.status(arn) == "DELETE IN_PROGRESS"
    bench.pass_time(1)
    refused("ResourceNotFoundException", shop.client.describe_recommender, recommenderArn=arn)
    assert shop.client.list_recommenders()["recommenders"] == []
    assert shop.create() == arn


def test_a_group_with_a_recommender_and_a_dataset_in_training_stay(shop: Shop, bench: Bench) -> None:
    client, items = shop.client, shop.datasets["Items"]
    arn = shop.create()
    refused("ResourceInUseException", client.delete_dataset_group, datasetGroupArn=shop.group)
    refused("ResourceInUseException", client.delete_dataset, datasetArn=items)
    bench.end_job(arn, model=MODEL, serving=SERVING)
    client.update_recommender(
        recommenderArn=arn,
        recommenderConfig={"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["PRICE"]}}},
    )
    refused("ResourceInUseException", client.delete_dataset, datasetArn=items)
    shop.end_update(arn)
    client.delete_dataset(datasetArn=items)


@pytest.mark.parametrize(
    "operation", ["describe_recommender", "stop_recommender", "start_recommender", "delete_recommender"]
)
def test_an_arn_of_nothing_of_ours_is_not_found_and_another_kinds_is_no_recommenders(
    shop: Shop, bench: Bench, operation: str
) -> None:
    call = getattr(shop.client, operation)
    arn = shop.active()
    for strange in (f"{arn}x", arn.replace(":123456789012:", ":210987654321:"), arn.replace(REGION, "ap-south-1")):
        refused("ResourceNotFoundException", call, recommenderArn=strange)
    refused("InvalidInputException", call, recommenderArn=shop.group)


def test_a_recommender_carries_tags(shop: Shop) -> None:
    arn = shop.create(tags=[{"tagKey": "team", "tagValue": "home"}])
    assert shop.client.list_tags_for_resource(resourceArn=arn)["tags"] == [{"tagKey": "team", "tagValue": "home"}]
