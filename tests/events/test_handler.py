"""The function as Lambda and the local stack build it: from its environment alone."""

from __future__ import annotations

import json

import pytest

from lambdas.events import handler
from reco.arns import Kind, Owner
from reco.settings import environment_for
from reco.wire.service_models import operation_model
from tests.aws import OWNER, REGION, gateway_event
from tests.events.conftest import TRACKING_ID, EventsWorld


def test_the_handler_keeps_an_event_and_says_how_long_it_and_aws_took(
    world: EventsWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    environment = environment_for(
        region=REGION, resources_table="resources", events_table="events", event_stream="stream", pointer_cache_s=5
    )
    event = {"eventType": "click", "itemId": "i1", "sentAt": 1}
    body = {"trackingId": TRACKING_ID, "sessionId": "s", "userId": "ann", "eventList": [event]}
    answer = handler.build(environment)(gateway_event("/events", body, "request="), None)
    assert (answer["statusCode"], answer["body"]) == (200, "")
    assert world.history() == [("i1", "user")]
    assert answer["headers"]["Server-Timing"].startswith("own;dur=")
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["service"] == "events"


@pytest.mark.parametrize("operation", ["PutActionInteractions", "PutActions", "PutItems", "PutUsers"])
def test_what_is_not_there_yet_is_refused_alike_whoever_owns_what_is_named(world: EventsWorld, operation: str) -> None:
    own = OWNER.arn(Kind.DATASET, "shop/INTERACTIONS")
    strangers = [Owner("210987654321", REGION), Owner(OWNER.account, "ap-south-1")]
    named = [own, own.replace("shop", "gone"), *(each.arn(Kind.DATASET, "shop/INTERACTIONS") for each in strangers)]
    listed = operation.removeprefix("Put")[0].lower() + operation.removeprefix("Put")[1:]
    record = {"actionId": "a", "userId": "u", "itemId": "i", "sessionId": "s", "timestamp": 1, "eventType": "Taken"}
    path = operation_model("personalize-events", operation).http["requestUri"]
    answers = [
        world.post(path, {"datasetArn": arn, "trackingId": tracking_id, listed: [record]})
        for arn in named
        for tracking_id in (TRACKING_ID, "nobody")
    ]
    assert {(answer["statusCode"], json.loads(answer["body"])["message"]) for answer in answers} == {
        (400, f"{operation} is not available in this version")
    }
