"""The function as Lambda and the local stack build it: from its environment alone."""

from __future__ import annotations

import json

import pytest

from lambdas.events import handler
from reco.settings import environment_for
from tests.aws import REGION, gateway_event
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
