"""What answers where API Gateway would, and who gets which request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from local.world import World
from tests.local import handlers


@pytest.fixture
def connection(small_world: World) -> Iterator[HTTPConnection]:
    connection = HTTPConnection(small_world.endpoint.removeprefix("http://"), timeout=30)
    yield connection
    connection.close()


def send(
    connection: HTTPConnection,
    method: str,
    path: str,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    service: str | None = "execute-api",
    region: str = "us-east-1",
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers by lower-case name, and body of the answer to a request signed for a service (None: unsigned)."""
    request = AWSRequest(method, f"http://{connection.host}:{connection.port}{path}", data=body, headers=headers or {})
    if service:
        SigV4Auth(Credentials("key", "secret"), service, region).add_auth(request)
    connection.request(method, path, body=body or None, headers=dict(request.headers))
    answer = connection.getresponse()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


def test_a_signed_request_reaches_its_function_as_a_payload_2_event(connection: HTTPConnection) -> None:
    status, headers, body = send(
        connection, "POST", "/recommendations?a=1&a=2", b'{"n": 1}', {"Content-Type": "application/json", "X-Own": "me"}
    )
    event = json.loads(body)
    assert status == 200
    assert headers["x-amzn-requestid"] == event["requestContext"]["requestId"]
    assert event["version"] == "2.0"
    assert event["routeKey"] == "POST /recommendations"
    assert event["rawQueryString"] == "a=1&a=2"
    assert event["headers"]["x-own"] == "me"
    assert event["body"] == '{"n": 1}' and event["isBase64Encoded"] is False
    assert event["requestContext"]["accountId"] == "123456789012"
    assert event["requestContext"]["authorizer"]["iam"]["userArn"].startswith("arn:aws:")


def test_a_path_of_no_operation_goes_to_the_greedy_route(connection: HTTPConnection) -> None:
    _, _, body = send(connection, "POST", "/nothing/here")
    assert json.loads(body)["routeKey"] == "POST /{proxy+}"


def test_a_method_without_a_route_is_not_found(connection: HTTPConnection) -> None:
    assert send(connection, "GET", "/recommendations")[::2] == (404, b'{"message": "Not Found"}')


def test_an_unsigned_request_to_the_api_is_forbidden(connection: HTTPConnection) -> None:
    assert send(connection, "POST", "/recommendations", b"{}", service=None)[0] == 403


@pytest.mark.parametrize("service", ["personalize", "personalize-runtime", "personalize-events"])
def test_a_request_signed_for_another_region_is_refused_and_says_how_to_mend_it(
    small_world: World, service: str
) -> None:
    client = boto3.client(
        service,
        region_name="eu-west-1",
        endpoint_url=small_world.endpoint,
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )
    calls = {
        "personalize": lambda: client.list_schemas(),
        "personalize-runtime": lambda: client.get_recommendations(userId="u", campaignArn="arn:aws:personalize:::c"),
        "personalize-events": lambda: client.put_events(
            trackingId="t", sessionId="s", eventList=[{"eventType": "View", "sentAt": 1}]
        ),
    }
    with pytest.raises(ClientError) as refused:
        calls[service]()
    response = refused.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert response["Error"] == {
        "Code": "InvalidSignatureException",
        "Message": "Credential should be scoped to a valid region: this stack is in us-east-1, the request was signed "
        "for eu-west-1. Set AWS_DEFAULT_REGION or region_name.",
    }


def test_a_page_may_read_that_its_region_is_wrong(connection: HTTPConnection) -> None:
    origin = {"Origin": "https://shop.example"}
    status, headers, _ = send(connection, "POST", "/recommendations", b"{}", origin, region="eu-west-1")
    assert (status, headers["x-amzn-errortype"]) == (403, "InvalidSignatureException")
    assert headers["access-control-allow-origin"] == "https://shop.example"


def test_the_connection_is_kept_alive(connection: HTTPConnection) -> None:
    send(connection, "POST", "/")
    socket = connection.sock
    send(connection, "POST", "/")
    assert connection.sock is socket


def test_more_than_the_gateway_takes_is_refused(connection: HTTPConnection) -> None:
    status, _, body = send(connection, "POST", "/", b"x" * (10 * 1024 * 1024 + 1))
    assert (status, json.loads(body)) == (413, {"message": "Request Entity Too Large"})


