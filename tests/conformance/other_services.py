"""The operations of personalize-runtime and personalize-events, over the world's own table: what they refuse."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from unittest.mock import Mock

from reco.arns import Kind, Owner
from reco.events import operations as event_operations
from reco.events.trackers import Trackers
from reco.runtime.operations import Recommender
from reco.runtime.pointers import Pointers
from reco.storage.resources import ResourceTable
from reco.wire.call import Operation
from reco.wire.dispatch import respond
from tests.wire.asking import event_for
from tests.wire.clients import ACCOUNT, NOW, REGION
from tests.wire.limits import bounds
from tests.wire.samples import OPERATIONS, SERVICE_OF, places, replaced, sample

OTHERS = tuple(name for name, service in SERVICE_OF.items() if service != "personalize")


def operations(table: ResourceTable) -> Mapping[str, Operation]:
    """All that this version has of the two services. What is asked here is refused before any event or model is
    touched, so nothing lies below but the resources."""
    trackers = Trackers(lambda _: None, table, cache_s=0.0, clock=lambda: NOW)
    recommender = Recommender(Pointers(table, cache_s=0.0, clock=lambda: NOW), Mock(), Mock())
    return {**event_operations.build(trackers, Mock()), **recommender.operations()}


def codes(table: ResourceTable, operation: str) -> set[str]:
    """The codes of the refusals of a request that breaks a limit, or that names what is not there."""
    return {_code(table, operation, body) for body in _bad_requests(operation)}


def _bad_requests(operation: str) -> Iterator[dict[str, Any]]:
    shape = OPERATIONS[operation].input_shape
    request = sample(shape, full=True)
    for place in places(operation, request):
        for bound in bounds(place.shape):
            yield replaced(request, place.steps, bound.broken[0])
    yield {**sample(shape, full=False), "campaignArn": Owner(ACCOUNT, REGION).arn(Kind.CAMPAIGN, "nowhere")}


def _code(table: ResourceTable, operation: str, body: dict[str, Any]) -> str:
    response = respond(event_for(operation, body), operations(table), lambda: NOW, region=REGION)
    assert response["statusCode"] in (400, 404), response
    return str(json.loads(response["body"])["__type"])
