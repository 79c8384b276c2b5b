"""Clients of commands go where they are told and sign as that place wants, on requests as they would be sent."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from reco.client.connecting import connect
from reco.errors import InvalidInput

GATEWAY = "https://a1b2c3.execute-api.eu-west-1.amazonaws.com"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not a secret")


def sent_by(client: Any) -> AWSPreparedRequest:
    """The request of one call, which is answered without being sent."""
    sent: list[AWSPreparedRequest] = []

    class Nothing:
        def stream(self, **_: object) -> Any:
            yield b"{}"

    def answer(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        sent.append(request)
        return AWSResponse(request.url, 200, {}, Nothing())

    client.meta.events.register("before-send", answer)
    client.list_schemas()
    return sent[0]


def scope(request: AWSPreparedRequest) -> str:
    value = request.headers["Authorization"]
    return (value.decode() if isinstance(value, bytes) else value).split("/")[3]


def test_an_address_of_api_gateway_is_signed_for_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    request = sent_by(connect("eu-west-1", GATEWAY))
    assert (request.url, scope(request)) == (f"{GATEWAY}/", "execute-api")
    monkeypatch.setenv("AWS_ENDPOINT_URL_PERSONALIZE", GATEWAY)
    assert scope(sent_by(connect("eu-west-1"))) == "execute-api"


def test_amazon_personalize_is_signed_for_as_itself() -> None:
    request = sent_by(connect("eu-west-1"))
    assert (request.url, scope(request)) == ("https://personalize.eu-west-1.amazonaws.com/", "personalize")


def test_no_region_and_no_such_profile_are_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    with pytest.raises(InvalidInput, match="region"):
        connect()
    with pytest.raises(InvalidInput, match="nobody"):
        connect("eu-west-1", profile="nobody")