def test_an_answer_that_lambda_would_not_carry_is_an_error(connection: HTTPConnection) -> None:
    assert send(connection, "POST", "/large")[0] == 500


def test_a_function_that_raises_says_no_more_than_the_gateway_does(connection: HTTPConnection) -> None:
    assert send(connection, "POST", "/raise")[::2] == (500, b'{"message": "Internal Server Error"}')


def test_a_preflight_is_answered_as_the_template_says(connection: HTTPConnection) -> None:
    asks = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    status, headers, _ = send(connection, "OPTIONS", "/recommendations", headers=asks, service=None)
    assert status == 204
    assert headers["access-control-allow-origin"] == "https://shop.example"
    assert headers["access-control-max-age"] == "3600"
    stranger = {**asks, "Origin": "https://elsewhere.example"}
    _, headers, _ = send(connection, "OPTIONS", "/recommendations", headers=stranger, service=None)
    assert "access-control-allow-origin" not in headers


def test_a_page_may_read_the_answer(connection: HTTPConnection) -> None:
    _, headers, _ = send(connection, "POST", "/", headers={"Origin": "https://shop.example"})
    assert headers["access-control-allow-origin"] == "https://shop.example"
    assert headers["access-control-expose-headers"] == "x-amzn-requestid"


def test_a_request_signed_for_personalize_is_the_apis_and_others_are_motos(small_world: World) -> None:
    with pytest.raises(KeyError):  # The test's function answers with the event, which has no schemas.
        small_world.client("personalize").list_schemas()["schemas"]
    assert small_world.client("sts").get_caller_identity()["Account"] == "123456789012"


@pytest.mark.parametrize(
    ("service", "ask"),
    [
        ("kms", lambda client: client.list_keys()["Keys"]),
        ("ssm", lambda client: client.get_parameter(Name="/cdk-bootstrap/hnb659fds/version")["Parameter"]),
        ("stepfunctions", lambda client: client.list_state_machines()["stateMachines"]),
        ("cloudwatch", lambda client: client.describe_alarms()["MetricAlarms"]),
        ("events", lambda client: client.list_rules()["Rules"]),
        ("logs", lambda client: client.describe_log_groups()["logGroups"]),
        ("iam", lambda client: client.list_users()["Users"]),
        ("firehose", lambda client: client.list_delivery_streams()["DeliveryStreamNames"]),
        ("ec2", lambda client: client.describe_regions()["Regions"]),
    ],
)
def test_other_services_are_on_the_same_port(small_world: World, service: str, ask: Any) -> None:
    ask(small_world.client(service))


def test_a_large_object_goes_up_and_comes_down(small_world: World) -> None:
    s3 = small_world.client("s3")
    s3.create_bucket(Bucket="large")
    body = bytes(range(256)) * 100_000
    s3.put_object(Bucket="large", Key="a/b", Body=body)
    assert s3.get_object(Bucket="large", Key="a/b")["Body"].read() == body


def test_a_managed_policy_can_be_attached_and_personalize_trusted(small_world: World) -> None:
    iam = small_world.client("iam")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "personalize.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    iam.create_role(RoleName="personalize", AssumeRolePolicyDocument=json.dumps(trust))
    policy = "arn:aws:iam::aws:policy/service-role/AmazonPersonalizeFullAccess"
    iam.attach_role_policy(RoleName="personalize", PolicyArn=policy)
    attached = iam.list_attached_role_policies(RoleName="personalize")["AttachedPolicies"]
    assert [entry["PolicyArn"] for entry in attached] == [policy]


def test_a_handler_is_built_once_with_the_templates_environment_and_the_overrides(small_world: World) -> None:
    small_world.client("lambda").invoke(FunctionName=small_world.outputs["StepsFunction"], Payload=b"{}")
    built = len(handlers.BUILT)
    small_world.client("lambda").invoke(FunctionName=small_world.outputs["StepsFunction"], Payload=b"{}")
    assert len(handlers.BUILT) == built
    mine = handlers.BUILT[-1:]
    assert mine[0]["RECO_CHANGED"] == "local"
    assert mine[0]["AWS_REGION"] == "us-east-1"
