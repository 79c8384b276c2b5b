"""PutEvents: what it takes, what it refuses, and that it keeps all of what it took."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from reco.arns import Kind
from reco.datasets import checks
from reco.events.properties import TEXT_LIMIT
from reco.storage.resources import ResourceTable
from reco.storage.tracking import delete_tracking
from tests.aws import GROUP, OWNER, make_resource
from tests.events.conftest import TRACKING_ID, EventsWorld


def refusal(answer: dict[str, Any]) -> str:
    assert answer["statusCode"] == 400
    assert answer["headers"]["x-amzn-ErrorType"] == "InvalidInputException"
    return json.loads(answer["body"])["message"]


def test_an_event_is_in_the_stream_the_hot_log_and_its_users_history(world: EventsWorld) -> None:
    answer = world.put(
        {
            "itemId": "i1",
            "eventValue": 4.5,
            "sentAt": 1_719_511_760.25,
            "properties": '{"cabinType": "Economy", "discount": 3}',
            "recommendationId": "RID-279bc670-9f3a-4633-b670-1183fd50c323",
            "impression": ["i1", "i2"],
            "metricAttribution": {"eventAttributionSource": "shelf"},
        }
    )
    assert (answer["statusCode"], answer["body"]) == (200, "")
    (record,) = world.streamed()
    assert world.log() == [record]
    assert (record.user, record.session, record.item, record.value) == ("ann", "s1", "i1", 4.5)
    assert (record.record, record.event_id) == ("request1=-0", "request1=-0")
    assert (record.sent_at, record.received_at) == (1_719_511_760.25, world.clock.now)
    assert record.properties == {"CABIN_TYPE": "Economy"}
    assert (record.impression, record.attribution_source) == (("i1", "i2"), "shelf")
    (event,) = world.table.history(GROUP, "ann", 10)
    assert (event.item, event.sent_ms, event.value) == ("i1", 1_719_511_760_250, 4.5)


def test_ten_events_of_a_call_are_ten_records_in_its_order(world: EventsWorld) -> None:
    assert world.put(*({"itemId": f"i{number}", "eventId": "same"} for number in range(10)))["statusCode"] == 200
    assert [record.item for record in world.streamed()] == [f"i{number}" for number in range(10)]
    assert {item for item, _ in world.history()} == {f"i{number}" for number in range(10)}


def test_older_clients_send_item_and_value_inside_of_properties(world: EventsWorld) -> None:
    inside = {"properties": '{"itemId": "inner", "EVENT_VALUE": "4", "numberOfRatings": "12", "isGift": "true"}'}
    assert world.put(inside, {"itemId": "outer", "eventValue": 1, **inside})["statusCode"] == 200
    first, second = world.log()
    assert (first.item, first.value) == ("inner", 4.0)
    assert (second.item, second.value) == ("outer", 1.0)
    assert first.properties == {"NUMBER_OF_RATINGS": 12, "IS_GIFT": True}


def test_an_unquoted_item_id_inside_of_properties_is_its_text(world: EventsWorld) -> None:
    world.put({"properties": '{"itemId": 1193}'})
    assert world.log()[0].item == "1193"


@pytest.mark.parametrize("key", ["userId", "USER_ID", "sessionid", "EventType", "timestamp", "recommendation_id"])
def test_keys_that_are_members_are_forbidden_in_properties_in_any_case(world: EventsWorld, key: str) -> None:
    message = refusal(world.put({}, {"properties": json.dumps({key: "x"})}))
    assert message == f"eventList[1].properties: must not have the key {key}"
    assert world.streamed() == []


@pytest.mark.parametrize(
    ("properties", "complaint"),
    [
        ("{", "must be the text of a JSON object"),
        ("[1]", "must be the text of a JSON object"),
        ('{"itemId": NaN}', "must be the text of a JSON object"),
        ('{"itemId": "' + "x" * 257 + '"}', "itemId: must have 1 to 256 characters, has 257"),
        ('{"itemId": ["a"]}', "properties.itemId: must be a string"),
        ('{"eventValue": "dear"}', "eventValue: must be a finite number"),
        ('{"eventValue": 1e999}', "eventValue: must be a finite number"),
        ('{"numberOfRatings": "many"}', "numberOfRatings: must be a whole number, as column NUMBER_OF_RATINGS"),
        ('{"numberOfRatings": 1.5}', "must be a whole number"),
        ('{"numberOfRatings": 3000000000}', "is too large for column NUMBER_OF_RATINGS of type int"),
        ('{"isGift": "perhaps"}', "must be true or false"),
        ('{"cabinType": {"a": 1}}', "must be a single value"),
        ('{"cabinType": "\\ud800"}', "eventList[0].properties: must be the text of a JSON object; this has half of"),
        ('{"discount": "\\udfff"}', "half of a surrogate pair"),
        ('{"discount": Infinity}', "eventList[0].properties: must be the text of a JSON object; this is not JSON"),
        ('{"discount": ' + "[" * 1000 + "}", "must be the text of a JSON object"),
        ('{"cabinType": 1e999}', "eventList[0].properties.cabinType: must be a finite number"),
        (
            '{"cabinType": "' + "x" * 1001 + '"}',
            "eventList[0].properties.cabinType: must be at most 1000 characters, as column CABIN_TYPE is a string, "
            "has 1001",
        ),
        ('{"cabinType": ' + "1" * 1001 + "}", "cabinType: must be at most 1000 characters"),
    ],
)
def test_properties_that_fit_no_column_are_refused_by_name(world: EventsWorld, properties: str, complaint: str) -> None:
    assert complaint in refusal(world.put({"properties": properties}))
    assert world.streamed() == world.log() == []


def test_a_string_of_a_thousand_characters_is_kept_whole(world: EventsWorld) -> None:
    assert world.put({"properties": json.dumps({"cabinType": "é" * 1000}, ensure_ascii=False)})["statusCode"] == 200
    assert world.log()[0].properties == {"CABIN_TYPE": "é" * 1000}


def test_the_limit_of_a_string_is_that_of_an_import() -> None:
    assert TEXT_LIMIT == checks.TEXT_LIMIT


def test_of_a_key_written_twice_the_last_one_counts(world: EventsWorld) -> None:
    world.put({"properties": '{"cabinType": "a", "cabinType": "b", "itemId": "i1", "ITEM_ID": "i2"}'})
    assert (world.log()[0].properties, world.log()[0].item) == ({"CABIN_TYPE": "b"}, "i2")


def test_a_number_that_is_not_finite_is_refused_also_without_a_schema(world: EventsWorld) -> None:
    dataset = world.resources.get(Kind.DATASET, "shop/INTERACTIONS")
    assert dataset
    world.resources.delete(dataset)
    message = refusal(world.put({"properties": '{"discount": 1e999}'}))
    assert message == "eventList[0].properties: has a number that is not finite"
    assert world.streamed() == world.log() == []


def test_null_is_no_value(world: EventsWorld) -> None:
    world.put({"properties": '{"cabinType": null, "itemId": null, "eventValue": null}'})
    assert (world.log()[0].item, world.log()[0].properties) == (None, {})


def test_a_column_that_may_not_be_null_must_be_given(world: EventsWorld) -> None:
    schema = {
        "type": "record",
        "name": "Interactions",
        "fields": [
            {"name": "USER_ID", "type": "string"},
            {"name": "ITEM_ID", "type": "string"},
            {"name": "TIMESTAMP", "type": "long"},
            {"name": "EVENT_VALUE", "type": "float"},
            {"name": "DEVICE", "type": "string"},
        ],
    }
    make_resource(world.resources, Kind.SCHEMA, "strict", {"schema": json.dumps(schema)})
    dataset = world.resources.get(Kind.DATASET, "shop/INTERACTIONS")
    assert dataset
    dataset.body["schema_arn"] = OWNER.arn(Kind.SCHEMA, "strict")
    world.resources.replace(dataset)
    assert "eventValue: is required, as column EVENT_VALUE" in refusal(world.put({"itemId": "i1"}))
    assert "DEVICE: is required" in refusal(world.put({"itemId": "i1", "eventValue": 1}))
    assert world.put({"itemId": "i1", "eventValue": 1, "properties": '{"device": "tv"}'})["statusCode"] == 200


def test_without_a_dataset_properties_stay_as_they_were_sent(world: EventsWorld) -> None:
    dataset = world.resources.get(Kind.DATASET, "shop/INTERACTIONS")
    assert dataset
    world.resources.delete(dataset)
    world.put({"properties": '{"cabinType": 7, "itemId": "i1"}'})
    assert (world.log()[0].properties, world.log()[0].item) == ({"cabinType": 7}, "i1")


def test_an_unknown_tracking_id_is_invalid_input(world: EventsWorld) -> None:
    body = {"trackingId": "nobody", "sessionId": "s", "eventList": [{"eventType": "click", "sentAt": 1}]}
    assert refusal(world.post("/events", body)) == "trackingId: no event tracker has the tracking ID nobody"


def test_a_tracker_is_believed_for_the_caches_lifetime_and_no_longer(world: EventsWorld) -> None:
    world.put({"itemId": "i1"})
    delete_tracking(world.dynamodb, "resources", TRACKING_ID)
    world.clock.now += 4.9
    assert world.put({"itemId": "i2"})["statusCode"] == 200
    world.clock.now += 0.2
    assert world.put({"itemId": "i3"})["statusCode"] == 400


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"eventList": []}, "eventList"),
        ({"eventList": [{"eventType": "click", "sentAt": 1}] * 11}, "eventList"),
        ({"userId": ""}, "userId"),
        ({"userId": "u" * 257}, "userId"),
        ({"sessionId": ""}, "sessionId"),
        ({"eventList": [{"sentAt": 1}]}, "eventList[0].eventType"),
        ({"eventList": [{"eventType": "click"}]}, "eventList[0].sentAt"),
        ({"eventList": [{"eventType": "click", "sentAt": 1, "impression": []}]}, "eventList[0].impression"),
    ],
)
def test_what_the_service_model_forbids_names_the_member(
    world: EventsWorld, change: dict[str, Any], field: str
) -> None:
    body = {"trackingId": TRACKING_ID, "sessionId": "s", "eventList": [{"eventType": "click", "sentAt": 1}], **change}
    assert field in refusal(world.post("/events", body))
    assert world.streamed() == []


def test_an_event_of_more_than_ten_kilobytes_is_refused(world: EventsWorld) -> None:
    large = {"impression": ["é" * 256] * 25}
    assert "eventList[0]: must be at most 10240 bytes" in refusal(world.put(large))


@pytest.mark.parametrize("path", ["/users", "/items", "/actions", "/action-interactions"])
def test_the_other_operations_say_that_they_are_not_available(world: EventsWorld, path: str) -> None:
    assert "is not available in this version" in refusal(world.post(path, {}))


def test_a_group_made_anew_under_the_same_name_has_no_old_events(world: EventsWorld) -> None:
    world.put({"itemId": "i1"})
    assert world.table.history("0" * 16, "ann", 10) == []
    assert list(world.table.log("0" * 16)) == []


def test_every_item_of_the_hot_table_expires_after_a_week_or_later(world: EventsWorld) -> None:
    world.put({"itemId": "i1"}, user=None)
    world.put({"itemId": "i2"})
    items = world.dynamodb.scan(TableName="events")["Items"]
    assert len(items) > 5
    for item in items:
        assert int(item["expires_at"]["N"]) >= world.clock.now + 7 * 86_400, item


def test_the_hours_index_is_written_once_in_an_hour_by_a_sandbox(world: EventsWorld) -> None:
    written = []
    world.dynamodb.meta.events.register(
        "provide-client-params.dynamodb.BatchWriteItem", lambda params, **_: written.append(str(params))
    )
    for _ in range(3):
        world.post(
            "/events",
            json.dumps(
                {
                    "trackingId": TRACKING_ID,
                    "sessionId": "s",
                    "userId": "u",
                    "eventList": [{"eventType": "click", "sentAt": 1, "itemId": "i"}],
                }
            ),
            request_id="again",
        )
    assert ["hours#" in each for each in written] == [True, False, False]
    world.clock.now += 3600
    world.put({"itemId": "i"})
    assert "hours#" in written[-1]


def test_the_handler_loads_no_numpy() -> None:
    heavy = ("numpy", "pandas", "scipy", "duckdb")
    program = f"import sys, lambdas.events.handler; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_resources_are_read_by_their_names_only(world: EventsWorld) -> None:
    """A cold call costs a tracker, a dataset and a schema; a warm one none of them."""
    reads: list[str] = []
    world.dynamodb.meta.events.register(
        "provide-client-params.dynamodb.GetItem", lambda params, **_: reads.append(params["TableName"])
    )
    assert isinstance(world.resources, ResourceTable)
    world.put({"itemId": "i1"})
    assert reads.count("resources") == 3
    world.put({"itemId": "i1"})
    assert reads.count("resources") == 3
