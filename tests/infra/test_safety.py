"""What keeps data safe: encryption, private buckets, TLS, backups, logs that expire, a signature on every request."""

from __future__ import annotations

import pytest

from infra.api_stack import ROUTES, SIGNED_HEADERS
from reco.storage import tables
from reco.storage.layout import EVENT_LOG_PREFIX
from tests.infra.templates import Assembly, Resource


def test_every_route_wants_a_signature(assembly: Assembly) -> None:
    routes = assembly.resources("AWS::ApiGatewayV2::Route")
    wanted = {f"POST {path}" for paths in ROUTES.values() for path in paths}
    assert {route.properties["RouteKey"] for route in routes} == wanted
    assert {route.properties["AuthorizationType"] for route in routes} == {"AWS_IAM"}


def test_every_operation_has_its_route() -> None:
    import botocore.session

    session = botocore.session.get_session()
    served = {path for paths in ROUTES.values() for path in paths}
    for service in ("personalize", "personalize-runtime", "personalize-events"):
        model = session.get_service_model(service)
        for operation in model.operation_names:
            http = model.operation_model(operation).http
            assert (http["method"], http["requestUri"] in served) == ("POST", True), operation


def test_routes_lead_to_their_function_in_payload_2(assembly: Assembly) -> None:
    integrations = {each.logical_id: each for each in assembly.resources("AWS::ApiGatewayV2::Integration")}
    for route in assembly.resources("AWS::ApiGatewayV2::Route"):
        reference = str(route.properties["Target"])
        (integration,) = [each for name, each in integrations.items() if f"'{name}'" in reference]
        path = route.properties["RouteKey"].removeprefix("POST ")
        (function,) = [name for name, paths in ROUTES.items() if path in paths]
        assert integration.properties["PayloadFormatVersion"] == "2.0"
        assert f"'{function}" in str(integration.properties["IntegrationUri"])


def test_a_browser_may_send_what_signing_needs(assembly: Assembly) -> None:
    (api,) = assembly.resources("AWS::ApiGatewayV2::Api")
    cors = api.properties["CorsConfiguration"]
    assert set(SIGNED_HEADERS) == set(cors["AllowHeaders"])
    assert cors["AllowMethods"] == ["POST"]
    assert "AllowCredentials" not in cors


def test_the_stage_is_logged_and_throttled(assembly: Assembly) -> None:
    (stage,) = assembly.resources("AWS::ApiGatewayV2::Stage")
    assert stage.properties["StageName"] == "$default"
    assert stage.properties["DefaultRouteSettings"] == {"ThrottlingRateLimit": 1000, "ThrottlingBurstLimit": 500}
    assert "$context.requestId" in stage.properties["AccessLogSettings"]["Format"]


