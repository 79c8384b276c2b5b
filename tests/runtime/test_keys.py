"""Models under a dataset group's key, through the handler as Lambda builds it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from lambdas.runtime import handler
from local.object_keys import keys_enforced
from reco.settings import environment_for
from reco.storage.clients import Clients
from reco.storage.objects import Objects
from tests.aws import REGION, gateway_event
from tests.faults import Faults
from tests.runtime.conftest import RuntimeWorld

Ask = Callable[[str], tuple[int, dict[str, Any]]]


@pytest.fixture
def key(world: RuntimeWorld) -> Iterator[dict[str, Any]]:
    with keys_enforced(REGION):
        yield boto3.client("kms", region_name=REGION).create_key()["KeyMetadata"]


@pytest.fixture
def ask(world: RuntimeWorld) -> Ask:
    environment = environment_for(
        region=REGION, resources_table="resources", events_table="events", data_bucket="data", pointer_cache_s=5
    )
    handle = handler.build(environment)

    def asked(arn: str) -> tuple[int, dict[str, Any]]:
        answer = handle(gateway_event("/recommendations", {"campaignArn": arn, "userId": "u00"}, "request="), None)
        return answer["statusCode"], json.loads(answer["body"])

    return asked


def deploy(world: RuntimeWorld, number: int, key_arn: str | None) -> str:
    """A campaign whose model, the world's `number`-th, lies under the key."""
    arn = world.deploy("aws-user-personalization", f"c{number}", made=number)
    Objects(world.s3, key_arn).upload_folder(world.folder / f"model{number}", f"s3://data/models/{number}/")
    return arn


def test_a_key_that_is_disabled_refuses_the_question_and_enabled_again_answers_it(
    world: RuntimeWorld, key: dict[str, Any], ask: Ask
) -> None:
    arn, kms = deploy(world, 0, key["Arn"]), boto3.client("kms", region_name=REGION)
    kms.disable_key(KeyId=key["KeyId"])
    status, answer = ask(arn)
    assert (status, answer["__type"]) == (400, "InvalidInputException")
    assert answer["message"] == (
        f"The KMS key {key['Arn']} is disabled. Enable it: `aws kms enable-key --key-id {key['KeyId']}`."
    )
    kms.enable_key(KeyId=key["KeyId"])
    status, answer = ask(arn)
    assert status == 200 and len(answer["itemList"]) == 25


def test_a_model_in_memory_answers_on_though_its_key_is_disabled(
    world: RuntimeWorld, key: dict[str, Any], ask: Ask
) -> None:
    arn = deploy(world, 0, key["Arn"])
    _, before = ask(arn)
    boto3.client("kms", region_name=REGION).disable_key(KeyId=key["KeyId"])
    status, after = ask(arn)
    assert (status, after["itemList"]) == (200, before["itemList"])


def test_a_key_costs_an_answer_no_request(
    world: RuntimeWorld, key: dict[str, Any], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    faults, make = Faults(), Clients.make

    def watched(self: Clients, service: str, *more: Any) -> Any:
        client = make(self, service, *more)
        faults.watch(client)
        return client

    monkeypatch.setattr(Clients, "make", watched)
    ask: Ask = request.getfixturevalue("ask")
    asked = []
    for number, key_arn in enumerate((None, key["Arn"])):
        arn = deploy(world, number, key_arn)
        faults.sent.clear()
        assert [ask(arn)[0], ask(arn)[0]] == [200, 200]
        asked.append(sorted(faults.sent))
    assert asked[0] == asked[1] and "GetObject" in asked[0]
