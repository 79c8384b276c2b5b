"""The API: one HTTP API with IAM on every route, and the three functions behind it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk.aws_apigatewayv2_authorizers import HttpIamAuthorizer
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from infra.automatic_training import make_schedules, tell_followers
from infra.code import Code
from infra.functions import Identity, make_handler, make_identity, make_log, make_role
from infra.jobs_stack import POINTER_CACHE_S, JobsStack
from infra.options import Options
from infra.outputs import put_out
from infra.rights import group_key_rights, key_rights, read_objects, table_rights, through_s3
from infra.storage_stack import StorageStack
from reco.settings import environment_for

# Control has POST / to itself: the X-Amz-Target header names its operations. POST /{proxy+} lets it answer what no
# operation has. There is no $default route: with IAM on it, it would take a browser's unsigned OPTIONS for itself.
ROUTES: Mapping[str, tuple[str, ...]] = {
    "Control": ("/", "/{proxy+}"),
    "Runtime": ("/recommendations", "/personalize-ranking", "/action-recommendations"),
    "Events": ("/events", "/users", "/items", "/actions", "/action-interactions"),
}
SIGNED_HEADERS = [
    "amz-sdk-invocation-id",
    "amz-sdk-request",
    "authorization",
    "content-type",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-target",
    "x-amz-user-agent",
]
EXPOSED_HEADERS = ["x-amzn-errortype", "x-amzn-requestid"]
TRANSITION_S = 0.5
ACCESS_LOG_FIELDS = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "caller": "$context.identity.userArn",
    "sourceIp": "$context.identity.sourceIp",
    "route": "$context.routeKey",
    "status": "$context.status",
    "responseLength": "$context.responseLength",
    "responseLatencyMs": "$context.responseLatency",
    "integrationLatencyMs": "$context.integrationLatency",
    "error": "$context.error.message",
    "integrationError": "$context.integrationErrorMessage",
}


class ApiStack(cdk.Stack):
    """`api`, `control`, `runtime`, `events`."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        options: Options,
        code: Code,
        storage: StorageStack,
        jobs: JobsStack,
        **settings: Any,
    ) -> None:
        super().__init__(scope, name, description="Reco: the Amazon Personalize API.", **settings)
        self._options = options
        self._storage = storage
        self._jobs = jobs
        self._schedules = make_schedules(self)
        self.control = self._make_control(code)
        self._schedules.let_call(self.control)
        tell_followers(self, [jobs.machines[name] for name in ("train", "deploy", "recommender")], self.control)
        self.runtime = self._make_runtime(code)
        self.events = self._make_events(code)
        self.api = self._make_api({"Control": self.control, "Runtime": self.runtime, "Events": self.events})
        self.stage = self._make_stage()
        if options.guest:
            self._let_guests_send_events()
        put_out(
            self,
            ControlFunction=self.control.function_name,
            ScheduleGroup=self._schedules.group.ref,
            RuntimeFunction=self.runtime.function_name,
            EventsFunction=self.events.function_name,
            ApiUrl=self.api.api_endpoint,
        )

    def _make_control(self, code: Code) -> lambda_.Function:
        storage, jobs = self._storage, self._jobs
        machines = {name: machine.state_machine_arn for name, machine in jobs.machines.items()}
        return make_handler(
            self,
            "Control",
            self._identify(
                "Control",
                [
                    table_rights(
                        storage.resources,
                        *("BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
                    ),
                    iam.PolicyStatement(actions=["states:StartExecution"], resources=list(machines.values())),
                    iam.PolicyStatement(
                        actions=["states:StopExecution"],
                        resources=[jobs.executions_of(name) for name in ("train", "recommender")],
                    ),
                    table_rights(storage.events, "Query"),
                    *self._schedules.rights(),
                    *group_key_rights(self._options.data_keys, "DescribeKey"),
                ],
            ),
            sentence="Reco: the operations of the personalize client.",
            code=code.light,
            environment=environment_for(
                resources_table=storage.resources.table_name,
                events_table=storage.events.table_name,
                schedule_group=self._schedules.group.ref,
                schedule_role=self._schedules.role.role_arn,
                import_machine=machines["import"],
                train_machine=machines["train"],
                deploy_machine=machines["deploy"],
                recommender_machine=machines["recommender"],
                transition_s=TRANSITION_S,
                pointer_cache_s=POINTER_CACHE_S,
                quotas=self._options.quotas,
                permissions=self._options.permissions,
                customer_key=storage.key.key_arn if storage.key else "",
                data_keys=",".join(self._options.data_keys),
            ),
            memory_mb=1024,
            timeout_s=29,
            key=storage.key,
        )

    def _make_runtime(self, code: Code) -> lambda_.Function:
        storage = self._storage
        return make_handler(
            self,
            "Runtime",
            self._identify(
                "Runtime",
                [
                    table_rights(storage.resources, "GetItem"),
                    table_rights(storage.events, "Query"),
                    *read_objects(storage.data, ["models/"]),
                    *through_s3(self, group_key_rights(self._options.data_keys, "Decrypt")),
                ],
            ),
            sentence="Reco: recommendations and rankings.",
            code=code.heavy,
            environment=environment_for(
                resources_table=storage.resources.table_name,
                events_table=storage.events.table_name,
                pointer_cache_s=POINTER_CACHE_S,
            ),
            memory_mb=1769,
            timeout_s=29,
            key=storage.key,
            disk_mb=10_240,
        )

    def _make_events(self, code: Code) -> lambda_.Function:
        storage = self._storage
        return make_handler(
            self,
            "Events",
            self._identify(
                "Events",
                [
                    table_rights(storage.resources, "GetItem"),
                    table_rights(storage.events, "BatchWriteItem", "GetItem", "Query", "UpdateItem"),
                    iam.PolicyStatement(actions=["firehose:PutRecordBatch"], resources=[storage.event_stream.attr_arn]),
                ],
            ),
            sentence="Reco: takes events in, durable first.",
            code=code.light,
            environment=environment_for(
                resources_table=storage.resources.table_name,
                events_table=storage.events.table_name,
                event_stream=storage.event_stream.ref,
                pointer_cache_s=POINTER_CACHE_S,
            ),
            memory_mb=512,
            timeout_s=29,
            key=storage.key,
        )

    def _identify(self, name: str, statements: Sequence[iam.PolicyStatement]) -> Identity:
        key = self._storage.key
        return make_identity(self, name, [*statements, *key_rights(key)], options=self._options, key=key)

    def _make_api(self, functions: Mapping[str, lambda_.Function]) -> apigateway.HttpApi:
        api = apigateway.HttpApi(
            self,
            "Api",
            description="Reco",
            create_default_stage=False,
            default_authorizer=HttpIamAuthorizer(),
            cors_preflight=apigateway.CorsPreflightOptions(
                allow_origins=list(self._options.cors_origins),
                allow_methods=[apigateway.CorsHttpMethod.POST],
                allow_headers=SIGNED_HEADERS,
                expose_headers=EXPOSED_HEADERS,
                max_age=cdk.Duration.hours(1),
            ),
        )
        for name, paths in ROUTES.items():
            integration = HttpLambdaIntegration(
                name, functions[name], payload_format_version=apigateway.PayloadFormatVersion.VERSION_2_0
            )
            for path in paths:
                api.add_routes(path=path, methods=[apigateway.HttpMethod.POST], integration=integration)
        return api

    def _let_guests_send_events(self) -> None:
        """Browsers without a user: credentials from Cognito that allow POST /events, slowly, and nothing else."""
        pool = cognito.CfnIdentityPool(
            self,
            "Guests",
            allow_unauthenticated_identities=True,
            # The other flow holds guests to a list of AWS's services that AWS keeps.
            allow_classic_flow=True,
        )
        of_this_pool = {
            "StringEquals": {"cognito-identity.amazonaws.com:aud": pool.ref},
            "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "unauthenticated"},
        }
        principal = iam.WebIdentityPrincipal("cognito-identity.amazonaws.com", of_this_pool)
        events = self.format_arn(service="execute-api", resource=self.api.api_id, resource_name="$default/POST/events")
        role = make_role(
            self, "Guest", [principal], [iam.PolicyStatement(actions=["execute-api:Invoke"], resources=[events])]
        )
        cognito.CfnIdentityPoolRoleAttachment(
            self, "GuestRoles", identity_pool_id=pool.ref, roles={"unauthenticated": role.role_arn}
        )
        rate = self._options.guest_requests_per_second
        stage = self.stage.node.default_child
        assert isinstance(stage, apigateway.CfnStage)  # noqa: S101  what HttpStage makes
        stage.route_settings = {
            "POST /events": {"ThrottlingRateLimit": rate, "ThrottlingBurstLimit": max(1, rate // 2)}
        }
        put_out(self, IdentityPool=pool.ref)

    def _make_stage(self) -> apigateway.HttpStage:
        rate = self._options.requests_per_second
        return apigateway.HttpStage(
            self,
            "Stage",
            http_api=self.api,
            stage_name="$default",
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(rate_limit=rate, burst_limit=max(1, rate // 2)),
            access_log_settings=_AccessLog(make_log(self, "Access", self._options, self._storage.key)),
        )


@jsii.implements(apigateway.IAccessLogSettings)
class _AccessLog:
    """One JSON line a request; CDK has no ready class for it."""

    def __init__(self, group: logs.LogGroup) -> None:
        self._destination = apigateway.LogGroupLogDestination(group)

    @property
    def destination(self) -> apigateway.IAccessLogDestination:
        return self._destination

    @property
    def format(self) -> Any:
        from aws_cdk.aws_apigateway import AccessLogFormat

        return AccessLogFormat.custom(json.dumps(ACCESS_LOG_FIELDS))
