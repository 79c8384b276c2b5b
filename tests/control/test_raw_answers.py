"""A create and its repeat as they go over the wire, byte by byte. Source: control-plane reference, section N."""

from __future__ import annotations

import json

from reco.control import operations
from reco.wire.dispatch import respond
from reco.wire.gateway import gateway_event
from tests.control.conftest import ITEMS, Bench
from tests.wire.clients import ACCOUNT, REGION


def test_a_create_and_its_repeat_are_answered_in_compact_json(bench: Bench) -> None:
    ready = operations.build(bench.registry_at)

    def sent(target: str, body: str) -> tuple[int, str]:
        event = gateway_event(
            "POST",
            "/",
            "",
            {"X-Amz-Target": f"AmazonPersonalize.{target}", "Content-Type": "application/x-amz-json-1.1"},
            body.encode(),
            ACCOUNT,
            REGION,
            None,
            "request",
            bench.now,
        )
        response = respond(event, ready, lambda: bench.now, region=REGION)
        assert response["headers"]["Content-Type"] == "application/x-amz-json-1.1"
        return response["statusCode"], response["body"]

    arn = f"arn:aws:personalize:{REGION}:{ACCOUNT}:schema/shop-items"
    create = json.dumps({"name": "shop-items", "schema": ITEMS})
    assert sent("CreateSchema", create) == (200, f'{{"schemaArn":"{arn}"}}')
    assert sent("CreateSchema", create) == (
        400,
        f'{{"__type":"ResourceAlreadyExistsException","message":"Another resource with Arn {arn} already exists."}}',
    )
    times = '"creationDateTime":1700000000.0,"lastUpdatedDateTime":1700000000.0'
    assert sent("ListSchemas", "{}") == (200, f'{{"schemas":[{{"name":"shop-items","schemaArn":"{arn}",{times}}}]}}')
    assert sent("DeleteSchema", f'{{"schemaArn":"{arn}"}}') == (200, "")
    assert sent("ListSchemas", "") == (200, '{"schemas":[]}')