def test_buckets_are_private_and_encrypted(assembly: Assembly) -> None:
    buckets = assembly.resources("AWS::S3::Bucket")
    assert {bucket.name for bucket in buckets} == {"Data", "AccessLogs"}
    for bucket in buckets:
        assert set(bucket.properties["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket.properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]


def test_buckets_are_reached_over_tls_only(assembly: Assembly) -> None:
    policies = assembly.resources("AWS::S3::BucketPolicy")
    assert len(policies) == 2
    for policy in policies:
        denied = [each for each in policy.properties["PolicyDocument"]["Statement"] if each["Effect"] == "Deny"]
        conditions = [each["Condition"] for each in denied]
        assert {"Bool": {"aws:SecureTransport": "false"}} in conditions
        assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in conditions


def test_dead_uploads_and_old_attempts_go(assembly: Assembly) -> None:
    rules = {
        rule["Id"]: rule
        for rule in assembly.one("AWS::S3::Bucket", "Data").properties["LifecycleConfiguration"]["Rules"]
    }
    assert rules["DropDeadUploads"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert (rules["DropOldAttempts"]["Prefix"], rules["DropOldAttempts"]["ExpirationInDays"]) == ("jobs/", 90)
    assert len(rules) == 2, "nothing else in the bucket may expire"


def test_the_tables_are_what_the_code_says(assembly: Assembly) -> None:
    for table in (tables.RESOURCES, tables.EVENTS):
        properties = assembly.one("AWS::DynamoDB::Table", table.logical_name).properties
        assert properties["KeySchema"] == [
            {"AttributeName": tables.PARTITION_KEY, "KeyType": "HASH"},
            {"AttributeName": tables.SORT_KEY, "KeyType": "RANGE"},
        ]
        assert properties["BillingMode"] == "PAY_PER_REQUEST"
        assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
        expiry = properties.get("TimeToLiveSpecification", {}).get("AttributeName")
        assert expiry == table.ttl_attribute
    assert len(assembly.resources("AWS::DynamoDB::Table")) == 2


def test_what_holds_data_outlives_the_stacks(assembly: Assembly) -> None:
    for resource in assembly.resources("AWS::DynamoDB::Table", "AWS::S3::Bucket"):
        assert resource.attributes["DeletionPolicy"] == "Retain"
        assert resource.attributes["UpdateReplacePolicy"] == "Retain"


def test_events_are_kept_encrypted_and_compressed(assembly: Assembly) -> None:
    (stream,) = assembly.resources("AWS::KinesisFirehose::DeliveryStream")
    assert stream.properties["DeliveryStreamEncryptionConfigurationInput"] == {"KeyType": "AWS_OWNED_CMK"}
    destination = stream.properties["ExtendedS3DestinationConfiguration"]
    assert destination["Prefix"] == EVENT_LOG_PREFIX
    assert destination["CompressionFormat"] == "GZIP"
    assert destination["BufferingHints"] == {"IntervalInSeconds": 300, "SizeInMBs": 64}


def test_every_log_expires_and_every_function_and_machine_has_one(assembly: Assembly) -> None:
    groups = assembly.resources("AWS::Logs::LogGroup")
    assert {group.properties["RetentionInDays"] for group in groups} == {30}
    names = {group.name.removesuffix("Log") for group in groups}
    owners = {each.name for each in assembly.resources("AWS::Lambda::Function", "AWS::StepFunctions::StateMachine")}
    assert owners <= names
    for function in assembly.resources("AWS::Lambda::Function"):
        assert "LogGroup" in function.properties["LoggingConfig"]


def test_machines_log_everything_and_are_traced(assembly: Assembly) -> None:
    machines = assembly.resources("AWS::StepFunctions::StateMachine")
    assert {machine.name for machine in machines} == {"Import", "Train", "Deploy", "Recommender"}
    for machine in machines:
        assert machine.properties["LoggingConfiguration"]["Level"] == "ALL"
        assert machine.properties["TracingConfiguration"] == {"Enabled": True}


@pytest.mark.parametrize(
    ("name", "function", "statuses", "told_of"),
    [
        ("BadEnds", "Workflow", ["ABORTED", "FAILED", "TIMED_OUT"], ["Import", "Train", "Deploy", "Recommender"]),
        ("Ends", "Control", ["ABORTED", "FAILED", "SUCCEEDED", "TIMED_OUT"], ["Train", "Deploy", "Recommender"]),
    ],
)
def test_how_executions_end_is_told_to_those_who_act_on_it(
    assembly: Assembly, name: str, function: str, statuses: list[str], told_of: list[str]
) -> None:
    assert {rule.name for rule in assembly.resources("AWS::Events::Rule")} == {"BadEnds", "Ends"}
    rule = assembly.one("AWS::Events::Rule", name)
    pattern = rule.properties["EventPattern"]
    assert pattern["source"] == ["aws.states"]
    assert pattern["detail-type"] == ["Step Functions Execution Status Change"]
    assert pattern["detail"]["status"] == statuses
    arns = [str(arn) for arn in pattern["detail"]["stateMachineArn"]]
    machines = assembly.resources("AWS::StepFunctions::StateMachine")
    assert [each.name for arn in arns for each in machines if each.logical_id in arn] == told_of
    (target,) = rule.properties["Targets"]
    assert assembly.one("AWS::Lambda::Function", function).logical_id in str(target["Arn"])


def test_handlers_run_on_arm_and_the_image_on_x86(assembly: Assembly) -> None:
    functions: dict[str, Resource] = {each.name: each for each in assembly.resources("AWS::Lambda::Function")}
    assert functions.pop("Job").properties["Architectures"] == ["x86_64"]
    for name, function in functions.items():
        assert function.properties["Architectures"] == ["arm64"]
        assert function.properties["Handler"] == f"lambdas.{name.lower()}.handler.lambda_handler"


def test_a_new_account_can_deploy(assembly: Assembly) -> None:
    for function in assembly.resources("AWS::Lambda::Function"):
        assert function.properties["MemorySize"] <= 3008
        assert "ReservedConcurrentExecutions" not in function.properties


def test_the_outputs_are_unique_over_the_stacks(assembly: Assembly) -> None:
    keys = [
        key
        for stack in ("RecoStorage", "RecoJobs", "RecoApi", "RecoObservability")
        for key in assembly.template(stack)["Outputs"]
        if not key.startswith("ExportsOutput")
    ]
    assert len(keys) == len(set(keys))
    assert {"ResourcesTable", "EventsTable", "DataBucket", "EventStream", "JobRole", "ExternalId", "ApiUrl"} <= set(
        keys
    )
