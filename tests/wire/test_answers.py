"""What a service method answers is what boto3 reads, for every operation that answers something."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from botocore import xform_name
from botocore.model import Shape
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reco.wire.answers import MAX_ANSWER_BYTES
from reco.wire.call import Call
from reco.wire.dispatch import respond
from tests.wire.asking import event_for
from tests.wire.clients import NOW, REGION, REQUEST_ID, connect
from tests.wire.samples import OPERATIONS, SERVICE_OF, SERVICES, sample

WITH_OUTPUT = [name for name, model in OPERATIONS.items() if model.output_shape is not None]
WITHOUT_OUTPUT = [name for name in OPERATIONS if name not in WITH_OUTPUT]

FINITE = st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def answers(shape: Shape) -> st.SearchStrategy[Any]:
    """Values as service methods give them; any member may be missing or None."""
    if shape.type_name == "structure":
        members = {xform_name(name): st.none() | answers(member) for name, member in shape.members.items()}
        return st.fixed_dictionaries({}, optional=members)
    if shape.type_name == "list":
        return st.lists(answers(shape.member), max_size=3)
    if shape.type_name == "map":
        return st.dictionaries(TEXTS, answers(shape.value), max_size=3)
    return {
        "string": TEXTS,
        "boolean": st.booleans(),
        "integer": st.integers(-(2**31), 2**31 - 1),
        "float": FINITE,
        "double": FINITE,
        "timestamp": st.integers(0, 4_000_000_000_000).map(lambda milliseconds: milliseconds / 1000),
    }[shape.type_name]


def as_boto3_reads(shape: Shape, value: Any) -> Any:
    if shape.type_name == "structure":
        return {
            name: as_boto3_reads(member, value[xform_name(name)])
            for name, member in shape.members.items()
            if value.get(xform_name(name)) is not None
        }
    if shape.type_name == "list":
        return [as_boto3_reads(shape.member, element) for element in value]
    if shape.type_name == "map":
        return {key: as_boto3_reads(shape.value, entry) for key, entry in value.items()}
    return datetime.fromtimestamp(value, UTC) if shape.type_name == "timestamp" else value


class Prepared:
    """Operations that answer what they were last told to."""

    answer: Any = None

    def __call__(self, _call: Call) -> Any:
        return self.answer


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    return Prepared()


@pytest.fixture(scope="module")
def clients(prepared: Prepared) -> Mapping[str, Any]:
    return {service: connect(service, dict.fromkeys(OPERATIONS, prepared)) for service in SERVICES}


def call(clients: Mapping[str, Any], operation: str) -> dict[str, Any]:
    parameters = sample(OPERATIONS[operation].input_shape, full=False)
    answer: dict[str, Any] = getattr(clients[SERVICE_OF[operation]], xform_name(operation))(**parameters)
    return answer


@pytest.mark.parametrize("operation", WITH_OUTPUT)
def test_boto3_reads_back_what_was_answered(operation: str, clients: Mapping[str, Any], prepared: Prepared) -> None:
    shape = OPERATIONS[operation].output_shape

    @settings(max_examples=8, suppress_health_check=list(HealthCheck))
    @given(answers(shape))
    def check(answer: dict[str, Any]) -> None:
        prepared.answer = answer
        read = call(clients, operation)
        metadata = read.pop("ResponseMetadata")
        assert metadata["RequestId"] == REQUEST_ID
        assert read == as_boto3_reads(shape, answer)
        assert json.dumps(read, default=str) == json.dumps(as_boto3_reads(shape, answer), default=str)

    check()


@pytest.mark.parametrize("operation", WITHOUT_OUTPUT)
def test_operations_without_output_have_an_empty_body(
    operation: str, clients: Mapping[str, Any], prepared: Prepared
) -> None:
    for answer in (None, {}, {"anything": 1}):
        prepared.answer = answer
        read = call(clients, operation)
        assert read["ResponseMetadata"]["HTTPStatusCode"] == 200
        assert set(read) == {"ResponseMetadata"}
        assert answer_of(operation, answer)["body"] == ""


def answer_of(operation: str, answer: Any) -> dict[str, Any]:
    parameters = sample(OPERATIONS[operation].input_shape, full=False)
    return respond(event_for(operation, parameters), {operation: lambda _: answer}, lambda: NOW, region=REGION)


def body_of(operation: str, answer: Any) -> str:
    response = answer_of(operation, answer)
    assert response["statusCode"] == 200, response
    body: str = response["body"]
    return body


def test_an_empty_structure_is_an_empty_object() -> None:
    assert body_of("TagResource", None) == body_of("UntagResource", {}) == "{}"


def test_members_come_in_the_order_of_the_model_and_strangers_stay() -> None:
    campaign = {"status": "ACTIVE", "campaign_arn": "arn", "inner": "secret", "name": "n", "serving": {"uri": "s3://x"}}
    body = body_of("DescribeCampaign", {"etag": 7, "campaign": campaign})
    assert body == '{"campaign":{"name":"n","campaignArn":"arn","status":"ACTIVE"}}'


def test_timestamps_are_numbers_with_milliseconds() -> None:
    campaign = {"creation_date_time": 1698426992.4564, "last_updated_date_time": Decimal("1698426993.1")}
    body = body_of("DescribeCampaign", {"campaign": campaign})
    assert body == '{"campaign":{"creationDateTime":1698426992.456,"lastUpdatedDateTime":1698426993.1}}'


def test_filters_have_their_capital_letter() -> None:
    assert body_of("ListFilters", {"filters": []}) == '{"Filters":[]}'


def test_scores_leave_as_given_and_numpy_numbers_are_numbers() -> None:
    items = [
        {"item_id": np.str_("1"), "score": np.float32(0.5), "reason": None},
        {"item_id": "2", "score": np.float64(0.0677000001)},
    ]
    body = body_of("GetRecommendations", {"item_list": items, "recommendation_id": "RID-1"})
    assert body == (
        '{"itemList":[{"itemId":"1","score":0.5},{"itemId":"2","score":0.0677000001}],"recommendationId":"RID-1"}'
    )


def test_headers_say_type_and_request() -> None:
    response = answer_of("GetRecommendations", {})
    assert response["headers"] == {"Content-Type": "application/json", "x-amzn-RequestId": REQUEST_ID}
    assert answer_of("ListSchemas", {})["headers"]["Content-Type"] == "application/x-amz-json-1.1"
    assert response["isBase64Encoded"] is False


@pytest.mark.parametrize("letter", ["x", '"', "é", "😀"])
def test_an_answer_over_5500000_bytes_says_what_to_do(letter: str) -> None:
    """Bytes as Lambda sends them: JSON within JSON, non-ASCII as escapes."""
    each = len(json.dumps(json.dumps(letter, ensure_ascii=False))) - len(json.dumps(json.dumps("")))
    envelope = len(json.dumps(json.dumps({"recommendationId": ""}, separators=(",", ":"))))
    fitting = (MAX_ANSWER_BYTES - envelope) // each
    assert answer_of("GetRecommendations", {"recommendation_id": letter * fitting})["statusCode"] == 200
    refused = answer_of("GetRecommendations", {"recommendation_id": letter * (fitting + 1)})
    assert refused["statusCode"] == 400
    assert json.loads(refused["body"])["__type"] == "InvalidInputException"
    assert "metadataColumns" in json.loads(refused["body"])["message"]


def test_a_score_that_is_no_number_is_our_fault_not_bad_json() -> None:
    response = answer_of("GetRecommendations", {"item_list": [{"item_id": "1", "score": math.nan}]})
    assert response["statusCode"] == 500
    assert "NaN" not in response["body"]


@pytest.mark.parametrize("wrong", [{"name": {"deep": 1}}, {"name": b"bytes"}, {"creation_date_time": "soon"}, "text"])
def test_an_answer_of_the_wrong_type_is_our_fault_and_stays_inside(wrong: Any) -> None:
    response = answer_of("DescribeCampaign", {"campaign": wrong})
    assert response["statusCode"] == 500
    assert "deep" not in response["body"]
