"""The handlers' clients: what a throttle becomes, through each of the three functions."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.parsers import create_parser
from hypothesis import given
from hypothesis import strategies as st

from lambdas.control import handler as control
from lambdas.events import handler as events
from lambdas.runtime import handler as runtime
from reco.arns import Kind
from reco.errors import Throttled
from reco.settings import environment_for
from reco.storage.clients import Clients
from reco.storage.resources import ResourceTable
from reco.storage.tracking import Tracking, put_tracking
from tests.aws import GROUP, OWNER, REGION, gateway_event, in_moto, make_resource, make_table
from tests.faults import Faults, Throttle

ENVIRONMENT = environment_for(
    region=REGION,
    resources_table="resources",
    events_table="events",
    event_stream="stream",
    data_bucket="data",
    pointer_cache_s=5,
    transition_s=0,
    import_machine="arn:aws:states:us-east-1:123456789012:stateMachine:import",
    train_machine="arn:aws:states:us-east-1:123456789012:stateMachine:train",
    deploy_machine="arn:aws:states:us-east-1:123456789012:stateMachine:deploy",
    recommender_machine="arn:aws:states:us-east-1:123456789012:stateMachine:recommender",
    schedule_group="schedules",
    schedule_role="arn:aws:iam::123456789012:role/schedules",
    function_name="Control",
    customer_key="",
    data_keys="",
    permissions="",
    quotas="",
)


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """What the handlers built in this test use, by service; two empty tables."""
    made: dict[str, Any] = {}
    make = Clients.make

    def remember(self: Clients, service: str, *more: Any) -> Any:
        made[service] = make(self, service, *more)
        return made[service]

    with in_moto(monkeypatch):
        monkeypatch.setattr(Clients, "make", remember)
        dynamodb = Clients(REGION).make("dynamodb")
        make_table(dynamodb, "resources")
        make_table(dynamodb, "events")
        yield made


def throttled(answer: dict[str, Any]) -> None:
    assert (answer["statusCode"], answer["headers"]["x-amzn-ErrorType"]) == (429, "ThrottlingException")
    assert json.loads(answer["body"])["message"].endswith("again in a moment")


@pytest.mark.parametrize("code", ["ThrottlingException", "ProvisionedThroughputExceededException"])
def test_a_throttle_beyond_the_retries_is_throttled_and_other_errors_are_not(
    clients: dict[str, Any], code: str
) -> None:
    client = Clients(REGION).make("dynamodb")
    faults = Faults()
    faults.add(client, "GetItem", Throttle(code))
    with pytest.raises(Throttled):
        client.get_item(TableName="events", Key={"pk": {"S": "a"}, "sk": {"S": "b"}})
    assert faults.asked("GetItem") > 1
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.query(TableName="none", KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": "a"}})


def test_the_runtime_hands_a_throttle_on(clients: dict[str, Any]) -> None:
    handler = runtime.build(ENVIRONMENT)
    Faults().add(clients["dynamodb"], "GetItem", Throttle())
    body = {"campaignArn": OWNER.arn(Kind.CAMPAIGN, "c"), "userId": "u"}
    answer = handler(gateway_event("/recommendations", body, "request"), None)
    throttled(answer)
    aws = float(answer["headers"]["Server-Timing"].rpartition("dur=")[2])
    assert aws > 0


@pytest.mark.parametrize(
    ("service", "operation"),
    [("dynamodb", "GetItem"), ("firehose", "PutRecordBatch"), ("dynamodb", "BatchWriteItem")],
)
def test_events_hands_a_throttle_on(clients: dict[str, Any], service: str, operation: str) -> None:
    handler = events.build(ENVIRONMENT)
    prepare_tracker(clients)
    Faults().add(clients[service], operation, Throttle("ProvisionedThroughputExceededException"))
    event = {"eventType": "click", "sentAt": 1, "itemId": "i"}
    body = {"trackingId": "tracker", "sessionId": "s", "userId": "u", "eventList": [event]}
    throttled(handler(gateway_event("/events", body, "request"), None))


@pytest.mark.parametrize("operation", ["PutItem", "GetItem"])
def test_control_hands_a_throttle_on(clients: dict[str, Any], operation: str) -> None:
    handler = control.build(ENVIRONMENT)
    Faults().add(clients["dynamodb"], operation, Throttle())
    event = gateway_event("/", {"name": "g"}, "request")
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "AmazonPersonalize.CreateDatasetGroup"}
    if operation == "GetItem":
        arn = OWNER.arn(Kind.DATASET_GROUP, "g")
        event = gateway_event("/", {"datasetGroupArn": arn}, "request")
        headers["x-amz-target"] = "AmazonPersonalize.DescribeDatasetGroup"
    throttled(handler({**event, "headers": headers}, None))


@pytest.mark.parametrize("function", ["runtime", "events", "control"])
def test_no_handler_loads_what_it_does_not_use(function: str) -> None:
    unused = ("boto3", "s3transfer", "duckdb", "pandas", "scipy")
    program = f"import sys, lambdas.{function}.handler; print([name for name in {unused} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def prepare_tracker(clients: dict[str, Any]) -> None:
    resources = ResourceTable(clients["dynamodb"], "resources")
    make_resource(resources, Kind.DATASET_GROUP, "shop", {}, incarnation=GROUP)
    put_tracking(
        clients["dynamodb"],
        "resources",
        Tracking("tracker", "0123abcd", OWNER.arn(Kind.DATASET_GROUP, "shop"), GROUP),
    )
    bucket = Clients(REGION).make("s3")
    bucket.create_bucket(Bucket="data")
    clients["firehose"].create_delivery_stream(
        DeliveryStreamName="stream",
        ExtendedS3DestinationConfiguration={
            "RoleARN": "arn:aws:iam::123456789012:role/firehose",
            "BucketARN": "arn:aws:s3:::data",
            "Prefix": "events/",
        },
    )


scalars = st.one_of(
    st.text().map(lambda text: {"S": text}),
    st.integers().map(lambda number: {"N": str(number)}),
    st.booleans().map(lambda truth: {"BOOL": truth}),
    st.just({"NULL": True}),
    st.sampled_from(["AAEC", ""]).map(lambda coded: {"B": coded}),
    st.lists(st.text(), max_size=2).map(lambda texts: {"SS": texts}),
    st.just({"BS": ["AAEC"]}),
)
attributes = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda values: {"L": values}),
        st.dictionaries(st.text(), inner, max_size=3).map(lambda values: {"M": values}),
    ),
    max_leaves=6,
)


@given(st.lists(st.dictionaries(st.text(), attributes, max_size=4), max_size=3))
def test_dynamodbs_items_are_read_as_botocore_reads_them(items: list[dict[str, Any]]) -> None:
    body = json.dumps({"Responses": {"t": items}, "Items": items, "Item": items[0] if items else {}}).encode()
    answer = {"body": body, "headers": {}, "status_code": 200}
    for operation in ("BatchGetItem", "Query", "GetItem"):
        shape = _READER.meta.service_model.operation_model(operation).output_shape
        assert _PARSER.parse(answer, shape) == _STOCK.parse(answer, shape)


def test_what_is_no_map_of_attributes_is_botocores_to_read() -> None:
    body = json.dumps({"Table": {"CreationDateTime": 1.5, "TableName": "t"}}).encode()
    shape = _READER.meta.service_model.operation_model("DescribeTable").output_shape
    answer = {"body": body, "headers": {}, "status_code": 200}
    assert _PARSER.parse(answer, shape) == _STOCK.parse(answer, shape)
    assert type(_PARSER) is not type(_STOCK)


_READER = Clients(REGION).make("dynamodb")
_PARSER = _READER._endpoint._response_parser_factory.create_parser("json")
"""What each answer is read with."""
_STOCK = create_parser("json")
