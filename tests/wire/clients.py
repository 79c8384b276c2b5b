"""Real boto3 clients whose requests go through the gateway's event straight into `respond`: no socket, no server."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config

from reco.wire.call import Operation
from reco.wire.dispatch import respond
from reco.wire.gateway import gateway_event

REGION = "eu-west-1"
ACCOUNT = "123456789012"
CALLER = f"arn:aws:iam::{ACCOUNT}:user/ada"
NOW = 1_719_835_200.5
REQUEST_ID = "fR4qVhLeDoEEPxw="


def event_of(request: AWSPreparedRequest) -> dict[str, Any]:
    """The event that API Gateway would make of a request that botocore prepared."""
    url = urlsplit(request.url)
    body = request.body or b""
    return gateway_event(
        method=request.method,
        path=url.path or "/",
        query=url.query,
        headers={name: _text(value) for name, value in request.headers.items()},
        body=body if isinstance(body, bytes) else body.encode(),
        account=ACCOUNT,
        region=REGION,
        caller_arn=CALLER,
        request_id=REQUEST_ID,
        time_epoch=NOW,
    )


def connect(
    service: str, operations: Mapping[str, Operation], clock: Callable[[], float] = lambda: NOW, *, checks: bool = True
) -> Any:
    """A client whose every request `operations` answer. Without `checks` it sends what boto3 would refuse to send."""
    client = boto3.client(
        service,
        region_name=REGION,
        # No address of AWS, so that moto, where a test has it running, leaves the request alone.
        endpoint_url="http://reco.invalid",
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="not a secret",
        config=Config(parameter_validation=checks, retries={"max_attempts": 0}),
    )

    def answer(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        response = respond(event_of(request), operations, clock, region=REGION)
        return AWSResponse(request.url, response["statusCode"], response["headers"], _Raw(response["body"].encode()))

    client.meta.events.register("before-send", answer)
    return client


class _Raw(io.BytesIO):
    """What botocore asks of a response's body."""

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


def _text(value: str | bytes) -> str:
    return value.decode("ascii") if isinstance(value, bytes) else value
